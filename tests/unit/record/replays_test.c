/* replays_test.c - each recording in tests/unit/policy/replays: this build decides the same. */
#include "field.h"

#include <glob.h>
#include <stdio.h>

static void read_file(const char *path, struct buf *to)
{
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		assert_int_equal(buf_add(to, part, n), 0);
	assert_int_equal(ferror(f), 0);
	fclose(f);
}

static void one(const char *path)
{
	struct told t;
	struct buf b;

	buf_init(&b, 64u << 20);
	read_file(path, &b);
	t = field_replay(buf_all(&b));
	if (t.different > 0) {
		const struct difference *d = &t.difference.differences[0];

		print_error("%s: %u steps differ, the first in %s of the %s: was %llu, is %llu; "
			    "relink-replay --print says more\n",
			    path, t.different, values_name(d->of, d->member), values_struct(d->of),
			    (unsigned long long)d->was, (unsigned long long)d->is);
	}
	assert_int_equal(t.different, 0);
	assert_int_equal(t.damages + t.breaks + t.gaps, 0);
	assert_true(t.steps > 0);
	buf_fini(&b);
}

static void all(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob(REPLAYS "/*.rec", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		one(found.gl_pathv[i]);
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
