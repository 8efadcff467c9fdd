/* watch_test.c - sessions on their way are looked at until they are there. */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "draw.h"

#define CREATED "{\"success\":true,\"session_id\":\"s1\",\"generation\":3}"
#define VIEW(state) \
	"{\"session_id\":\"s1\",\"account_id\":\"a1\",\"generation\":3,\"state\":" state "}"
#define LIST(total, rows) "{\"success\":true,\"sessions\":[" rows "],\"total\":" total "}"
#define SEED_CONFIG       CONFIG ",workspace_id=w1"

static void create(struct wire *w, const char *so, const char *config)
{
	wire_open(w, so, config);
	wire_create(w);
	wire_json(w, 200, CREATED);
	assert_string_equal(w->rig.said, "0 create ok");
	host_forget(&w->rig);
}

static void list(struct wire *w, const char *body)
{
	host_list(&w->rig);
	wire_answer_to(w, "/api/sessions?api_key", (struct said){ .status = 200, .body = body });
}

static void ours_is_told_from_the_code_to_the_connection(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SO, CONFIG);
	assert_string_equal(w.last, "GET " URL "/api/sessions/s1");
	wire_json(&w, 200, VIEW("\"starting\""));
	host_run(1000);
	wire_json(&w, 200, VIEW("\"starting\""));
	host_run(1000);
	wire_json(&w, 200, VIEW("\"qr\",\"qr\":\"2@one\",\"expires_in\":58"));
	host_run(1000);
	wire_json(&w, 200, VIEW("\"qr\",\"qr\":\"2@one\",\"expires_in\":57"));
	host_run(1000);
	wire_json(&w, 200, VIEW("\"qr\",\"qr\":\"2@two\",\"expires_in\":20"));
	host_run(1000);
	wire_json(&w, 200, VIEW("\"authenticated\""));
	host_run(1000);
	wire_json(&w, 200, VIEW("\"connected\",\"phone_number\":\"628111222333\""));
	host_run(60000);
	assert_string_equal(w.rig.said, "0 s1/3 starting; 2000 s1/3 qr 2@one for 58000; "
					"4000 s1/3 qr 2@two for 20000; 5000 s1/3 authenticated; "
					"6000 s1/3 connected +628111222333");
	assert_int_equal(w.n_asked, 1 + 7); /* and then nobody looks any more */
	wire_close(&w);
}

static void the_end_is_told_with_its_cause(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SO, CONFIG);
	wire_json(&w, 200,
		  VIEW("\"down\",\"cause\":\"misconfigured\",\"text\":\"Browser was not found\""));
	host_run(60000);
	assert_string_equal(w.rig.said, "0 s1/3 down misconfigured");
	assert_string_equal(w.why, "Browser was not found");
	assert_int_equal(w.n_asked, 2);
	wire_close(&w);
}

static void a_session_that_is_not_there_any_more_is_told_once(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SO, CONFIG);
	wire_json(&w, 404, "{\"error\":\"Session not found\",\"code\":\"gone\"}");
	host_run(60000);
	assert_string_equal(w.rig.said, "0 s1/3 down gone");
	wire_close(&w);
}

static void a_later_life_of_the_id_is_no_news_of_this_one(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SO, CONFIG);
	wire_json(
	    &w, 200,
	    "{\"session_id\":\"s1\",\"account_id\":\"a1\",\"generation\":4,\"state\":\"qr\"}");
	assert_string_equal(w.rig.said, "0 s1/3 down gone");
	wire_close(&w);
}

