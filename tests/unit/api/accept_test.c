/* accept_test.c - what browsers and programs say that they accept, and what they get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/accept.h"
#include "base/obj.h"

static const char *const types[] = { "application/json", "image/svg+xml", "image/png",
				     "text/plain" };

static void the_type_with_the_highest_weight_is_chosen(void **state)
{
	static const struct {
		const char *accept, *chosen;
	} cases[] = {
		{ "", "application/json" },
		{ "*/*", "application/json" },
		{ "image/png", "image/png" },
		{ "IMAGE/PNG", "image/png" },
		{ "image/*", "image/svg+xml" },
		{ "image/avif,image/webp,image/png,image/svg+xml;q=0.8,image/*;q=0.8,*/*;q=0.5",
		  "image/png" },
		{ "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
		  "image/svg+xml" },
		{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		  "application/json" },
		{ "text/plain;q=0.5, image/png;q=0.51", "image/png" },
		{ "text/plain; charset=utf-8 ; q=1.0 , */*;q=0.999", "text/plain" },
		{ "image/svg+xml;q=0, image/*", "image/png" },
		{ "*/*, application/json;q=0.1", "image/svg+xml" },
		{ "video/mp4", "application/json" },
		{ "image/png;q=0", "application/json" },
		{ "image/png;q=2, text/plain;q=0.1", "text/plain" },
		{ "image/png;q=, text/plain;q=0.1", "text/plain" },
		{ "image/png;q=0.0001, text/plain;q=0.001", "text/plain" },
		{ ",,;;, text/plain ,", "text/plain" },
		{ "image, png/, /png, image/pn, image/pngx", "application/json" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned n = accept_choose(str_of(cases[i].accept), types, ARRAY_LEN(types));

		if (strcmp(types[n], cases[i].chosen) != 0)
			fail_msg("\"%s\" gets %s", cases[i].accept, types[n]);
	}
	assert_int_equal(accept_choose(STR_NONE, types, ARRAY_LEN(types)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_type_with_the_highest_weight_is_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
