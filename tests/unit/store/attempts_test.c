/* attempts_test.c - the history of an account's lives: what is written at their ends, and read back. */
#include <stdio.h>

#include "rig.h"

struct lives {
	uint64_t generations[8];
	unsigned n;
	bool over;
	struct attempt_record last;
};

static void on_life(void *ctx, int result, const struct attempt_record *a)
{
	struct lives *l = ctx;

	assert_int_equal(result, 0);
	if (a == NULL) {
		l->over = true;
		return;
	}
	l->last = *a;
	l->last.session = l->last.profile = l->last.instance = STR_NONE;
	l->generations[l->n++ % 8] = a->generation;
}

static bool lives_are_there(void *ctx)
{
	return ((struct lives *)ctx)->over;
}

static struct lives read_lives(struct rig *rig, uint64_t row, uint64_t before, uint32_t limit)
{
	struct lives l = { 0 };

	assert_int_equal(store_read_attempts(rig->store, row, before, limit, on_life, &l), 0);
	rig_until(rig, lives_are_there, &l);
	return l;
}

static void lives_come_newest_first_with_how_they_ended(void **state)
{
	struct attempt_outcome o = { 1, 2, { .up_at = 5, .ended_at = 9, .event = 17, .cause = 2 } };
	struct rig rig;
	struct commit *c;
	struct lives l;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	for (uint64_t g = 1; g <= 3; g++) {
		char session[16];
		struct attempt_record life;

		snprintf(session, sizeof session, "s%d", (int)g);
		life = sample_attempt(1, g, session);
		life.begun_by = BEGUN_PERSON;
		if (g > 1)
			commit_attempt_close(c, 1, g - 1, ATTEMPT_ABANDONED, 9);
		commit_attempt(c, &life);
	}
	o.end.why.fails = 4;
	o.end.why.notes = NOTE_SLOW;
	commit_attempt_outcome(c, &o);
	o.end = (struct attempt_end){ .why = { .after = 2, .timer_at = 77 } };
	commit_attempt_outcome(c, &o); /* later: only what follows */
	o.generation = 99;
	commit_attempt_outcome(c, &o); /* forgotten: nothing */
	commit_attempt_close(c, 1, 2, ATTEMPT_GONE, 10);
	rig_commit(&rig, c);
	l = read_lives(&rig, 1, INT64_MAX, 10);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.generations[0], 3);
	assert_int_equal(l.generations[2], 1);
	l = read_lives(&rig, 1, 3, 1);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.last.generation, 2);
	assert_int_equal(l.last.state, ATTEMPT_GONE);
	assert_int_equal(l.last.begun_by, BEGUN_PERSON);
	assert_int_equal(l.last.end.ended_at, 9);
	assert_int_equal(l.last.end.event, 17);
	assert_int_equal(l.last.end.why.fails, 4);
	assert_int_equal(l.last.end.why.notes, NOTE_SLOW);
	assert_int_equal(l.last.end.why.after, 2);
	assert_int_equal(l.last.end.why.timer_at, 77);
	assert_int_equal(read_lives(&rig, 2, INT64_MAX, 10).n, 0);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives_come_newest_first_with_how_they_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