static void what_cannot_be_read_is_no_news_and_is_asked_less_often(void **state)
{
	static const struct said bad[] = {
		{ .status = 502 },
		{ .status = 200, .body = "garbage" },
		{ .status = 200,
		  .body = "{\"session_id\":\"s2\",\"generation\":3,\"state\":\"down\"}" },
		{ .status = 200, .body = VIEW("7") },
		{ .status = 401, .body = "{\"error\":\"Invalid API key\"}" },
		{ .cause = RELINK_NETWORK, .body = "refused" },
	};
	struct wire w;

	(void)state;
	create(&w, WEBJS_SO, CONFIG);
	for (unsigned i = 0; i < 60; i++) {
		if (wire_open_questions(&w) > 0)
			wire_answer(&w, bad[i % (sizeof bad / sizeof bad[0])]);
		host_run(1000);
	}
	assert_string_equal(w.rig.said, "");
	assert_in_range(w.n_asked, 6, 9);
	host_run(15000);
	wire_json(&w, 200, VIEW("\"connected\""));
	assert_non_null(strstr(w.rig.said, "s1/3 connected"));
	wire_close(&w);
}

static void a_service_that_asks_for_a_pause_gets_it(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SO, CONFIG);
	wire_answer(&w, (struct said){ .status = 429, .retry_after_ms = 30000 });
	host_run(29000);
	assert_int_equal(wire_open_questions(&w), 0);
	host_run(2000);
	assert_int_equal(wire_open_questions(&w), 1);
	wire_close(&w);
}

static void one_look_at_a_time(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SO, CONFIG);
	host_run(9000);
	assert_int_equal(wire_open_questions(&w), 1);
	wire_close(&w);
}

static void a_watch_ends_when_nothing_comes_of_it(void **state)
{
	struct wire w;
	unsigned n;

	(void)state;
	create(&w, WEBJS_SO, CONFIG ",poll_interval=10s");
	for (unsigned i = 0; i < 100; i++) {
		if (wire_open_questions(&w) > 0)
			wire_json(&w, 200, VIEW("\"qr\",\"qr\":\"2@x\""));
		host_run(10000);
	}
	n = w.n_asked;
	assert_in_range(n, 85, 95);
	host_run(100000);
	assert_int_equal(w.n_asked, n);
	wire_close(&w);
}

static void an_ended_session_is_not_looked_at(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SO, CONFIG);
	wire_disconnect(&w);
	wire_answer_to(&w, "DELETE", (struct said){ .status = 200, .body = "{\"success\":true}" });
	assert_int_equal(wire_open_questions(&w), 0);
	host_run(60000);
	assert_int_equal(wire_open_questions(&w), 0);
	assert_string_equal(w.rig.said, "0 disconnect ok");
	wire_close(&w);
}

static void no_more_than_64_are_asked_at_once_and_all_get_their_turn(void **state)
{
	enum { N = 200 };
	static struct wire w;
	char id[16], body[160];
	unsigned asked[N] = { 0 };

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	for (unsigned i = 0; i < N; i++) {
		snprintf(id, sizeof id, "s%u", i);
		host_create(&w.rig, "a1", id, 1, "p1", false, "");
		snprintf(body, sizeof body, "{\"session_id\":\"%s\",\"generation\":1}", id);
		wire_answer_to(&w, "POST", (struct said){ .status = 200, .body = body });
	}
	for (unsigned round = 0; round < 12; round++) {
		assert_in_range(wire_open_questions(&w), 1, 64);
		while (wire_open_questions(&w) > 0) {
			const char *at = strrchr(wire_first(&w)->text, '/') + 2;
			unsigned i = (unsigned)strtoul(at, NULL, 10);

			asked[i]++;
			snprintf(body, sizeof body,
				 "{\"session_id\":\"s%u\",\"account_id\":\"a1\",\"generation\":1,"
				 "\"state\":\"starting\"}",
				 i);
			wire_answer(&w, (struct said){ .status = 200, .body = body });
		}
		host_run(1000);
	}
	for (unsigned i = 0; i < N; i++)
		assert_in_range(asked[i], 3, 5);
	wire_close(&w);
}

static void a_list_brings_back_what_a_restarted_worker_forgot(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	host_list(&w.rig);
	wire_json(
	    &w, 200,
	    LIST("2", VIEW("\"qr\"") ",{\"session_id\":\"x\",\"generation\":0,\"state\":\"qr\"}"));
	assert_int_equal(wire_open_questions(&w), 1); /* not at a stranger's */
	wire_json(&w, 200, VIEW("\"qr\",\"qr\":\"2@one\",\"expires_in\":20"));
	assert_string_equal(w.rig.said,
			    "0 list ok complete s1/3=qr x/0=qr; 0 s1/3 qr 2@one for 20000");
	wire_close(&w);
}

