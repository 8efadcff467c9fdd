/* dropin_list_test.c - GET /api/sessions when there are many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/dropin/clients.h"
#include "api/dropin/dropin.h"
#include "base/obj.h"
#include "machine.h"

static void more_than_an_answer_holds_is_said_with_another_way(void **state)
{
	static const struct str request = STR("GET /api/sessions HTTP/1.1\r\nHost: localhost\r\n"
					      "X-API-Key: k\r\nConnection: close\r\n\r\n");
	struct machine m;

	(void)state;
	machine_open(&m, false);
	for (unsigned i = 0; i < 50; i++) {
		char text[64];
		struct fake_account *a;

		snprintf(text, sizeof text, "s%u", i);
		a = fake_add(&m.fake, text);
		snprintf(a->status, sizeof a->status, "connected");
		snprintf(text, sizeof text, "{\"dropin\":{\"session_ids\":[\"s%u\"]}}", i);
		a->metadata = str_dup(str_of(text));
		clients_refresh(m.face.dropin->clients, str_of(a->id));
	}
	m.face.content.limit = 2000; /* instead of ANSWER_MAX */
	machine_feed(&m, request, request.n);
	assert_int_equal(machine_status(&m), 422);
	assert_non_null(machine_find(&m, "page by page with GET /v1/accounts"));
	machine_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_than_an_answer_holds_is_said_with_another_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
