/* webhook_test.c - what the service tells by itself: genuine or not, once or twice, old or new. */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define SECRET "s3cret-of-the-webhooks"
#define OLD    "s3cret-that-was-before"
#define HOOKS  CONFIG ",webhook_secret=" SECRET ",webhook_secret_old=" OLD
#define OURS(event, id, data)                                                  \
	"{\"event\":\"" event "\",\"id\":\"" id "\",\"sequence\":1,\"data\":{" \
	"\"session_id\":\"s1\",\"account_id\":\"a1\",\"generation\":3," data "}}"
#define SEED(event, data) "{\"event\":\"" event "\",\"data\":{\"session_id\":\"s1\"," data "}}"

static struct relink_str text(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

/* Send it as the service does; `late_s` is how old the signature is. */
static void tell_signed(struct wire *w, const char *secret, int64_t late_s, const char *body)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	static char message[40000];
	char at[32], hex[65];
	unsigned n = 0;
	int64_t now = (int64_t)(w->rig.host.now_ms(&w->rig.host) / 1000);
	struct relink_header headers[2];

	snprintf(at, sizeof at, "%lld", (long long)(now - late_s));
	assert_true((size_t)snprintf(message, sizeof message, "%s%s", at, body) < sizeof message);
	assert_non_null(HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)message,
			     strlen(message), digest, &n));
	for (unsigned i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	headers[0] = (struct relink_header){ text("x-timestamp"), text(at) };
	headers[1] = (struct relink_header){ text("x-hmac-signature"), text(hex) };
	host_webhook(&w->rig, headers, 2, body);
}

static void tell(struct wire *w, const char *body)
{
	tell_signed(w, SECRET, 0, body);
}

static void assert_said(struct wire *w, const char *expected)
{
	assert_string_equal(w->rig.said, expected);
	host_forget(&w->rig);
}

/* ---- genuine ---- */

static void both_secrets_are_good_while_one_is_replaced(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, HOOKS);
	tell_signed(&w, SECRET, 0, "{\"event\":\"connection_test\"}");
	assert_said(&w, "0 webhook ok");
	tell_signed(&w, OLD, 0, "{\"event\":\"connection_test\"}");
	assert_said(&w, "0 webhook ok");
	wire_close(&w);
}

