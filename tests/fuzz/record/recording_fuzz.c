/*
 * recording_fuzz.c - any bytes as a recording: what is read of it goes through the policy without harm,
 * and what was read as a step is told the same when it is recorded again.
 */
#include "base/must.h"
#include "fuzz.h"
#include "record/recorder.h"
#include "record/replay.h"

static void prove_again(const struct recorded *s, const struct replayed *mine)
{
	const struct recorder_options o = { .file_bytes = 1u << 20 };
	struct recorder_step step = { .row = s->row,
				      .provider = s->provider,
				      .p = &s->policy,
				      .before = &s->before,
				      .after = &mine->after,
				      .event = &s->event,
				      .fx = &mine->effects };
	struct recorder *r;
	struct recorder_chunk c;
	struct recording *again;
	struct recorded item;
	struct replayed same;
	struct account after;
	struct values v;

	must(recorder_new(&r, &o) == 0);
	recorder_step(r, &step);
	must(recorder_take(r, &c));
	must(recording_open(&again, c.bytes) == 0);
	must(recording_next(again, &item) == 1 && item.kind == RECORDED_PART);
	values_of_account(&v, &mine->after);
	must(recording_next(again, &item) == 1 && item.kind == RECORDED_STEP);
	must(item.row == s->row && str_eq(item.provider, s->provider));
	replay_step(&item, &same);
	must(same.n == 0);
	must(values_to_account(&v, &after));
	must(recording_next(again, &item) == 0);
	recording_close(&again);
	recorder_free(&r);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct recording *rec;
	struct recorded item;
	struct replayed mine;
	size_t last = 0;
	int r;

	must(recording_open(&rec, (struct str){ (const char *)data, size }) == 0);
	while ((r = recording_next(rec, &item)) > 0) {
		must(item.at < size && item.at >= last);
		last = item.at;
		if (item.kind != RECORDED_STEP)
			continue;
		replay_step(&item, &mine);
		if (!mine.effects.bug)
			prove_again(&item, &mine);
	}
	must(r == 0);
	recording_close(&rec);
	return 0;
}
