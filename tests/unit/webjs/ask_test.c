/* ask_test.c - what each operation asks of each service, and where the key stands in it. */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEED_CONFIG CONFIG ",workspace_id=w1"

enum op { CREATE, DISCONNECT, HEALTH, LIST, SEND, CONTROL };

static void run(struct wire *w, enum op op, const char *verb, const char *args)
{
	switch (op) {
	case CREATE:
		wire_create(w);
		break;
	case DISCONNECT:
		wire_disconnect(w);
		break;
	case HEALTH:
		wire_health(w);
		break;
	case LIST:
		host_list(&w->rig);
		break;
	case SEND:
		host_send(&w->rig, "a1", "s1", 3, args);
		break;
	case CONTROL:
		host_control(&w->rig, "a1", "s1", verb, args);
		break;
	}
}

// clang-format off
static const struct {
	enum op op;
	const char *verb, *args, *ours, *seed;
} questions[] = {
	{ CREATE, NULL, NULL,
	  "POST " URL "/api/sessions {\"session_id\":\"s1\",\"account_id\":\"a1\",\"profile\":\"p1\",\"generation\":3}",
	  "POST " URL "/api/sessions {\"workspace_id\":\"w1\",\"account_id\":\"a1\",\"session_id\":\"s1\",\"api_key\":\"KEY\"}" },
	{ DISCONNECT, NULL, NULL,
	  "DELETE " URL "/api/sessions/s1 {\"account_id\":\"a1\",\"generation\":3}",
	  "DELETE " URL "/api/sessions/s1 {\"workspace_id\":\"w1\",\"api_key\":\"KEY\"}" },
	{ HEALTH, NULL, NULL,
	  "GET " URL "/api/sessions/s1",
	  "GET " URL "/api/sessions/s1/metadata?api_key=KEY" },
	{ LIST, NULL, NULL,
	  "GET " URL "/api/sessions",
	  "GET " URL "/api/sessions?api_key=KEY" },
	{ SEND, NULL, "{\"to\":\"62899900\",\"text\":\"x\",\"request_id\":\"r1\"}",
	  "POST " URL "/api/messages/send {\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"message\":\"x\",\"request_id\":\"r1\"}",
	  "POST " URL "/api/messages/send {\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"message\":\"x\",\"api_key\":\"KEY\"}" },
	{ SEND, NULL, "{\"to\":\"62899900\",\"text\":\"see\",\"media\":{\"mimetype\":\"image/png\",\"data\":\"aGk=\",\"filename\":\"y.png\"}}",
	  "POST " URL "/api/messages/send-media {\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"caption\":\"see\",\"media\":{\"mimetype\":\"image/png\",\"data\":\"aGk=\",\"filename\":\"y.png\"}}",
	  NULL },
	{ SEND, NULL, "{\"to\":\"62899900\",\"media_url\":\"https://x/y.png\"}",
	  "POST " URL "/api/messages/send-media {\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"media_url\":\"https://x/y.png\"}",
	  "POST " URL "/api/messages/send-media {\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"media_url\":\"https://x/y.png\",\"api_key\":\"KEY\"}" },
	{ CONTROL, "send", "{\"to\":\"+62 899-900\",\"text\":\"h\xc3\xa4llo\"}",
	  "POST " URL "/api/messages/send {\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"message\":\"h\xc3\xa4llo\"}",
	  "POST " URL "/api/messages/send {\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"message\":\"h\xc3\xa4llo\",\"api_key\":\"KEY\"}" },
	{ CONTROL, "send", "{\"to\":\"62899900\",\"text\":\"see\",\"media_url\":\"https://x/y.png\",\"filename\":\"y.png\"}",
	  "POST " URL "/api/messages/send-media {\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"caption\":\"see\",\"media_url\":\"https://x/y.png\",\"filename\":\"y.png\"}",
	  "POST " URL "/api/messages/send-media {\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"caption\":\"see\",\"media_url\":\"https://x/y.png\",\"filename\":\"y.png\",\"api_key\":\"KEY\"}" },
	{ CONTROL, "qr", "",
	  "POST " URL "/api/sessions/s1/regenerate-qr",
	  "POST " URL "/api/sessions/s1/regenerate-qr {\"workspace_id\":\"w1\",\"api_key\":\"KEY\"}" },
	{ CONTROL, "info", "",
	  "GET " URL "/api/sessions/s1",
	  "GET " URL "/api/sessions/s1/metadata?api_key=KEY" },
	{ CONTROL, "validate", "",
	  "GET " URL "/api/messages/s1/validate",
	  "GET " URL "/api/messages/s1/validate?api_key=KEY" },
	{ CONTROL, "logout", "",
	  "POST " URL "/api/sessions/s1/logout", NULL },
};
// clang-format on