static void what_is_not_genuine_is_refused_and_says_nothing(void **state)
{
	static const char body[] = OURS("session_ready", "evt_1", "\"state\":\"connected\"");
	static const struct {
		const char *timestamp, *signature, *why;
	} wrong[] = {
		{ NULL, NULL, "send X-Timestamp" },
		{ "1", "00", "64 lowercase hex digits" },
		{ "NOW", "ABCDEF0000000000000000000000000000000000000000000000000000000000",
		  "64 lowercase hex digits" },
		{ "NOW", "0000000000000000000000000000000000000000000000000000000000000000",
		  "the signature is wrong" },
		{ "-1", "0000000000000000000000000000000000000000000000000000000000000000",
		  "300 s" },
		{ "99999999999999999999",
		  "0000000000000000000000000000000000000000000000000000000000000000", "300 s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct relink_header headers[2];
		char now[32];
		struct wire w;
		size_t n = 0;

		wire_open(&w, WEBJS_SO, HOOKS);
		snprintf(now, sizeof now, "%llu",
			 (unsigned long long)(w.rig.host.now_ms(&w.rig.host) / 1000));
		if (wrong[i].timestamp != NULL) {
			headers[n++] =
			    (struct relink_header){ text("x-timestamp"),
						    text(strcmp(wrong[i].timestamp, "NOW") == 0
							     ? now
							     : wrong[i].timestamp) };
			headers[n++] = (struct relink_header){ text("x-hmac-signature"),
							       text(wrong[i].signature) };
		}
		host_webhook(&w.rig, headers, n, body);
		assert_said(&w, "0 webhook refused");
		if (strstr(w.why, wrong[i].why) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", w.why, wrong[i].why);
		wire_close(&w);
	}
}

static void a_signature_is_good_for_five_minutes(void **state)
{
	static const struct {
		int64_t late_s;
		const char *said;
	} cases[] = { { 300, "0 webhook ok" },
		      { 301, "0 webhook refused" },
		      { -300, "0 webhook ok" },
		      { -301, "0 webhook refused" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct wire w;

		wire_open(&w, WEBJS_SO, HOOKS);
		tell_signed(&w, SECRET, cases[i].late_s, "{\"event\":\"connection_test\"}");
		assert_said(&w, cases[i].said);
		wire_close(&w);
	}
}

static void without_a_secret_they_are_off(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	tell_signed(&w, "", 0, "{}");
	assert_said(&w, "0 webhook refused");
	assert_non_null(strstr(w.why, "set webhook_secret"));
	wire_close(&w);
}

static void a_body_that_cannot_be_read_is_told_so(void **state)
{
	static const char *const bodies[] = { "",    "x", "[]", "{\"event\":", "{\"a\":1,\"a\":2}",
					      "\xff" };

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct wire w;

		wire_open(&w, WEBJS_SO, HOOKS);
		tell(&w, bodies[i]);
		assert_said(&w, "0 webhook internal");
		wire_close(&w);
	}
}

static void what_is_of_no_interest_is_taken(void **state)
{
	static const char *const bodies[] = {
		"{}",
		"{\"event\":1}",
		"{\"event\":\"session_ready\"}",
		"{\"event\":\"nonsense\",\"data\":{}}",
		"{\"event\":\"message_received\",\"data\":{\"session_id\":\"s1\"}}",
		"{\"event\":\"message_received\",\"data\":[]}",
		"{\"event\":\"message_status_updated\",\"data\":{\"session_id\":\"s1\",\"message_"
		"id\":\"m\","
		"\"ack_level\":99}}",
		"{\"event\":\"message_status_updated\",\"data\":{\"session_id\":\"s1\",\"message_"
		"id\":\"m\","
		"\"ack_level\":9223372036854775807}}",
		"{\"event\":\"message_status_updated\",\"data\":{\"session_id\":\"s1\",\"message_"
		"id\":\"m\","
		"\"ack_level\":0}}",
		"{\"event\":\"gap\",\"data\":{\"dropped\":3}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct wire w;

		wire_open(&w, WEBJS_SO, HOOKS);
		tell(&w, bodies[i]);
		assert_said(&w, "0 webhook ok");
		wire_close(&w);
	}
}

/* ---- sessions ---- */

static void news_with_an_identity_are_told_at_once(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, HOOKS);
	tell(&w, OURS("qr_code_generated", "evt_1",
		      "\"state\":\"qr\",\"qr\":\"2@one\",\"expires_in\":60"));
	assert_said(&w, "0 s1/3 qr 2@one for 60000; 0 webhook ok");
	tell(&w, OURS("session_disconnected", "evt_2",
		      "\"state\":\"down\",\"cause\":\"engine_crash\",\"reason\":\"X\",\"text\":"
		      "\"died\""));
	assert_said(&w, "0 s1/3 down engine_crash; 0 webhook ok");
	assert_int_equal(w.n_asked, 0);
	wire_close(&w);
}

static void told_twice_they_are_a_reason_to_look(void **state)
{
	static const char body[] = OURS("session_ready", "evt_1", "\"state\":\"connected\"");
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, HOOKS);
	tell(&w, body);
	assert_said(&w, "0 s1/3 connected; 0 webhook ok");
	tell(&w, body);
	assert_said(&w, "0 webhook ok");
	assert_string_equal(w.last, "GET " URL "/api/sessions/s1");
	wire_json(&w, 404, "{\"error\":\"Session not found\",\"code\":\"gone\"}");
	assert_said(&w, "0 s1/3 down gone");
	wire_close(&w);
}

static void the_old_service_s_news_are_looked_up(void **state)
{
	static const char *const news[] = {
		SEED("session_authenticated", "\"status\":\"authenticated\""),
		SEED("session_ready", "\"status\":\"connected\""),
		SEED("session_disconnected", "\"reason\":\"LOGOUT\""),
		SEED("session_reconnected", "\"status\":\"reconnected\""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof news / sizeof news[0]; i++) {
		struct wire w;

		wire_open(&w, WEBJS_SEED_SO, HOOKS ",workspace_id=w1");
		tell(&w, news[i]);
		assert_said(&w, "0 webhook ok");
		assert_non_null(strstr(w.last, "GET " URL "/api/sessions/s1/metadata"));
		tell(&w, news[i]); /* while the answer is on its way */
		assert_said(&w, "0 webhook ok");
		wire_json(&w, 200,
			  "{\"success\":true,\"session_id\":\"s1\",\"metadata\":{\"status\":"
			  "\"connected\"}}");
		assert_said(&w, "0 s1/0 connected");
		wire_close(&w);
	}
}

/* ---- messages ---- */

#define MESSAGE(id)                                                     \
	"\"message\":{\"id\":\"" id                                     \
	"\",\"from\":\"628@c.us\",\"to\":\"629@c.us\",\"body\":\"hi\"," \
	"\"timestamp\":1700000000,\"from_me\":false,\"type\":\"chat\",\"has_media\":false}"

static void a_message_is_told_once(void **state)
{
	static const char *const sos[] = { WEBJS_SO, WEBJS_SEED_SO };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct wire w;

		wire_open(&w, sos[i], i == 0 ? HOOKS : HOOKS ",workspace_id=w1");
		tell(&w, SEED("message_received", MESSAGE("m1")));
		assert_said(
		    &w,
		    "0 s1/0 received {\"id\":\"m1\",\"chat\":\"628@c.us\",\"from\":\"628@c.us\","
		    "\"to\":\"629@c.us\",\"type\":\"chat\",\"text\":\"hi\","
		    "\"timestamp\":1700000000,\"from_me\":false,\"has_media\":false}; "
		    "0 webhook ok");
		tell_signed(&w, SECRET, 5, SEED("message_received", MESSAGE("m1")));
		assert_said(&w, "0 webhook ok");
		tell(&w, SEED("message_received", MESSAGE("m2")));
		assert_non_null(strstr(w.rig.said, "\"m2\""));
		wire_close(&w);
	}
}

