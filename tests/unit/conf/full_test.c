/* full_test.c - the files in etc/ are what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/must.h"
#include "conf/keys.h"
#include "conf/value.h"
#include "read.h"

#define FULL CONF_ETC "/relink.full.yaml"

static struct buf file;

static int setup(void **state)
{
	(void)state;
	buf_init(&file, 1u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_fini(&file);
	return 0;
}

static void read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t n;

	if (f == NULL)
		fail_msg("%s is missing", path);
	must(f != NULL);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(&file, part, n);
	fclose(f);
	buf_byte(&file, '\0');
	assert_int_equal(file.failed, 0);
}

static void the_full_file_is_the_one_that_is_generated(void **state)
{
	struct buf made;
	bool same;

	(void)state;
	buf_init(&made, 1u << 20);
	assert_int_equal(conf_write_full(&made), 0);
	read_file(FULL);
	same = str_is(buf_all(&made), file.p);
	buf_fini(&made);
	if (!same)
		fail_msg("etc/relink.full.yaml is not what core/conf/keys.def says; make it anew:\n"
			 "cmake --build build/dev --target conf-full && build/dev/bin/conf-full > "
			 "etc/relink.full.yaml");
}

static void assert_same(enum key_scope scope, const void *a, const void *b)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		if (k->scope == scope && key_kind(k) != KIND_TREE &&
		    !value_equal(k, key_value(k, a), key_value(k, b)))
			fail_msg("%s is not at its default", k->path);
	}
}

static void the_full_file_sets_every_key_to_its_default(void **state)
{
	struct conf *full, *defaults = must_read("providers: {mock: }");

	(void)state;
	read_file(FULL);
	full = must_read(file.p);
	assert_same(SCOPE_conf, full, defaults);
	assert_int_equal(full->n_providers, 1);
	assert_same(SCOPE_conf_provider, full->providers, defaults->providers);
	assert_int_equal(full->providers[0].n_instances, 1);
	assert_same(SCOPE_conf_instance, full->providers[0].instances,
		    defaults->providers[0].instances);
	assert_int_equal(conf_can_reload(full, defaults, NULL), 0);
	conf_free(&full);
	conf_free(&defaults);
}

static void the_full_file_names_every_key(void **state)
{
	(void)state;
	read_file(FULL);
	for (const struct key *k = keys; k->path != NULL; k++) {
		char entry[64];

		snprintf(entry, sizeof entry, " %s:", key_leaf(k));
		/* at the root there is no space in front */
		if (strstr(file.p, entry) == NULL && strstr(file.p, entry + 1) == NULL)
			fail_msg("%s is missing", k->path);
	}
}

static void no_line_of_the_full_file_is_too_long_or_ends_in_a_space(void **state)
{
	(void)state;
	read_file(FULL);
	for (const char *line = file.p; *line != '\0';) {
		size_t n = strcspn(line, "\n");

		assert_in_range(n, 0, 100);
		assert_true(n == 0 || line[n - 1] != ' ');
		line += n + (line[n] == '\n');
	}
}

static void the_minimal_file_can_be_used_as_it_is(void **state)
{
	struct conf *c;

	(void)state;
	read_file(CONF_ETC "/relink.yaml");
	c = must_read(file.p);
	assert_string_equal(c->state_dir, "/var/lib/relink");
	assert_int_equal(c->n_providers, 0);
	conf_free(&c);
}

/* As its comment says: take the # away. */
static void the_example_in_the_minimal_file_works(void **state)
{
	const char *line;
	struct buf example;
	struct conf *c;

	(void)state;
	read_file(CONF_ETC "/relink.yaml");
	buf_init(&example, 1u << 16);
	line = strstr(file.p, "# providers:\n");
	assert_non_null(line);
	while (strncmp(line, "# ", 2) == 0) {
		size_t n = strcspn(line, "\n") + 1;

		buf_add(&example, line + 2, n - 2);
		line += n;
	}
	buf_byte(&example, '\0');
	c = must_read(example.p);
	buf_fini(&example);
	assert_int_equal(c->n_providers, 1);
	assert_string_equal(c->providers[0].instances[0].id, "mock-1");
	conf_free(&c);
}

static void a_buffer_that_is_too_small_says_so(void **state)
{
	struct buf small;

	(void)state;
	buf_init(&small, 100);
	assert_int_equal(conf_write_full(&small), ERR_TOOBIG);
	buf_fini(&small);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_full_file_is_the_one_that_is_generated),
		TEST(the_full_file_sets_every_key_to_its_default),
		TEST(the_full_file_names_every_key),
		TEST(no_line_of_the_full_file_is_too_long_or_ends_in_a_space),
		TEST(the_minimal_file_can_be_used_as_it_is),
		TEST(the_example_in_the_minimal_file_works),
		TEST(a_buffer_that_is_too_small_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
