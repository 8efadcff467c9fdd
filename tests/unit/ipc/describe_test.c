/* describe_test.c - the tables in core/ipc/README.md are those of messages.def. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ipc/describe.h"
#include "ipc/msg.h"

#define BEGIN "<!-- ipc-doc protocol -->\n"
#define END   "<!-- end of ipc-doc protocol -->\n"

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

static size_t line_of(const char *text, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

static void the_readme_has_the_tables_of_messages_def(void **state)
{
	struct buf readme, tables;
	const char *begin, *end;
	size_t same = 0;

	(void)state;
	buf_init(&readme, 1u << 20);
	buf_init(&tables, 1u << 20);
	read_file(IPC_README, &readme);
	describe_protocol(&tables);
	begin = strstr(readme.p, BEGIN);
	end = strstr(readme.p, END);
	assert_true(begin != NULL && end != NULL);
	begin += sizeof BEGIN - 1;
	while (same < tables.n && begin + same < end && begin[same] == tables.p[same])
		same++;
	if (same < tables.n || begin + same < end)
		fail_msg("%s differs in line %zu; put the output of `ipc-doc protocol` there",
			 IPC_README, line_of(readme.p, (size_t)(begin - readme.p) + same));
	buf_fini(&readme);
	buf_fini(&tables);
}

static void the_dictionary_has_every_method_as_the_wire_has_it(void **state)
{
	struct buf dictionary;

	(void)state;
	buf_init(&dictionary, 1u << 20);
	describe_dictionary(&dictionary);
	buf_byte(&dictionary, '\0');
	for (enum msg_method m = MSG_NONE + 1; m < MSG_METHOD_COUNT; m++) {
		const char *name = msg_method_name(m);
		char entry[64];

		snprintf(entry, sizeof entry, "\"\\x%02zx%s\"\n", 0xa0 + strlen(name), name);
		assert_non_null(strstr(dictionary.p, entry));
	}
	assert_non_null(strstr(dictionary.p, "\"\\xaaqr_expires\"\n"));
	buf_fini(&dictionary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_readme_has_the_tables_of_messages_def),
		cmocka_unit_test(the_dictionary_has_every_method_as_the_wire_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
