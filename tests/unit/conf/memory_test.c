/*
 * memory_test.c - whichever allocation fails, a configuration is refused whole, and nothing leaks.
 *
 * The linker puts the functions below in front of ours and, where there is a static libyaml, in front
 * of its own (--wrap in CMakeLists.txt).  Each run lets one more allocation succeed, until all do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "read.h"

#define FOR_EVER UINT64_MAX

static uint64_t left = FOR_EVER;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *z);
char *__wrap_strdup(const char *z);

static bool may_allocate(void)
{
	if (left == FOR_EVER)
		return true;
	if (left == 0)
		return false;
	left--;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return may_allocate() ? __real_malloc(n) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return may_allocate() ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *p, size_t n)
{
	return may_allocate() ? __real_realloc(p, n) : NULL;
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return may_allocate() ? __real_reallocarray(p, n, size) : NULL;
}

char *__wrap_strdup(const char *z)
{
	return may_allocate() ? __real_strdup(z) : NULL;
}

/* Parse with 0, 1, 2, ... allocations: out of memory until they are enough, then `complaint` ("" for
 * a good file). */
static void parse_with_ever_more(const char *text, const char *complaint)
{
	struct conf *c = NULL;
	struct why why;
	uint64_t n = 0;
	int r = ERR_NOMEM;

	for (; r == ERR_NOMEM; n++) {
		why = (struct why){ 0 };
		left = n;
		r = conf_parse(&c, "relink.yaml", str_of(text), &why);
		left = FOR_EVER;
		if (r == ERR_NOMEM) {
			assert_null(c);
			assert_int_equal(why.code, ERR_NOMEM);
			assert_string_equal(why.text, "no memory for the configuration");
		}
	}
	assert_string_equal(why.text, complaint);
	assert_int_equal(r, complaint[0] != '\0' ? ERR_CONFIG : 0);
	assert_true(n > 2); /* or nothing was counted */
	conf_free(&c);
}

static void a_good_file_is_refused_until_there_is_enough(void **state)
{
	(void)state;
	parse_with_ever_more("state_dir: /a\n"
			     "log: {levels: {engine: debug}}\n"
			     "providers:\n"
			     "  mock:\n"
			     "    config: {a: 1, b: 2}\n"
			     "    instances: [{id: x, config: {a: 2, c: 3}}, {id: y}]\n"
			     "  other: {plugin: /o.so}\n",
			     "");
}

static void a_bad_file_is_refused_for_one_reason_or_the_other(void **state)
{
	(void)state;
	parse_with_ever_more("policy:\n  backoff_base: 1h\n",
			     "relink.yaml:2: policy.backoff_base (1h) must not be longer than "
			     "policy.backoff_cap (5m)");
	parse_with_ever_more("providers: {mock: {config: {a: {b: c}}}}\n",
			     "relink.yaml:1: providers.mock.config.a: needs a single value: a "
			     "plugin's keys cannot be nested");
	parse_with_ever_more("log: [[\"a",
			     "relink.yaml:1: not valid YAML: found unexpected end of stream, while "
			     "scanning a quoted scalar that begins on line 1");
}

static void a_file_is_not_loaded(void **state)
{
	struct conf *c = NULL;
	int r = ERR_NOMEM;
	struct why why;

	(void)state;
	for (uint64_t n = 0; r == ERR_NOMEM; n++) {
		left = n;
		r = conf_load(&c, CONF_ETC "/relink.yaml", &why);
		left = FOR_EVER;
		assert_true(r == 0 || strstr(why.text, "no memory") != NULL);
	}
	assert_int_equal(r, 0);
	conf_free(&c);
}

static void the_full_file_is_not_written(void **state)
{
	int r = ERR_NOMEM;
	struct buf out;
	uint64_t n = 0;

	(void)state;
	for (; r == ERR_NOMEM; n++) {
		buf_init(&out, 1u << 20);
		left = n;
		r = conf_write_full(&out);
		left = FOR_EVER;
		buf_fini(&out);
	}
	assert_int_equal(r, 0);
	assert_true(n > 2);
}

static void a_refused_reload_is_refused_all_the_same(void **state)
{
	struct conf *now = must_read(""), *next = must_read("http: {idle_timeout: 1s}\n");

	(void)state;
	for (left = 0; left < 10; left++) {
		uint64_t n = left;
		struct why why;

		assert_int_equal(conf_can_reload(now, next, &why), ERR_STATE);
		assert_int_equal(why.code, ERR_STATE);
		left = n;
	}
	left = FOR_EVER;
	conf_free(&now);
	conf_free(&next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_file_is_refused_until_there_is_enough),
		cmocka_unit_test(a_bad_file_is_refused_for_one_reason_or_the_other),
		cmocka_unit_test(a_file_is_not_loaded),
		cmocka_unit_test(the_full_file_is_not_written),
		cmocka_unit_test(a_refused_reload_is_refused_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
