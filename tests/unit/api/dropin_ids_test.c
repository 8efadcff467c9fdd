/* dropin_ids_test.c - the application's names and ours, and the picture of a QR code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/dropin/ids.h"
#include "base/obj.h"
#include "policy/account.h"
#include "qr/picture.h"

static const char *account_id(const char *session)
{
	static char id[LIMIT_ACCOUNT_ID + 1];

	assert_true(dropin_account_id(str_of(session), id));
	assert_true(str_is_id(str_of(id), LIMIT_ACCOUNT_ID, "_-"));
	return id;
}

static void what_fits_is_the_account_s_id_as_it_is(void **state)
{
	static const char *const fits[] = {
		"webjs_1_1763287200_1a2b3c4d",
		"a",
		"0",
		"shop-1",
		"x123456789012345678901234567890123456789012345678901234567890123",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fits); i++)
		assert_string_equal(account_id(fits[i]), fits[i]);
}

/* These digests are in people's databases: they never change. */
static void what_does_not_fit_becomes_a_digest(void **state)
{
	char longest[DROPIN_SESSION_MAX + 1], first[LIMIT_ACCOUNT_ID + 1];

	(void)state;
	assert_string_equal(account_id("Webjs_1"), "sid-6df0339c801cd84196aad051d9473723fe9f33c9");
	assert_string_equal(account_id("_a"), "sid-34fb716034edaa881d9e64134f6c40f245d7b187");
	memset(longest, 'a', sizeof longest);
	longest[DROPIN_SESSION_MAX] = '\0';
	str_copy(first, sizeof first, str_of(account_id(longest)));
	longest[DROPIN_SESSION_MAX - 1] = 'b';
	assert_string_not_equal(account_id(longest), first);
}

static void a_session_called_like_a_digest_is_not_taken_for_its_session(void **state)
{
	char digest[LIMIT_ACCOUNT_ID + 1];

	(void)state;
	str_copy(digest, sizeof digest, str_of(account_id("Webjs_1")));
	assert_string_not_equal(account_id(digest), digest);
}

static void sessions_are_letters_digits_and_two_signs(void **state)
{
	static const struct {
		struct str session;
		bool valid;
	} cases[] = {
		{ STR("webjs_1_2_3"), true }, { STR("A-Z_0"), true }, { STR("-"), true },
		{ STR(""), false },           { STR("a b"), false },  { STR("a.b"), false },
		{ STR("a/b"), false },        { STR("a\0"), false },  { STR("\xc3\xa4"), false },
	};
	char longest[DROPIN_SESSION_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(dropin_session_is_valid(cases[i].session), cases[i].valid);
	memset(longest, 'x', sizeof longest);
	assert_false(dropin_session_is_valid((struct str){ longest, sizeof longest }));
	assert_true(dropin_session_is_valid((struct str){ longest, sizeof longest - 1 }));
}

static void workspaces_keep_their_names_where_they_can(void **state)
{
	static const struct {
		const char *prefix, *name, *workspace;
	} cases[] = {
		{ NULL, "", "default" },
		{ "shop-", "", "default" },
		{ NULL, "1", "1" },
		{ "shop-", "1", "shop-1" },
		{ NULL, "team-a", "team-a" },
		{ NULL, "-a", "wid-c274891790345c56cef3b53c026b" },
		{ "shop-", "Team A", "wid-660b362cb14b7866533bbf089aeb" },
		{ NULL, "1/../../../escape", "wid-490ec0a6ac2e1bceec631d3d9846" },
	};
	char to[LIMIT_WORKSPACE + 1], other[LIMIT_WORKSPACE + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(dropin_workspace(cases[i].prefix, str_of(cases[i].name), to));
		assert_string_equal(to, cases[i].workspace);
		assert_true(str_is_id(str_of(to), LIMIT_WORKSPACE, "-"));
	}
	/* nobody gets into another's by its name */
	assert_true(dropin_workspace(NULL, str_of(to), other));
	assert_string_not_equal(other, to);
	assert_true(dropin_workspace(NULL, STR("team a"), other));
	assert_true(dropin_workspace(NULL, STR("Team a"), to));
	assert_string_not_equal(other, to);
}

static void every_status_has_an_old_word(void **state)
{
	static const char *const old[STATUS_COUNT] = {
		[STATUS_NEW] = "disconnected",          [STATUS_CONNECTING] = "qr_scanning",
		[STATUS_QR_SCANNING] = "qr_scanning",   [STATUS_AUTHENTICATED] = "authenticated",
		[STATUS_CONNECTED] = "connected",       [STATUS_RECONNECTING] = "disconnected",
		[STATUS_DISCONNECTED] = "disconnected", [STATUS_FAILED] = "error",
	};

	(void)state;
	for (unsigned i = 0; i < STATUS_COUNT; i++)
		assert_string_equal(dropin_status(status_name(i)), old[i]);
	assert_string_equal(dropin_status("connected to the moon"), "error");
}

static void numbers_are_cleaned_or_refused(void **state)
{
	static const struct {
		struct str number;
		const char *digits; /* NULL: refused */
	} cases[] = {
		{ STR("628999000111"), "628999000111" },
		{ STR("+62 899-900.011 (1)"), "628999000111" },
		{ STR("628999000111@c.us"), "628999000111" },
		{ STR("12345"), "12345" },
		{ STR("12345678901234567890"), "12345678901234567890" },
		{ STR("123456789012345678901"), NULL },
		{ STR("1234"), NULL },
		{ STR(""), NULL },
		{ STR("+-.()"), NULL },
		{ STR("@c.us"), NULL },
		{ STR("120363000000000001@g.us"), NULL },
		{ STR("62899x00111"), NULL },
		{ STR("62899\0"
		      "00111"),
		  NULL },
	};
	char to[DROPIN_PHONE_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(dropin_phone(cases[i].number, to), cases[i].digits != NULL);
		if (cases[i].digits != NULL)
			assert_string_equal(to, cases[i].digits);
	}
}

/* tests/e2e/dropin reads the pictures; here is what they must never outgrow. */
static void every_code_has_a_picture(void **state)
{
	static char text[4096];
	struct buf url;

	(void)state;
	buf_init(&url, 128u << 10);
	memset(text, 'q', sizeof text);
	for (size_t n = 1; n <= LIMIT_QR; n += 89) {
		buf_reset(&url);
		assert_int_equal(picture_url(&url, (struct str){ text, n }), 0);
		assert_memory_equal(url.p, "data:image/png;base64,iVBORw0KGgo", 33);
		assert_in_range(url.n, 8000, 64u << 10);
	}
	buf_reset(&url);
	assert_int_equal(picture_url(&url, (struct str){ text, sizeof text }), ERR_TOOBIG);
	assert_int_equal(picture_url(&url, STR("")), ERR_TOOBIG);
	buf_fini(&url);
	buf_init(&url, 1000);
	assert_int_equal(picture_url(&url, STR("2@x")), ERR_TOOBIG);
	buf_fini(&url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_the_account_s_id_as_it_is),
		cmocka_unit_test(what_does_not_fit_becomes_a_digest),
		cmocka_unit_test(a_session_called_like_a_digest_is_not_taken_for_its_session),
		cmocka_unit_test(sessions_are_letters_digits_and_two_signs),
		cmocka_unit_test(workspaces_keep_their_names_where_they_can),
		cmocka_unit_test(every_status_has_an_old_word),
		cmocka_unit_test(numbers_are_cleaned_or_refused),
		cmocka_unit_test(every_code_has_a_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
