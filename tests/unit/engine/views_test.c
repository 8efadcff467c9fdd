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
	port.health(port.ctx, &s);
	assert_int_equal(s.n_worst, 2);
	for (unsigned n = 0; n < 2; n++) {
		struct account_view v;
		char reason[LIMIT_WAITS];

		str_copy(reason, sizeof reason, s.worst[n].reason);
		assert_non_null(strstr(reason, str_is(s.worst[n].id, "a") ? "\"one\" is drained"
									  : "\"two\" is drained"));
		assert_true(port.account(port.ctx, s.worst[n].id, &v));
		assert_true(str_is(v.reason, reason));
	}
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_accounts_wait_each_for_its_own_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
