/*
 * layout_test.c - the structs of a header against the figures that plugins of 1.0 were compiled with.
 *
 * Compiled twice: with today's header, which may have grown at the ends of its structs, and with the
 * frozen one (ABI_FROZEN), which shows that the figures themselves are right and whole.
 */
#include <relink/plugin.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum row_kind { SIZE_ROW, ARRAYED_ROW, MEMBER_ROW, NUMBER_ROW };

struct row {
	enum row_kind kind;
	const char *type, *name;
	size_t was_at, was, at, is; /* NUMBER: `was` and `is` only */
};

// clang-format off
#define SIZE(type_, bytes)    { SIZE_ROW, #type_, "", 0, bytes, 0, sizeof(struct type_) },
#define ARRAYED(type_, bytes) { ARRAYED_ROW, #type_, "", 0, bytes, 0, sizeof(struct type_) },
#define MEMBER(type_, name_, offset, bytes)                                                        \
	{ MEMBER_ROW, #type_, #name_, offset, bytes, offsetof(struct type_, name_),                \
	  sizeof(((struct type_ *)0)->name_) },
#define NUMBER(name_, value)  { NUMBER_ROW, "", #name_, 0, value, 0, (size_t)name_ },
// clang-format on

static const struct row rows[] = {
#include "1.0/layout.def"
};

static bool has_room_for(const struct row *r)
{
#ifdef ABI_FROZEN
	return r->is == r->was;
#else
	return r->kind == SIZE_ROW ? r->is >= r->was : r->is == r->was;
#endif
}

static void everything_stands_where_plugins_look_for_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];

		if (r->at != r->was_at || !has_room_for(r))
			fail_msg("%s.%s: %zu at byte %zu, in 1.0 it was %zu at byte %zu", r->type,
				 r->name, r->is, r->at, r->was, r->was_at);
	}
}

/* A struct's members follow each other without a hole that the figures do not explain, so none is
 * missing in them. */
static void no_member_is_left_out(void **state)
{
	const struct row *of = NULL;
	size_t end = 0;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];

		if (r->kind == MEMBER_ROW) {
			if (r->was_at < end || r->was_at - end >= 8)
				fail_msg("%s: bytes %zu to %zu are nobody's", r->type, end,
					 r->was_at);
			end = r->was_at + r->was;
			continue;
		}
		if (of != NULL && (of->was < end || of->was - end >= 8))
			fail_msg("%s: bytes %zu to %zu are nobody's", of->type, end, of->was);
		of = r->kind == NUMBER_ROW ? NULL : r;
		end = 0;
	}
}

static void a_version_says_what_it_is(void **state)
{
	(void)state;
	assert_int_equal(RELINK_ABI_MAJOR, 1);
#ifdef ABI_FROZEN
	assert_int_equal(RELINK_ABI_MINOR, 0);
#else
	/* who adds to a struct says so */
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_true(rows[i].kind != SIZE_ROW || rows[i].is == rows[i].was ||
			    RELINK_ABI_MINOR > 0);
#endif
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_stands_where_plugins_look_for_it),
		cmocka_unit_test(no_member_is_left_out),
		cmocka_unit_test(a_version_says_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
