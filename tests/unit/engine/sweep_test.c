/* sweep_test.c - a plugin that can't list is asked about its sessions: whom, and what the answers tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static unsigned asked[2]; /* the worker; the quarantine's */

int __wrap_pool_call(struct pool *p, unsigned slot, enum msg_method method, const void *params,
		     uint64_t tag, uint64_t deadline_ms);

int __wrap_pool_call(struct pool *p, unsigned slot, enum msg_method method, const void *params,
		     uint64_t tag, uint64_t deadline_ms)
{
	(void)p, (void)params, (void)tag, (void)deadline_ms;
	assert_int_equal(method, MSG_health);
	asked[slot]++;
	return 0;
}

/* One that did not answer lately. */
static struct instance *silent_instance(struct rig *r)
{
	struct instance *i;

	memset(asked, 0, sizeof asked);
	rig_make(r);
	i = &r->e.providers[0].instances[0];
	i->list_fails = 3;
	i->silent = true;
	return i;
}

static void account_alone(struct rig *r, const char *id)
{
	struct member *m = rig_account(r, id, 0, ST_UP);

	blame_mark(&m->blame, false, r->e.now);
	blame_mark(&m->blame, false, r->e.now);
}

static void the_one_question_while_nobody_answers_goes_to_the_instance_s_own_worker(void **state)
{
	struct rig r;
	struct instance *i = silent_instance(&r);

	(void)state;
	account_alone(&r, "alone-1");
	account_alone(&r, "alone-2");
	rig_account(&r, "a", 0, ST_UP);
	rig_account(&r, "b", 0, ST_UP);
	list_due(&r.e, i);
	assert_int_equal(asked[0], 1);
	assert_true(asked[1] <= 1);
	assert_false(i->reachable);
	rig_end(&r);
}

static void where_only_a_quarantine_can_be_asked_nothing_says_that_the_instance_is_silent(
    void **state)
{
	struct rig r;
	struct instance *i = silent_instance(&r);

	(void)state;
	account_alone(&r, "alone");
	list_due(&r.e, i);
	assert_int_equal(asked[0], 0);
	assert_int_equal(asked[1], 1);
	assert_true(i->reachable);
	rig_end(&r);
}

static void everybody_is_asked_about_where_somebody_answers(void **state)
{
	struct rig r;
	struct instance *i = silent_instance(&r);

	(void)state;
	i->list_fails = 0;
	i->reachable = true;
	account_alone(&r, "alone");
	rig_account(&r, "a", 0, ST_UP);
	rig_account(&r, "b", 0, ST_UP);
	rig_account(&r, "elsewhere", 1, ST_UP);
	list_due(&r.e, i);
	assert_int_equal(asked[0], 2);
	assert_int_equal(asked[1], 1);
	rig_end(&r);
}

static void one_session_at_a_time_is_asked_by_itself_when_it_is_due(void **state)
{
	struct rig r;
	struct instance *i = silent_instance(&r);
	struct member *m[3];
	uint64_t begin = r.e.now;

	(void)state;
	m[0] = rig_account(&r, "a", 0, ST_UP);
	m[1] = rig_account(&r, "b", 0, ST_UP);
	m[2] = rig_account(&r, "elsewhere", 1, ST_UP);
	for (unsigned n = 0; n < 3; n++)
		m[n]->a.sure = 1;
	r.conf.op_deadline_ms = 30000;
	health_round(&r.e, i);
	assert_int_equal(asked[0], 0); /* not unless it is configured */
	r.conf.health_check_ms = 60000;
	m[0]->message_s = (uint32_t)(begin / 1000);
	for (unsigned n = 0; n < 3; n++)
		health_round(&r.e, i);
	assert_int_equal(asked[0], 1); /* the other one heard a message */
	assert_int_equal(i->check_row, m[1]->row);
	health_checked(&r.e, m[1], m[1]->a.generation - 1, true);
	assert_int_equal(m[1]->checked_s, 0); /* an older life's answer */
	health_checked(&r.e, m[1], m[1]->a.generation, false);
	r.e.now = begin + 29999;
	health_round(&r.e, i);
	assert_int_equal(asked[0], 1);
	r.e.now = begin + 30000;
	health_round(&r.e, i);
	assert_int_equal(asked[0], 1); /* nobody is due */
	r.e.now = begin + 61000;
	health_round(&r.e, i);
	assert_int_equal(asked[0], 2);
	m[0]->a.sure = m[1]->a.sure = 0; /* a look is under way anyway */
	r.e.now = begin + 200000;
	health_round(&r.e, i);
	assert_int_equal(asked[0], 2);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_one_question_while_nobody_answers_goes_to_the_instance_s_own_worker),
		cmocka_unit_test(
		    where_only_a_quarantine_can_be_asked_nothing_says_that_the_instance_is_silent),
		cmocka_unit_test(one_session_at_a_time_is_asked_by_itself_when_it_is_due),
		cmocka_unit_test(everybody_is_asked_about_where_somebody_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
