/* show.c - see show.h. */
#include "show.h"

#include <stdio.h>

#include "base/json.h"
#include "words.h"

#define LINE_MAX_BYTES (64u << 10)

static void put_line(struct buf *b)
{
	buf_byte(b, '\n');
	fwrite(b->p, 1, b->n, stdout);
	buf_fini(b);
}

static void json_values(struct jw *j, const char *key, enum values_of of, const struct values *v)
{
	jw_object(j, key);
	for (unsigned i = 0; i < values_count(of); i++) {
		if (v->v[i] != 0)
			jw_u64(j, values_name(of, i), v->v[i]);
	}
	jw_object_end(j);
}

static void json_step(struct jw *j, const struct recorded *s)
{
	struct values v;
	struct buf words;

	buf_init(&words, LINE_MAX_BYTES);
	words_step(&words, s);
	jw_u64(j, "row", s->row);
	if (s->id[0] != '\0')
		jw_text(j, "account", s->id);
	jw_str(j, "provider", s->provider);
	jw_time(j, "time", s->event.now);
	values_of_account(&v, &s->before);
	json_values(j, "before", OF_ACCOUNT, &v);
	values_of_event(&v, &s->event);
	json_values(j, "event", OF_EVENT, &v);
	json_values(j, "effects", OF_EFFECTS, &s->effects);
	json_values(j, "after", OF_ACCOUNT, &s->after);
	jw_str(j, "text", buf_all(&words));
	buf_fini(&words);
}

static struct jw begin(struct buf *b, const struct show *show, const char *type, size_t at)
{
	struct jw j;

	buf_init(b, LINE_MAX_BYTES);
	j = jw_to(b);
	jw_object(&j, NULL);
	jw_text(&j, "type", type);
	jw_text(&j, "file", show->file);
	jw_u64(&j, "byte", at);
	return j;
}

void show_step(const struct show *show, const struct recorded *s)
{
	struct buf b;
	struct jw j;

	if (show->json) {
		j = begin(&b, show, "step", s->at);
		json_step(&j, s);
		jw_object_end(&j);
	} else {
		buf_init(&b, LINE_MAX_BYTES);
		words_step(&b, s);
	}
	put_line(&b);
}

static void json_different(const struct show *show, const struct recorded *s,
			   const struct replayed *r)
{
	struct buf b;
	struct jw j = begin(&b, show, "difference", s->at);

	json_step(&j, s);
	jw_array(&j, "differences");
	for (unsigned i = 0; i < r->n; i++) {
		const struct difference *d = &r->differences[i];

		jw_object(&j, NULL);
		jw_text(&j, "of", values_struct(d->of));
		jw_text(&j, "member", values_name(d->of, d->member));
		jw_u64(&j, "was", d->was);
		jw_u64(&j, "is", d->is);
		jw_object_end(&j);
	}
	jw_array_end(&j);
	jw_object_end(&j);
	put_line(&b);
}

void show_different(const struct show *show, const struct recorded *s, const struct replayed *r)
{
	struct buf b;

	if (show->json) {
		json_different(show, s, r);
		return;
	}
	buf_init(&b, LINE_MAX_BYTES);
	buf_printf(&b, "%s, byte %zu: this build decides otherwise\n  ", show->file, s->at);
	words_step(&b, s);
	for (unsigned i = 0; i < r->n; i++) {
		buf_text(&b, "\n  ");
		words_difference(&b, &r->differences[i]);
	}
	put_line(&b);
}

static void item_words(struct buf *b, const struct recorded *item)
{
	switch (item->kind) {
	case RECORDED_PART:
		buf_printf(b, "recorded by Relink %.*s from ", STR_ARG(item->version));
		words_time(b, item->time);
		break;
	case RECORDED_GAP:
		buf_printf(b, "%llu steps were not written; going on behind them",
			   (unsigned long long)item->count);
		break;
	case RECORDED_DAMAGE:
		buf_printf(b, "%s; %llu bytes were left out", item->why,
			   (unsigned long long)item->count);
		break;
	case RECORDED_BREAK:
		buf_printf(b,
			   "account %llu is not as its last step left it: something else than "
			   "the policy changed it, or the recording is damaged",
			   (unsigned long long)item->row);
		break;
	case RECORDED_STEP:
		break;
	}
}

void show_item(const struct show *show, const struct recorded *item)
{
	static const char *const types[] = { "part", "gap", "damage", "break", "step" };
	struct buf b, words;
	struct jw j;

	buf_init(&words, LINE_MAX_BYTES);
	item_words(&words, item);
	if (show->json) {
		j = begin(&b, show, types[item->kind], item->at);
		jw_str(&j, "text", buf_all(&words));
		jw_object_end(&j);
	} else {
		buf_init(&b, LINE_MAX_BYTES);
		buf_printf(&b, "%s, byte %zu: %.*s", show->file, item->at,
			   STR_ARG(buf_all(&words)));
	}
	put_line(&b);
	buf_fini(&words);
}

void show_stranger(const struct show *show, enum values_of of, const char *name)
{
	fprintf(stderr,
		"relink-replay: %s has \"%s\" of the %s, which this build does not know and leaves "
		"out\n",
		show->file, name, values_struct(of));
}

void show_tally(const struct show *show, const struct tally *t)
{
	struct buf b;
	struct jw j;

	if (show->json) {
		buf_init(&b, LINE_MAX_BYTES);
		j = jw_to(&b);
		jw_object(&j, NULL);
		jw_text(&j, "type", "summary");
		jw_text(&j, "file", show->file);
		jw_u64(&j, "steps", t->steps);
		jw_u64(&j, "different", t->different);
		jw_u64(&j, "breaks", t->breaks);
		jw_u64(&j, "gaps", t->gaps);
		jw_u64(&j, "missing", t->missing);
		jw_u64(&j, "damaged", t->damages);
		jw_u64(&j, "torn", t->torn);
		jw_bool(&j, "identical", t->different + t->breaks + t->damages == 0);
		jw_object_end(&j);
		put_line(&b);
		return;
	}
	printf("%s: %llu steps, ", show->file, (unsigned long long)t->steps);
	if (t->different + t->breaks + t->damages == 0)
		printf("identical");
	else
		printf("%llu different", (unsigned long long)t->different);
	if (t->breaks > 0)
		printf(", %llu accounts changed apart", (unsigned long long)t->breaks);
	if (t->gaps > 0)
		printf(", %llu not recorded in %llu gaps", (unsigned long long)t->missing,
		       (unsigned long long)t->gaps);
	if (t->damages > 0)
		printf(", %llu damaged places", (unsigned long long)t->damages);
	if (t->torn > 0)
		printf(", cut off in %llu places", (unsigned long long)t->torn);
	printf("\n");
}
