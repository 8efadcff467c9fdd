/* readme_test.c - the last part of core/policy/README.md is what policy-doc prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "describe.h"

#define BEGIN "<!-- policy-doc -->\n"
#define END   "<!-- end of policy-doc -->\n"

static void read_file(const char *path, struct buf *to)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	do {
		char *room = buf_room(to, 4096);

		assert_non_null(room);
		n = fread(room, 1, 4096, f);
		to->n += n;
	} while (n > 0);
	fclose(f);
	buf_byte(to, '\0');
}

static size_t line_of(const char *text, const char *at)
{
	size_t line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

static void the_readme_says_what_the_code_does(void **state)
{
	struct buf readme, tables;
	const char *begin, *end;
	size_t same = 0;

	(void)state;
	buf_init(&readme, 1u << 20);
	buf_init(&tables, 1u << 20);
	read_file(POLICY_README, &readme);
	describe_policy(&tables);
	assert_int_equal(tables.failed, 0);
	begin = strstr(readme.p, BEGIN);
	end = strstr(readme.p, END);
	assert_true(begin != NULL && end != NULL);
	begin += sizeof BEGIN - 1;
	while (same < tables.n && begin + same < end && begin[same] == tables.p[same])
		same++;
	if (same < tables.n || begin + same < end)
		fail_msg("%s differs in line %zu; put the output of `policy-doc` there",
			 POLICY_README, line_of(readme.p, begin + same));
	buf_fini(&readme);
	buf_fini(&tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_readme_says_what_the_code_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
