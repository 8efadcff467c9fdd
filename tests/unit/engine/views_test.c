/* views_test.c - views that are given together tell each its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static void the_worst_accounts_wait_each_for_its_own_reason(void **state)
{
	static struct health_summary s;
	struct api_port port;
	struct rig r;

	(void)state;
	rig_make(&r);
	port = engine_api_port(&r.e);
	r.e.providers[0].instances[0].drained_at = r.e.now;
	r.e.providers[0].instances[1].drained_at = r.e.now;
	rig_account(&r, "a", 0, ST_QUEUED);
	rig_account(&r, "b", 1, ST_QUEUED);
	assert_int_equal(port.health(port.ctx, 0, 1, &s), 1);
	assert_int_equal(port.health(port.ctx, 1, 1, &s), 0);
	assert_int_equal(s.accounts, 2);
	assert_int_equal(s.n_worst, 2);
	for (unsigned n = 0; n < 2; n++) {
		struct account_view v;

		assert_true(port.account_at(port.ctx, s.worst[n].row, &v));
		assert_non_null(strstr(v.reason.p, str_is(v.id, "a") ? "\"one\" is drained"
								     : "\"two\" is drained"));
	}
	rig_end(&r);
}

struct found {
	uint64_t key[8], row[8];
	unsigned n;
};

static void found(void *arg, uint64_t key, uint64_t row)
{
	struct found *f = arg;

	f->key[f->n] = key;
	f->row[f->n++] = row;
}

static struct found find(struct rig *r, struct account_filter f)
{
	struct api_port port = engine_api_port(&r->e);
	struct found all = { .n = 0 };

	assert_int_equal(port.find(port.ctx, &f, 100, found, &all), 0);
	return all;
}

static void text_is_found_in_ids_and_labels_in_either_case(void **state)
{
	static const struct {
		const char *what;
		uint64_t rows;
	} cases[] = { { "shop", 3 },    { "berlin", 2 },  { "shop-1", 1 },
		      { "rlin sh", 2 }, { "hamburg", 0 }, { "-2", 2 } };
	struct rig r;

	(void)state;
	rig_make(&r);
	rig_account(&r, "shop-1", 0, ST_QUEUED);
	assert_true(
	    member_describe(&r.e, rig_account(&r, "x-2", 1, ST_QUEUED), "Berlin Shop", NULL));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct found all =
		    find(&r, (struct account_filter){ .search = str_of(cases[i].what) });
		uint64_t rows = 0;

		for (unsigned n = 0; n < all.n; n++)
			rows |= all.row[n];
		assert_int_equal(rows, cases[i].rows);
	}
	rig_end(&r);
}

static void what_lists_are_sorted_by(void **state)
{
	struct found all;
	struct rig r;

	(void)state;
	rig_make(&r);
	rig_account(&r, "a", 0, ST_QUEUED)->a.since = 1000;
	rig_account(&r, "b", 0, ST_UP)->a.since = 2000;
	all = find(&r, (struct account_filter){ .sort = SORT_CHANGED });
	assert_true(all.n == 2 && all.key[1] < all.key[0]);
	all = find(&r, (struct account_filter){ .sort = SORT_HEALTH });
	assert_true(all.key[0] < all.key[1] && all.key[1] <= 101);
	r.e.rows[1]->a.want = false;
	all = find(&r, (struct account_filter){ .sort = SORT_HEALTH });
	assert_int_equal(all.key[0], 101);
	all = find(&r, (struct account_filter){ .sort = SORT_STATUS });
	assert_int_equal(all.key[1], r.e.rows[2]->a.status);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_accounts_wait_each_for_its_own_reason),
		cmocka_unit_test(text_is_found_in_ids_and_labels_in_either_case),
		cmocka_unit_test(what_lists_are_sorted_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
