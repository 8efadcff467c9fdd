/* field.c - see field.h. */
#include "field.h"

#include "base/must.h"
#include "base/rng.h"

void field_begin(struct field *f, uint64_t file_bytes)
{
	const struct recorder_options o = { .file_bytes = file_bytes };

	*f = (struct field){ .p = { .backoff_base = 2000,
				    .backoff_cap = 300000,
				    .stable = 300000,
				    .start_deadline = 60000,
				    .qr_deadline = 300000,
				    .settle = 30000,
				    .join = 20000,
				    .close_retry_cap = 60000,
				    .slow = { 60000, 600000, 3600000 },
				    .slow_cap = 86400000,
				    .max_fails = 10,
				    .max_close_tries = 5 },
			     .now = 1763287200000,
			     .rng = 42 };
	must(recorder_new(&f->recorder, &o) == 0);
	buf_init(&f->file, 64u << 20);
	for (unsigned i = 0; i < FIELD_ACCOUNTS; i++)
		account_init(&f->a[i], i + 1, f->now);
}

void field_end(struct field *f)
{
	recorder_free(&f->recorder);
	buf_fini(&f->file);
}

static struct account_event some_event(struct field *f, const struct account *a)
{
	unsigned kind;

	do {
		kind = (unsigned)(rng_next(&f->rng) % EV_COUNT);
	} while (!account_expects(a->state, kind));
	return (struct account_event){
		.kind = (uint8_t)kind,
		.now = f->now,
		.at = f->now,
		.cause = kind == EV_DOWN || kind == EV_REFUSED
			     ? (uint8_t)(1 + rng_next(&f->rng) % (RELINK_CAUSE_COUNT - 1))
			     : RELINK_NONE,
		.source = kind >= EV_BORN && kind <= EV_ABSENT
			      ? (uint8_t)(1 + rng_next(&f->rng) % 3)
			      : SOURCE_NONE,
		.generation = event_is_about_a_life(kind) ? a->generation : 0,
		.cut_off = kind == EV_TIMER && rng_next(&f->rng) % 8 == 0,
	};
}

static void one_step(struct field *f)
{
	unsigned i = (unsigned)(rng_next(&f->rng) % FIELD_ACCOUNTS);
	struct account before = f->a[i];
	struct account_event event;
	struct effects fx;
	struct recorder_step s = { .row = i + 1,
				   .id = STR("a-name"),
				   .policy = i % 2,
				   .provider = STR("mock"),
				   .p = &f->p,
				   .before = &before,
				   .after = &f->a[i],
				   .event = &event,
				   .fx = &fx };

	f->now += 1 + rng_next(&f->rng) % 20000;
	event = some_event(f, &before);
	account_step(&f->p, &f->a[i], &event, &fx);
	recorder_step(f->recorder, &s);
}

void field_live(struct field *f, unsigned steps)
{
	while (steps-- > 0)
		one_step(f);
}

bool field_keep(struct field *f)
{
	struct recorder_chunk c;

	if (!recorder_take(f->recorder, &c))
		return false;
	must(buf_str(&f->file, c.bytes) == 0);
	recorder_kept(f->recorder, f->file.n);
	return true;
}

static void take(struct told *t, const struct recorded *item)
{
	struct replayed r;

	switch (item->kind) {
	case RECORDED_PART:
		t->parts++;
		break;
	case RECORDED_GAP:
		t->gaps++;
		t->missing += item->count;
		break;
	case RECORDED_DAMAGE:
		t->torn += item->torn;
		if (t->damages++ == 0)
			t->first_damage = *item;
		break;
	case RECORDED_BREAK:
		t->breaks++;
		break;
	case RECORDED_STEP:
		t->steps++;
		replay_step(item, &r);
		if (r.n == 0 || t->different++ > 0)
			break;
		t->first_different = *item;
		t->difference = r;
		break;
	}
}

struct told field_replay(struct str bytes)
{
	struct told t = { 0 };
	struct recording *rec;
	struct recorded item;
	int r;

	must(recording_open(&rec, bytes) == 0);
	while ((r = recording_next(rec, &item)) > 0)
		take(&t, &item);
	must(r == 0);
	recording_close(&rec);
	return t;
}
