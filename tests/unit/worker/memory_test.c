/* memory_test.c - without memory the worker's tables refuse, and hold what they held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/obj.h"
#include "nomem.h"
#include "worker/fence.h"
#include "worker/keys.h"
#include "worker/listing.h"
#include "worker/ops.h"

#define MANY 400 /* enough for tables and heap to grow */

static void on_overdue(void *ctx, struct op *op)
{
	(void)ctx, (void)op;
	fail_msg("no deadline is reached here");
}

static void on_closed(void *ctx)
{
	(void)ctx;
}

static void an_operation_is_in_the_table_or_it_is_not(void **state)
{
	struct alarms alarms;
	unsigned failed = 0;
	struct ops ops;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	alarms_init(&alarms, &loop);
	ops_init(&ops, &alarms, on_overdue, NULL);
	while (ops_count(&ops) < MANY) {
		uint64_t before = ops_count(&ops);
		struct op *op = NULL;

		for (unsigned n = 0; op == NULL; n++) {
			nomem_after(n);
			op = ops_add(&ops, 1, MSG_list, NULL, 3600000);
			assert_true(nomem_came() || op != NULL);
			assert_int_equal(ops_count(&ops), before + (op != NULL));
			failed += op == NULL;
		}
		assert_ptr_equal(ops_find(&ops, op->id), op);
	}
	assert_true(failed > MANY);
	ops_fini(&ops);
	alarms_close(&alarms, on_closed, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_fence_that_cannot_remember_does_not_let_pass(void **state)
{
	struct fence f = { 0 };
	uint64_t highest;
	char id[16];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		int r = ERR_NOMEM;

		snprintf(id, sizeof id, "a%u", i);
		for (unsigned n = 0; r != 0; n++) {
			nomem_after(n);
			r = fence_pass(&f, str_of(id), 7, &highest);
			assert_true(nomem_came() ? r == 0 || r == ERR_NOMEM : r == 0);
		}
		assert_int_equal(fence_pass(&f, str_of(id), 7, &highest), ERR_EXISTS);
	}
	fence_fini(&f);
}

static void a_configuration_is_made_or_it_is_not(void **state)
{
	const struct relink_plugin plugin = { .name = "p" };
	const struct msg_instance in = { .id = STR("i") };
	struct why why;
	void *conf = NULL;

	(void)state;
	nomem_after(0);
	assert_int_equal(keys_parse(&plugin, &in, &conf, &why), ERR_NOMEM);
	assert_true(nomem_came());
	assert_null(conf);
	assert_non_null(strstr(why.text, "no memory"));
	nomem_after(0);
	assert_null(listing_new(NULL, 1));
	nomem_came();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_operation_is_in_the_table_or_it_is_not),
		cmocka_unit_test(a_fence_that_cannot_remember_does_not_let_pass),
		cmocka_unit_test(a_configuration_is_made_or_it_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