static void a_log_out_by_request_is_the_end_of_the_login(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SO, CONFIG);
	host_control(&w.rig, "a1", "s1", "logout", "");
	wire_answer_to(&w, "POST", (struct said){ .status = 200, .body = "{\"success\":true}" });
	assert_string_equal(w.rig.said, "0 s1/0 down logged_out; 0 logout ok {\"success\":true}");
	assert_int_equal(wire_open_questions(&w), 0);
	wire_close(&w);
}

/* --- the old service --- */

#define META(more) "{\"success\":true,\"session_id\":\"s1\",\"metadata\":{" more "}}"
#define ROW(status)                                                           \
	"{\"session_id\":\"s1\",\"workspace_id\":\"w1\",\"status\":\"" status \
	"\",\"phone_number\":null}"

static void the_old_picture_becomes_a_text(void **state)
{
	char *url = draw_qr("2@abc,def,ghi", 0, 1, 256), body[8192];
	struct wire w;

	(void)state;
	create(&w, WEBJS_SEED_SO, SEED_CONFIG);
	assert_string_equal(w.last, "GET " URL "/api/sessions/s1/metadata?api_key=KEY");
	snprintf(body, sizeof body,
		 META("\"status\":\"qr_scanning\",\"qrCount\":1,\"qrCode\":\"%s\""), url);
	wire_json(&w, 200, body);
	host_run(1000);
	wire_json(&w, 200, body);
	host_run(1000);
	snprintf(body, sizeof body,
		 META("\"status\":\"authenticated\",\"qrCount\":1,\"qrCode\":\"%s\""), url);
	wire_json(&w, 200, body);
	host_run(1000);
	snprintf(body, sizeof body,
		 META("\"status\":\"connected\",\"phoneNumber\":\"628\",\"qrCode\":\"%s\""), url);
	wire_json(&w, 200, body);
	assert_string_equal(w.rig.said, "0 s1/3 qr 2@abc,def,ghi for 60000; "
					"2000 s1/3 authenticated; 3000 s1/3 connected +628");
	wire_close(&w);
	free(url);
}

static void a_picture_that_cannot_be_read_is_a_code_without_text(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SEED_SO, SEED_CONFIG);
	wire_json(&w, 200,
		  META("\"status\":\"qr_scanning\",\"qrCode\":\"data:image/png;base64,AAAA\""));
	assert_string_equal(w.rig.said, "0 s1/3 qr  for 0");
	wire_close(&w);
}

static void a_login_without_a_code_is_no_code(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SEED_SO, SEED_CONFIG);
	wire_json(&w, 200, META("\"status\":\"qr_scanning\""));
	host_run(1000);
	wire_json(&w, 200, META("\"status\":\"connected\""));
	assert_string_equal(w.rig.said, "0 s1/3 starting; 1000 s1/3 connected");
	wire_close(&w);
}

static void a_vague_word_in_a_list_is_looked_into_and_then_told(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, SEED_CONFIG);
	list(&w, LIST("1", ROW("disconnected")));
	wire_json(&w, 200,
		  META("\"status\":\"disconnected\",\"lastDisconnectReason\":\"UNPAIRED\""));
	list(&w, LIST("1", ROW("disconnected")));
	list(&w, LIST("1", ROW("disconnected")));
	assert_string_equal(w.rig.said, "0 list ok complete s1/0=unknown; 0 s1/0 down unpaired; "
					"0 list ok complete s1/0=down:unpaired; "
					"0 list ok complete s1/0=down:unpaired");
	assert_int_equal(w.n_asked, 4); /* one look is enough */
	wire_close(&w);
}

