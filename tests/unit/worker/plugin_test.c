/* plugin_test.c - which shared objects are loaded, and what is said of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/obj.h"
#include "worker/plugin.h"

static const struct {
	const char *file, *part;
} refused[] = {
	{ "bad_major.so", "built for plugin ABI 2.0 and this is 1.0" },
	{ "bad_minor.so", "needs plugin ABI 1.1 and this is 1.0" },
	{ "bad_size.so", "says that it has 100000 bytes" },
	{ "bad_small.so", "says that it has 16 bytes" },
	{ "bad_name.so", "its name must be" },
	{ "bad_version.so", "its version must be" },
	{ "bad_health.so", "has no function \"health\"" },
	{ "bad_list.so", "has no function \"list\"" },
	{ "bad_send.so", "has no function \"send\"" },
	{ "bad_control.so", "has no function \"control\"" },
	{ "bad_webhook.so", "has no function \"webhook\"" },
	{ "bad_default.so", "default or bound that is not of its type" },
	{ "bad_offset.so", "lies outside its configuration" },
	{ "bad_flags.so", "has a flag that this Relink does not know (0x10)" },
	{ "bad_needs.so", "needs something that this Relink does not know (bits 0x4)" },
	{ "bad_nothing.so", "no symbol relink_plugin" },
	{ "bad_function.so", "has 0 bytes, too few" },
	{ "bad_short.so", "bytes, too few for a descriptor" },
	{ "not_there.so", "cannot be loaded" },
	{ "text.so", "cannot be loaded" },
	{ "empty.so", "cannot be loaded" },
};

static void write_file(const char *name, const char *text)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", PLUGINS, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void what_cannot_be_used_is_refused_with_a_sentence(void **state)
{
	(void)state;
	write_file("text.so", "I am a text file.\n");
	write_file("empty.so", "");
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct relink_plugin p = { .name = "untouched" };
		struct why why = { 0 };
		char path[4096];

		snprintf(path, sizeof path, "%s/%s", PLUGINS, refused[i].file);
		assert_int_equal(plugin_load(&p, path, &why), ERR_CONFIG);
		if (strstr(why.text, refused[i].part) == NULL ||
		    strstr(why.text, refused[i].file) == NULL)
			fail_msg("%s: %s", refused[i].file, why.text);
		assert_string_equal(p.name, "untouched");
	}
}

static void a_name_without_a_folder_is_not_searched_for(void **state)
{
	struct relink_plugin p;
	struct why why;

	(void)state;
	assert_int_equal(plugin_load(&p, "libc.so.6", &why), ERR_CONFIG);
	assert_non_null(strstr(why.text, "not a path"));
}

static void a_descriptor_of_the_first_release_reads_as_zero_beyond_its_end(void **state)
{
	struct relink_plugin p;
	struct why why;

	(void)state;
	assert_int_equal(plugin_load(&p, PLUGINS "/smallest.so", &why), 0);
	assert_string_equal(p.name, "smallest");
	assert_null(p.dump); /* it has one there, but says that it ends before */
	assert_int_equal(p.needs, 0);
	assert_int_equal(p.start_deadline_ms, PLUGIN_START_MS);
}

static void a_whole_descriptor_is_read_whole(void **state)
{
	struct relink_plugin p;
	struct why why;

	(void)state;
	assert_int_equal(plugin_load(&p, PLUGINS "/obedient.so", &why), 0);
	assert_string_equal(p.version, "1.2.3");
	assert_non_null(p.dump);
	assert_int_equal(p.start_deadline_ms, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_used_is_refused_with_a_sentence),
		cmocka_unit_test(a_name_without_a_folder_is_not_searched_for),
		cmocka_unit_test(a_descriptor_of_the_first_release_reads_as_zero_beyond_its_end),
		cmocka_unit_test(a_whole_descriptor_is_read_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