static void one_message_comes_to_each_member_of_a_group(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, HOOKS);
	tell(&w,
	     "{\"event\":\"message_received\",\"data\":{\"session_id\":\"s1\"," MESSAGE("g1") "}}");
	assert_non_null(strstr(w.rig.said, "s1/0 received {\"id\":\"g1\""));
	host_forget(&w.rig);
	tell(&w,
	     "{\"event\":\"message_received\",\"data\":{\"session_id\":\"s2\"," MESSAGE("g1") "}}");
	assert_non_null(strstr(w.rig.said, "s2/0 received {\"id\":\"g1\""));
	wire_close(&w);
}

/* Anybody may send it: characters that need escapes, and those of several bytes. */
static void a_text_of_any_kind_is_told_cut_where_it_must_be(void **state)
{
	static const char *const units[] = { "x",       "\\\"",     "\\n",
					     "\\u0001", "\xc3\xa9", "\xf0\x9f\x99\x82" };

	(void)state;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		static char body[24000];
		const char *json;
		struct wire w;
		size_t n =
		    (size_t)snprintf(body, sizeof body,
				     "{\"event\":\"message_received\",\"data\":{\"session_id\":"
				     "\"s1\",\"message\":{\"id\":\"m1\",\"body\":\"x");

		while (n + 20 < sizeof body)
			n += (size_t)snprintf(body + n, sizeof body - n, "%s", units[i]);
		snprintf(body + n, sizeof body - n, "\"}}}");
		wire_open(&w, WEBJS_SO, HOOKS);
		tell(&w, body);
		json = strstr(w.rig.said, "{\"id\":\"m1\"");
		assert_non_null(json);
		assert_non_null(strstr(json, "\"text\":\"x"));
		assert_true(strlen(json) < 12288 + 100);
		wire_close(&w);
	}
}

static void each_step_of_a_message_is_told_by_its_true_name(void **state)
{
	static const char *const words[] = { "server", "device", "read", "played" };
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, HOOKS ",workspace_id=w1");
	for (unsigned level = 1; level <= 4; level++) {
		char body[256], expected[256];

		snprintf(body, sizeof body,
			 SEED("message_status_updated",
			      "\"message_id\":\"m1\",\"status\":\"wrong\",\"ack_level\":%u"),
			 level);
		snprintf(expected, sizeof expected,
			 "0 s1/0 ack {\"id\":\"m1\",\"ack\":\"%s\"}; 0 webhook ok",
			 words[level - 1]);
		tell(&w, body);
		assert_said(&w, expected);
	}
	wire_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_secrets_are_good_while_one_is_replaced),
		cmocka_unit_test(what_is_not_genuine_is_refused_and_says_nothing),
		cmocka_unit_test(a_signature_is_good_for_five_minutes),
		cmocka_unit_test(without_a_secret_they_are_off),
		cmocka_unit_test(a_body_that_cannot_be_read_is_told_so),
		cmocka_unit_test(what_is_of_no_interest_is_taken),
		cmocka_unit_test(news_with_an_identity_are_told_at_once),
		cmocka_unit_test(told_twice_they_are_a_reason_to_look),
		cmocka_unit_test(the_old_service_s_news_are_looked_up),
		cmocka_unit_test(a_message_is_told_once),
		cmocka_unit_test(one_message_comes_to_each_member_of_a_group),
		cmocka_unit_test(a_text_of_any_kind_is_told_cut_where_it_must_be),
		cmocka_unit_test(each_step_of_a_message_is_told_by_its_true_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