/* Then the word alone must do. */
static void a_vague_word_that_cannot_be_looked_into_counts_as_it_is(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, SEED_CONFIG);
	list(&w, LIST("1", ROW("disconnected")));
	wire_json(&w, 500, "");
	list(&w, LIST("1", ROW("disconnected")));
	assert_string_equal(w.rig.said, "0 list ok complete s1/0=unknown; "
					"0 list ok complete s1/0=down:unknown");
	wire_close(&w);
}

/* Told while the account counted as connected, the code was not kept by anybody. */
static void a_code_is_told_again_after_each_list(void **state)
{
	struct wire w;

	(void)state;
	create(&w, WEBJS_SO, CONFIG);
	wire_json(&w, 200, VIEW("\"qr\",\"qr\":\"2@one\""));
	host_run(1000);
	wire_json(&w, 200, VIEW("\"qr\",\"qr\":\"2@one\""));
	host_list(&w.rig);
	wire_json(&w, 200, LIST("1", VIEW("\"qr\"")));
	host_run(1000);
	wire_json(&w, 200, VIEW("\"qr\",\"qr\":\"2@one\""));
	assert_int_equal(host_count(w.rig.said, "s1/3 qr 2@one"), 2);
	wire_close(&w);
}

/* The phone unlinked: the same browser shows a code again. */
static void a_code_after_a_login_is_told_by_the_second_list(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, SEED_CONFIG);
	list(&w, LIST("1", ROW("connected")));
	list(&w, LIST("1", ROW("qr_scanning")));
	wire_json(&w, 200, META("\"status\":\"qr_scanning\",\"qrCode\":\"x\""));
	list(&w, LIST("1", ROW("qr_scanning")));
	assert_string_equal(w.rig.said, "0 list ok complete s1/0=connected; "
					"0 list ok complete s1/0=unknown; 0 s1/0 qr  for 0; "
					"0 list ok complete s1/0=qr");
	wire_close(&w);
}

static void what_was_found_out_is_forgotten_with_the_session(void **state)
{
	struct wire w;
	char text[512];

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, SEED_CONFIG);
	list(&w, LIST("1", ROW("disconnected")));
	wire_json(&w, 200, META("\"status\":\"disconnected\""));
	host_dump(&w.rig, text, sizeof text);
	assert_non_null(strstr(text, "1 are remembered"));
	list(&w, "{\"sessions\":[],\"total\":1}"); /* a part of a list proves nothing */
	host_dump(&w.rig, text, sizeof text);
	assert_non_null(strstr(text, "1 are remembered"));
	list(&w, LIST("0", ""));
	host_dump(&w.rig, text, sizeof text);
	assert_non_null(strstr(text, "0 are remembered"));
	wire_close(&w);
}

#define DEAD "{\"error\":\"Protocol error (Runtime.callFunctionOn): Session closed.\"}"

static void send_and_answer(struct wire *w, unsigned status, const char *body)
{
	host_send(&w->rig, "a1", "s1", 0, "{\"to\":\"62899900\",\"text\":\"x\"}");
	wire_answer_to(w, "/send", (struct said){ .status = status, .body = body });
}

/* The browser died; the service will say connected for hours. */
static void two_messages_that_find_no_browser_overrule_the_list(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, SEED_CONFIG);
	list(&w, LIST("1", ROW("connected")));
	send_and_answer(&w, 500, DEAD);
	list(&w, LIST("1", ROW("connected")));
	send_and_answer(&w, 500, DEAD);
	send_and_answer(&w, 500, DEAD);
	list(&w, LIST("1", ROW("connected")));
	assert_string_equal(w.rig.said,
			    "0 list ok complete s1/0=connected; 0 send engine_crash; "
			    "0 list ok complete s1/0=connected; 0 s1/0 down engine_crash; "
			    "0 send engine_crash; 0 send engine_crash; "
			    "0 list ok complete s1/0=down:engine_crash");
	host_forget(&w.rig);
	wire_health(&w);
	wire_json(&w, 200, META("\"status\":\"connected\""));
	assert_string_equal(w.rig.said, "0 health engine_crash down");
	host_forget(&w.rig);
	wire_disconnect(&w);
	wire_answer_to(&w, "DELETE", (struct said){ .status = 200, .body = "{\"success\":true}" });
	list(&w, LIST("1", ROW("connected")));
	assert_string_equal(w.rig.said, "0 disconnect ok; 0 list ok complete s1/0=connected");
	wire_close(&w);
}

