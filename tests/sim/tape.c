/*
 * tape.c - everything that the engine takes through the policy is recorded, and replayed: the same
 * inbox gives the same effects, and only the policy changes an account's part of it.
 */
#include "base/must.h"
#include "record/recorder.h"
#include "record/replay.h"
#include "sim.h"

#define TAPE_BYTES (16u << 20)

static struct recorder *recorder;
static struct buf tape;

static void prove(const struct recorded *item)
{
	struct replayed r;

	switch (item->kind) {
	case RECORDED_STEP:
		replay_step(item, &r);
		if (r.n > 0)
			broken("a replay gives the same effects", "row %llu: %s of the %s",
			       (unsigned long long)item->row,
			       values_name(r.differences[0].of, r.differences[0].member),
			       values_struct(r.differences[0].of));
		break;
	case RECORDED_BREAK:
		broken("only the policy changes accounts", "row %llu before event %s",
		       (unsigned long long)item->row, event_name(item->event.kind));
	case RECORDED_GAP:
	case RECORDED_DAMAGE:
		broken("what is recorded is whole", "%s, %llu at %zu",
		       item->why != NULL ? item->why : "a gap", (unsigned long long)item->count,
		       item->at);
	case RECORDED_PART:
		break;
	}
}

static void replay_all(void)
{
	struct recording *rec;
	struct recorded item;
	int r;

	must(recording_open(&rec, buf_all(&tape)) == 0);
	while ((r = recording_next(rec, &item)) > 0)
		prove(&item);
	must(r == 0);
	recording_close(&rec);
	buf_reset(&tape);
}

void tape_begin(struct engine *e)
{
	const struct recorder_options o = { .file_bytes = TAPE_BYTES };

	must(recorder == NULL && recorder_new(&recorder, &o) == 0);
	buf_init(&tape, TAPE_BYTES);
	engine_record(e, recorder);
}

void tape_turned(void)
{
	struct recorder_chunk c;

	if (!recorder_take(recorder, &c))
		return;
	if (c.begins)
		replay_all();
	must(buf_str(&tape, c.bytes) == 0);
	recorder_kept(recorder, tape.n);
}

void tape_end(void)
{
	if (recorder == NULL)
		return;
	tape_turned();
	replay_all();
	buf_fini(&tape);
	recorder_free(&recorder);
}