static void each_operation_asks_its_question(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
		struct wire w;

		wire_open(&w, WEBJS_SO, CONFIG);
		run(&w, questions[i].op, questions[i].verb, questions[i].args);
		assert_string_equal(w.last, questions[i].ours);
		assert_int_equal(wire_open_questions(&w), 1);
		wire_close(&w);
		if (questions[i].seed == NULL)
			continue;
		wire_open(&w, WEBJS_SEED_SO, SEED_CONFIG);
		run(&w, questions[i].op, questions[i].verb, questions[i].args);
		assert_string_equal(w.last, questions[i].seed);
		wire_close(&w);
	}
}

static void our_key_stands_in_a_header_and_the_old_one_never(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	wire_create(&w);
	assert_string_equal(wire_first(&w)->headers,
			    "Accept: application/json; X-API-Key: KEY; Content-Type: "
			    "application/json");
	wire_close(&w);
	wire_open(&w, WEBJS_SO, CONFIG);
	host_list(&w.rig);
	assert_string_equal(wire_first(&w)->headers, "Accept: application/json; X-API-Key: KEY");
	wire_close(&w);
	wire_open(&w, WEBJS_SEED_SO, CONFIG);
	wire_create(&w);
	assert_string_equal(wire_first(&w)->headers,
			    "Accept: application/json; Content-Type: application/json");
	wire_close(&w);
}

static void a_key_is_escaped_in_a_query(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, "url=" URL ",api_key=a&b/c+d%");
	host_list(&w.rig);
	assert_string_equal(w.last, "GET " URL "/api/sessions?api_key=a%26b%2Fc%2Bd%25");
	wire_close(&w);
}

static void a_session_id_is_no_way_up(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	host_health(&w.rig, "a1", "../x?y#z", 1);
	assert_string_equal(w.last, "GET " URL "/api/sessions/%2E%2E%2Fx%3Fy%23z");
	wire_close(&w);
}

static void what_changes_something_is_sent_once(void **state)
{
	struct wire w;

	(void)state;
	for (enum op op = CREATE; op <= CONTROL; op++) {
		wire_open(&w, WEBJS_SO, CONFIG);
		run(&w, op, "send", "{\"to\":\"62899900\",\"text\":\"x\"}");
		assert_int_equal(wire_first(&w)->fresh, op != HEALTH && op != LIST);
		wire_close(&w);
	}
}

static void every_question_ends_before_its_operation(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, CONFIG ",timeout=3s,connect_timeout=700ms");
	wire_create(&w); /* the operation has 10 s, the old service's create would have 50 */
	assert_int_equal(wire_first(&w)->total_ms, 9750);
	assert_int_equal(wire_first(&w)->connect_ms, 700);
	wire_close(&w);
	wire_open(&w, WEBJS_SEED_SO, CONFIG ",timeout=3s");
	host_list(&w.rig);
	assert_int_equal(wire_first(&w)->total_ms, 3000);
	assert_int_equal(wire_first(&w)->body_max, 4 << 20);
	wire_close(&w);
}