static void a_message_that_is_sent_clears_the_one_before(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, SEED_CONFIG);
	send_and_answer(&w, 500, DEAD);
	send_and_answer(&w, 200, "{\"success\":true}");
	send_and_answer(&w, 500, DEAD);
	send_and_answer(&w, 400, "{\"error\":\"Session not connected\"}");
	list(&w, LIST("1", ROW("connected")));
	assert_non_null(strstr(w.rig.said, "list ok complete s1/0=connected"));
	assert_null(strstr(w.rig.said, "down"));
	wire_close(&w);
}

static void a_session_that_fell_after_a_message_is_looked_into(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, SEED_CONFIG);
	send_and_answer(&w, 500, DEAD);
	host_forget(&w.rig);
	list(&w, LIST("1", ROW("disconnected")));
	wire_json(&w, 200,
		  META("\"status\":\"disconnected\",\"lastDisconnectReason\":\"CONFLICT\""));
	list(&w, LIST("1", ROW("disconnected")));
	assert_string_equal(w.rig.said,
			    "0 list ok complete s1/0=unknown; "
			    "0 s1/0 down replaced; 0 list ok complete s1/0=down:replaced");
	wire_close(&w);
}

static void our_service_notices_deaths_itself(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SO, CONFIG);
	for (unsigned i = 0; i < 3; i++)
		send_and_answer(&w, 502,
				"{\"error\":\"Session closed\",\"code\":\"engine_failed\"}");
	host_list(&w.rig);
	wire_json(&w, 200, LIST("1", VIEW("\"connected\"")));
	assert_non_null(strstr(w.rig.said, "list ok complete s1/3=connected"));
	wire_close(&w);
}

static void a_renewed_code_of_the_old_service_is_watched(void **state)
{
	struct wire w;

	(void)state;
	wire_open(&w, WEBJS_SEED_SO, SEED_CONFIG);
	host_control(&w.rig, "a1", "s1", "qr", "");
	wire_json(&w, 200, "{\"expires_in\":300}");
	assert_string_equal(w.last, "GET " URL "/api/sessions/s1/metadata?api_key=KEY");
	wire_close(&w);
}

static int rewind_time(void **state)
{
	(void)state;
	host_rewind();
	return 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, rewind_time)
	const struct CMUnitTest tests[] = {
		T(ours_is_told_from_the_code_to_the_connection),
		T(the_end_is_told_with_its_cause),
		T(a_session_that_is_not_there_any_more_is_told_once),
		T(a_later_life_of_the_id_is_no_news_of_this_one),
		T(what_cannot_be_read_is_no_news_and_is_asked_less_often),
		T(a_service_that_asks_for_a_pause_gets_it),
		T(one_look_at_a_time),
		T(a_watch_ends_when_nothing_comes_of_it),
		T(an_ended_session_is_not_looked_at),
		T(no_more_than_64_are_asked_at_once_and_all_get_their_turn),
		T(a_list_brings_back_what_a_restarted_worker_forgot),
		T(a_log_out_by_request_is_the_end_of_the_login),
		T(the_old_picture_becomes_a_text),
		T(a_picture_that_cannot_be_read_is_a_code_without_text),
		T(a_login_without_a_code_is_no_code),
		T(a_vague_word_in_a_list_is_looked_into_and_then_told),
		T(a_vague_word_that_cannot_be_looked_into_counts_as_it_is),
		T(a_code_is_told_again_after_each_list),
		T(a_code_after_a_login_is_told_by_the_second_list),
		T(what_was_found_out_is_forgotten_with_the_session),
		T(two_messages_that_find_no_browser_overrule_the_list),
		T(a_message_that_is_sent_clears_the_one_before),
		T(a_session_that_fell_after_a_message_is_looked_into),
		T(our_service_notices_deaths_itself),
		T(a_renewed_code_of_the_old_service_is_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
