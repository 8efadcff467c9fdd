/* hands_off_test.c - while automation is paused nobody is let in but for whom a person waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/obj.h"
#include "rig.h"

static struct member *first(struct engine *e, struct provider *p)
{
	(void)e;
	for (unsigned class = 0; class < ADMIT_CLASSES; class ++) {
		struct lane *lane = queue_next(&p->instances[0], class, true);

		if (lane != NULL)
			return lane->first;
	}
	return NULL;
}

static void pause(struct rig *r, unsigned scope, const char *name, uint64_t until)
{
	const struct pause_record record = { .scope = (uint8_t)scope,
					     .name = str_of(name),
					     .since = r->e.now,
					     .until = until,
					     .reason = STR("a test") };

	must(pause_add(&r->e, &record) == 0);
}

static void each_scope_covers_its_own(void **state)
{
	static const struct {
		unsigned scope;
		const char *name;
		bool covers;
	} cases[] = {
		{ PAUSE_EVERYTHING, "", true },      { PAUSE_PROVIDER, "mock", true },
		{ PAUSE_PROVIDER, "other", false },  { PAUSE_WORKSPACE, "default", true },
		{ PAUSE_WORKSPACE, "mock", false },  { PAUSE_ACCOUNT, "a", true },
		{ PAUSE_ACCOUNT, "default", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig r;
		struct member *m;

		rig_make(&r);
		m = rig_account(&r, "a", 0, ST_UP);
		pause(&r, cases[i].scope, cases[i].name, 0);
		if (hands_off(&r.e, m) != cases[i].covers)
			fail_msg("scope %u of \"%s\"", cases[i].scope, cases[i].name);
		pauses_free(&r.e);
		assert_false(hands_off(&r.e, m));
		rig_end(&r);
	}
}

static void a_pause_that_is_over_covers_nobody(void **state)
{
	struct rig r;
	struct member *m;

	(void)state;
	rig_make(&r);
	m = rig_account(&r, "a", 0, ST_UP);
	pause(&r, PAUSE_EVERYTHING, "", r.e.now + 1);
	assert_true(hands_off(&r.e, m));
	r.e.now++;
	assert_false(hands_off(&r.e, m));
	pauses_free(&r.e);
	rig_end(&r);
}

static void who_waits_leaves_the_queue_but_for_a_person(void **state)
{
	struct rig r;
	struct provider *p;
	struct member *asked;

	(void)state;
	rig_make(&r);
	p = &r.e.providers[0];
	rig_account(&r, "a", 0, ST_QUEUED);
	rig_account(&r, "b", 0, ST_QUEUED);
	asked = rig_account(&r, "c", 0, ST_QUEUED);
	assert_int_equal(p->queued, 3);
	pause(&r, PAUSE_WORKSPACE, "default", 0);
	asked->a.person = 1;
	assert_ptr_equal(hands_off_next(&r.e, p, first), asked);
	assert_int_equal(p->queued, 1);
	asked->a.person = 0;
	assert_null(hands_off_next(&r.e, p, first));
	assert_int_equal(p->queued, 0);
	pauses_free(&r.e);
	account_moved(&r.e, asked);
	assert_ptr_equal(hands_off_next(&r.e, p, first), asked);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_scope_covers_its_own),
		cmocka_unit_test(a_pause_that_is_over_covers_nobody),
		cmocka_unit_test(who_waits_leaves_the_queue_but_for_a_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
