/* queues_test.c - workspaces take turns, at one instance and over all of a provider. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

/* who was never connected, at normal priority */
#define CLASS 7

static void crowd(struct rig *r, const char *workspace, unsigned instance, unsigned n)
{
	static unsigned number;
	char id[32];

	while (n-- > 0) {
		snprintf(id, sizeof id, "a%u", number++);
		rig_account_of(r, id, workspace, instance, ST_QUEUED, false, true)->a.priority =
		    PRIORITY_NORMAL;
	}
}

static struct instance *at(struct rig *r, unsigned n)
{
	return &r->e.providers[0].instances[n];
}

/* Put all of them where their priority says. */
static void settle(struct rig *r)
{
	for (uint64_t row = 1; row <= r->e.last_row; row++)
		account_moved(&r->e, r->e.rows[row]);
}

static char serve(struct rig *r, struct instance *i)
{
	struct lane *lane = queue_next(i, CLASS, true);
	struct member *m;

	if (lane == NULL)
		return '-';
	m = lane->first;
	queue_take(&r->e, m);
	queue_served(i, CLASS, m->workspace);
	return m->workspace[0];
}

/* The instance whose next workspace was served longest ago, as admission chooses; in turns. */
static char serve_any(struct rig *r)
{
	static unsigned turn;
	unsigned best = turn % 2;

	turn++;
	if (lane_is_older(queue_next(at(r, 1 - best), CLASS, true),
			  queue_next(at(r, best), CLASS, true)))
		best = 1 - best;
	return serve(r, at(r, best));
}

static void order(struct rig *r, const char *wanted, char (*next)(struct rig *))
{
	char got[64] = "";

	for (size_t n = 0; wanted[n] != '\0'; n++)
		got[n] = next(r);
	assert_string_equal(got, wanted);
}

static char serve_first(struct rig *r)
{
	return serve(r, at(r, 0));
}

static void a_workspace_with_nearly_all_accounts_delays_nobody(void **state)
{
	struct rig r;

	(void)state;
	rig_make(&r);
	crowd(&r, "big", 0, 90);
	crowd(&r, "small", 0, 3);
	crowd(&r, "tiny", 0, 1);
	settle(&r);
	assert_int_equal(at(&r, 0)->lines[2 * CLASS].accounts, 94);
	order(&r, "bstbsbsbbb", serve_first);
	rig_end(&r);
}

static void inside_a_workspace_who_came_first_goes_first(void **state)
{
	struct member *last = NULL;
	struct lane *lane;
	struct rig r;

	(void)state;
	rig_make(&r);
	crowd(&r, "b", 0, 5);
	settle(&r);
	while ((lane = queue_next(at(&r, 0), CLASS, true)) != NULL) {
		assert_true(last == NULL || last->row < lane->first->row);
		last = lane->first;
		queue_take(&r.e, last);
		queue_served(at(&r, 0), CLASS, "b");
	}
	assert_int_equal(last->row, 5);
	assert_null(at(&r, 0)->lanes); /* nothing is kept of an empty line */
	assert_int_equal(at(&r, 0)->queued, 0);
	rig_end(&r);
}

static void a_workspace_at_many_instances_gets_no_more_than_one_at_one(void **state)
{
	struct rig r;
	unsigned served[128] = { 0 };

	(void)state;
	rig_make(&r);
	crowd(&r, "big", 0, 40);
	crowd(&r, "big", 1, 40);
	crowd(&r, "small", 0, 40);
	settle(&r);
	for (unsigned n = 0; n < 40; n++)
		served[(unsigned char)serve_any(&r)]++;
	assert_in_range(served['b'], 19, 21);
	rig_end(&r);
}

/* The second instance starts ten while the first starts one. */
static void who_is_served_at_a_fast_instance_is_not_forgotten_at_a_slow_one(void **state)
{
	unsigned slow = 0;
	struct rig r;

	(void)state;
	rig_make(&r);
	crowd(&r, "big", 0, 40);
	crowd(&r, "small", 0, 40);
	crowd(&r, "big", 1, 400);
	settle(&r);
	for (unsigned n = 0; n < 30; n++) {
		slow += serve(&r, at(&r, 0)) == 'b';
		for (unsigned k = 0; k < 10; k++)
			assert_int_equal(serve(&r, at(&r, 1)), 'b');
	}
	assert_in_range(slow, 8, 15);
	rig_end(&r);
}

static void who_must_scan_does_not_hold_up_the_others(void **state)
{
	struct rig r;

	(void)state;
	rig_make(&r);
	rig_account_of(&r, "scans", "a", 0, ST_QUEUED, true, false);
	rig_account_of(&r, "login", "a", 0, ST_QUEUED, true, true);
	r.e.rows[2]->a.since = 1;
	assert_string_equal(queue_next(at(&r, 0), 0, true)->first->id, "scans");
	assert_string_equal(queue_next(at(&r, 0), 0, false)->first->id, "login");
	queue_take(&r.e, r.e.rows[2]);
	assert_null(queue_next(at(&r, 0), 0, false));
	queue_put(&r.e, r.e.rows[2]);
	rig_end(&r);
}

static void who_is_ahead_is_never_fewer_than_go_first(void **state)
{
	struct rig r;
	struct member *m;

	(void)state;
	rig_make(&r);
	crowd(&r, "big", 0, 50);
	crowd(&r, "small", 0, 7);
	crowd(&r, "tiny", 0, 2);
	settle(&r);
	m = r.e.rows[52]; /* the second of the small */
	assert_int_equal(queue_ahead(r.e.rows[1]), 2);
	assert_int_equal(queue_ahead(m), 1 + 2 * 2);
	assert_int_equal(queue_ahead(r.e.rows[50]), 58);
	for (unsigned n = 0; m->queued; n++) {
		assert_true(n <= 5);
		serve(&r, at(&r, 0));
	}
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_workspace_with_nearly_all_accounts_delays_nobody),
		cmocka_unit_test(inside_a_workspace_who_came_first_goes_first),
		cmocka_unit_test(a_workspace_at_many_instances_gets_no_more_than_one_at_one),
		cmocka_unit_test(who_is_served_at_a_fast_instance_is_not_forgotten_at_a_slow_one),
		cmocka_unit_test(who_must_scan_does_not_hold_up_the_others),
		cmocka_unit_test(who_is_ahead_is_never_fewer_than_go_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