static void the_ca_file_goes_along(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, "url=https://x.example/relink/,api_key=" KEY ",ca_file=/ca.pem");
	wire_health(&w);
	assert_string_equal(wire_first(&w)->ca_file, "/ca.pem");
	assert_string_equal(w.last, "GET https://x.example/relink/api/sessions/s1");
	wire_close(&w);
}

static void what_cannot_be_configured_is_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *so, *config, *why;
	} wrong[] = {
		{ WEBJS_SO, "url=127.0.0.1:3001,api_key=k", "url must be like" },
		{ WEBJS_SO, "url=ftp://x,api_key=k", "url must be like" },
		{ WEBJS_SO, "url=http://,api_key=k", "url must be like" },
		{ WEBJS_SO, "url=http:///x,api_key=k", "url must be like" },
		{ WEBJS_SO, "url=http://me@x,api_key=k", "without user" },
		{ WEBJS_SO, "url=http://x?a,api_key=k", "query" },
		{ WEBJS_SO, "url=http://x#a,api_key=k", "fragment" },
		{ WEBJS_SO, "url=http://x\r\ny,api_key=k", "url must be like" },
		{ WEBJS_SO, "url=http://x,api_key=", "api_key must be" },
		{ WEBJS_SO, "url=http://x,api_key=a b", "api_key must be" },
		{ WEBJS_SO, "url=http://x,api_key=a\r\nX: b", "api_key must be" },
		{ WEBJS_SEED_SO, "url=http://x,api_key=k,workspace_id=../up",
		  "workspace_id must be" },
		{ WEBJS_SEED_SO, "url=http://x,api_key=k,workspace_id=", "workspace_id must be" },
		{ WEBJS_SEED_SO, "url=http://x,api_key=k,look_for_browsers=on", "auto or off" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct rig r = { 0 };
		char why[256] = "";

		assert_int_equal(host_open_why(&r, wrong[i].so, wrong[i].config, why, sizeof why),
				 RELINK_MISCONFIGURED);
		if (strstr(why, wrong[i].why) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", why, wrong[i].why);
	}
}

static void a_verb_that_there_is_not_is_refused_with_the_known_ones(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	host_control(&w.rig, "a1", "s1", "dance", "");
	assert_string_equal(w.rig.said, "0 dance misconfigured");
	assert_string_equal(w.why, "no verb \"dance\"; there are send {\"to\", \"text\", "
				   "\"media_url\"?, \"filename\"?}, qr (a new code), info, "
				   "validate, logout");
	wire_close(&w);
	wire_open(&w, WEBJS_SEED_SO, CONFIG);
	host_control(&w.rig, "a1", "s1", "logout", "");
	assert_string_equal(w.rig.said, "0 logout misconfigured");
	assert_null(strstr(w.why, ", logout"));
	assert_int_equal(w.n_asked, 0);
	wire_close(&w);
}

static void a_message_without_sense_is_not_sent(void **state)
{
	static const struct {
		const char *so, *args, *why;
	} wrong[] = {
		{ WEBJS_SO, "", "\"to\" must be" },
		{ WEBJS_SO, "[]", "\"to\" must be" },
		{ WEBJS_SO, "{\"to\":628111222333,\"text\":\"x\"}", "\"to\" must be" },
		{ WEBJS_SO, "{\"to\":\"1234\",\"text\":\"x\"}", "\"to\" must be" },
		{ WEBJS_SO, "{\"to\":\"123456789012345678901\",\"text\":\"x\"}", "\"to\" must be" },
		{ WEBJS_SO, "{\"to\":\"12345x\",\"text\":\"x\"}", "\"to\" must be" },
		{ WEBJS_SO, "{\"to\":\"@c.us\",\"text\":\"x\"}", "\"to\" must be" },
		{ WEBJS_SO, "{\"to\":\"12345@evil.us\",\"text\":\"x\"}", "\"to\" must be" },
		{ WEBJS_SO, "{\"to\":\"12345\"}", "nothing to send" },
		{ WEBJS_SO, "{\"to\":\"12345\",\"text\":\"\"}", "nothing to send" },
		{ WEBJS_SO, "{\"to\":\"12345\",\"text\":7}", "nothing to send" },
		{ WEBJS_SEED_SO, "{\"to\":\"120363@g.us\",\"text\":\"x\"}", "\"to\" must be" },
		{ WEBJS_SEED_SO, "{\"to\":\"12345\",\"media\":{\"data\":\"aGk=\"}}",
		  "\"media_url\"" },
	};
	struct wire w;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		wire_open(&w, wrong[i].so, CONFIG);
		host_send(&w.rig, "a1", "s1", 3, wrong[i].args);
		assert_string_equal(w.rig.said, "0 send refused");
		if (strstr(w.why, wrong[i].why) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", w.why, wrong[i].why);
		assert_int_equal(w.n_asked, 0);
		wire_close(&w);
	}
}

static void a_group_can_be_sent_to_through_our_service(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	host_send(&w.rig, "a1", "s1", 3, "{\"to\":\"120363@g.us\",\"text\":\"x\"}");
	assert_non_null(strstr(w.last, "\"recipient_phone\":\"120363@g.us\""));
	wire_close(&w);
}

static void a_verb_needs_a_session(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	host_control(&w.rig, "a1", "", "info", "");
	assert_string_equal(w.rig.said, "0 info gone");
	wire_close(&w);
}

static void close_cancels_what_waits(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	wire_create(&w);
	wire_disconnect(&w);
	wire_health(&w);
	host_list(&w.rig);
	host_control(&w.rig, "a1", "s1", "logout", "");
	assert_int_equal(wire_open_questions(&w), 5);
	wire_close(&w);
	assert_string_equal(w.rig.said,
			    "0 create cancelled unknown; 0 disconnect cancelled unknown; "
			    "0 health cancelled; 0 list cancelled partial; "
			    "0 logout cancelled unknown");
}

static void a_question_that_is_not_taken_did_not_happen(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	w.is_full = true;
	wire_create(&w);
	host_list(&w.rig);
	assert_string_equal(w.rig.said, "0 create provider_down; 0 list provider_down partial");
	wire_close(&w);
}

static void an_id_longer_than_any_of_ours_is_refused(void **state)
{
	char id[300];
	struct wire w;

	(void)state;
	memset(id, 'x', sizeof id - 1);
	id[sizeof id - 1] = '\0';
	wire_open(&w, WEBJS_SO, CONFIG);
	host_create(&w.rig, "a1", id, 1, "p1", false, "");
	assert_string_equal(w.rig.said, "0 create internal");
	assert_int_equal(w.n_asked, 0);
	wire_close(&w);
}

static void the_inside_can_be_dumped_without_the_key(void **state)
{
	char text[512];
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, CONFIG);
	wire_create(&w);
	host_dump(&w.rig, text, sizeof text);
	assert_non_null(strstr(text, "1 operations wait"));
	assert_null(strstr(text, KEY));
	wire_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operation_asks_its_question),
		cmocka_unit_test(our_key_stands_in_a_header_and_the_old_one_never),
		cmocka_unit_test(a_key_is_escaped_in_a_query),
		cmocka_unit_test(a_session_id_is_no_way_up),
		cmocka_unit_test(what_changes_something_is_sent_once),
		cmocka_unit_test(every_question_ends_before_its_operation),
		cmocka_unit_test(the_ca_file_goes_along),
		cmocka_unit_test(what_cannot_be_configured_is_refused_with_a_sentence),
		cmocka_unit_test(a_verb_that_there_is_not_is_refused_with_the_known_ones),
		cmocka_unit_test(a_message_without_sense_is_not_sent),
		cmocka_unit_test(a_group_can_be_sent_to_through_our_service),
		cmocka_unit_test(a_verb_needs_a_session),
		cmocka_unit_test(close_cancels_what_waits),
		cmocka_unit_test(a_question_that_is_not_taken_did_not_happen),
		cmocka_unit_test(an_id_longer_than_any_of_ours_is_refused),
		cmocka_unit_test(the_inside_can_be_dumped_without_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
