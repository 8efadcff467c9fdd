/* dropin_test.c - the drop-in face on the fake core: which commands leave, and what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/obj.h"
#include "world.h"

#define KEY "X-API-Key: old\r\n"

static struct world w;
static struct reply r;

static void open_with_wait(uint64_t wait_ms)
{
	struct api_options o = world_options(&w);

	o.dropin = (struct dropin_options){ .key = "old", .provider = "mock", .wait_ms = wait_ms };
	world_open_with(&w, &o, 64);
}

/* Answers come at once, whatever the account is doing. */
static int open_world(void **state)
{
	(void)state;
	open_with_wait(0);
	return 0;
}

static int open_patient_world(void **state)
{
	(void)state;
	open_with_wait(5000);
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

static void post(const char *path, const char *body)
{
	ask(&w, "POST", path, KEY, body, &r);
}

static void get(const char *path)
{
	ask(&w, "GET", path, KEY, NULL, &r);
}

static void is_error(unsigned status, const char *text)
{
	assert_int_equal(r.status, status);
	assert_string_equal(reply_header(&r, "Content-Type"), "application/json; charset=utf-8");
	assert_string_equal(reply_member(&r, "error"), text);
	assert_string_equal(reply_member(&r, "code"), "(absent)");
}

static void make(const char *session, const char *status)
{
	char body[300];

	snprintf(body, sizeof body, "{\"session_id\":\"%s\",\"workspace_id\":1,\"account_id\":11}",
		 session);
	post("/api/sessions", body);
	assert_int_equal(r.status, 200);
	fake_status(&w.fake, session, status, "");
}

/* --- which command leaves --- */

static void what_is_asked_depends_on_what_the_account_does(void **state)
{
	static const struct {
		const char *status, *path;
		enum command_kind kind;
	} cases[] = {
		/* a create never disturbs what lives */
		{ "connecting", "/api/sessions", COMMAND_CONNECT },
		{ "qr_scanning", "/api/sessions", COMMAND_CONNECT },
		{ "authenticated", "/api/sessions", COMMAND_CONNECT },
		{ "connected", "/api/sessions", COMMAND_CONNECT },
		{ "reconnecting", "/api/sessions", COMMAND_RECONNECT },
		{ "disconnected", "/api/sessions", COMMAND_RECONNECT },
		{ "failed", "/api/sessions", COMMAND_RECONNECT },
		/* two clicks are one start */
		{ "new", "/api/sessions/s1/reconnect", COMMAND_CONNECT },
		{ "connecting", "/api/sessions/s1/reconnect", COMMAND_CONNECT },
		{ "qr_scanning", "/api/sessions/s1/reconnect", COMMAND_RECONNECT },
		{ "connected", "/api/sessions/s1/reconnect", COMMAND_RECONNECT },
		{ "failed", "/api/sessions/s1/reconnect", COMMAND_RECONNECT },
		{ "connecting", "/api/sessions/s1/regenerate-qr", COMMAND_CONNECT },
		{ "qr_scanning", "/api/sessions/s1/regenerate-qr", COMMAND_REGENERATE },
		{ "disconnected", "/api/sessions/s1/regenerate-qr", COMMAND_REGENERATE },
		{ "disconnected", "/api/sessions/s1/restore", COMMAND_CONNECT },
	};

	(void)state;
	make("s1", "new");
	assert_int_equal(w.fake.last_kind, COMMAND_CREATE);
	assert_true(w.fake.last_connect);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned before = w.fake.n_commands;

		fake_status(&w.fake, "s1", cases[i].status, "");
		post(cases[i].path, "{\"session_id\":\"s1\",\"workspace_id\":1}");
		assert_int_equal(w.fake.n_commands, before + 1);
		assert_int_equal(w.fake.last_kind, cases[i].kind);
	}
	assert_int_equal(w.fake.n_accounts, 1);
}

static void a_login_is_spared_unless_it_is_forced(void **state)
{
	(void)state;
	make("s1", "connected");
	w.fake.refuse = "login_would_be_lost";
	post("/api/sessions/s1/regenerate-qr", "{}");
	assert_int_equal(r.status, 200);
	assert_int_equal(w.fake.last_kind, COMMAND_RECONNECT);
	assert_false(w.fake.last_force);
	fake_status(&w.fake, "s1", "connected", "");
	post("/api/sessions/s1/regenerate-qr", "{\"force\":true}");
	assert_int_equal(w.fake.last_kind, COMMAND_REGENERATE);
	assert_true(w.fake.last_force);
}

static void an_account_that_vanishes_on_the_way_is_made_again(void **state)
{
	(void)state;
	make("s1", "disconnected");
	w.fake.refuse = "account_not_found";
	fake_find(&w.fake, "s1")->deleted = true;
	post("/api/sessions/s1/reconnect", "{\"workspace_id\":1}");
	assert_int_equal(r.status, 200);
	assert_int_equal(w.fake.last_kind, COMMAND_CREATE);
	/* but not again and again */
	w.fake.refuse = "account_not_found";
	post("/api/sessions/s2/reconnect", "{}");
	assert_int_equal(r.status, 200);
	fake_find(&w.fake, "s1")->deleted = true;
	post("/api/sessions/s1/restore", "{}");
	is_error(404, "Session not found");
}

/* Not even while a request that will be refused is on its way. */
static void an_account_of_others_is_never_reached(void **state)
{
	struct client c;

	(void)state;
	w.fake.hold = true;
	client_open(&c, &w);
	client_request(&c, "POST", "/api/sessions", KEY, "{\"session_id\":\"s1\"}");
	while (w.fake.n_commands == 0)
		world_turn(&w);
	fake_add(&w.fake, "s1"); /* somebody was faster */
	get("/api/sessions/s1/status");
	is_error(404, "Session not found");
	w.fake.hold = false;
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 409);
	client_close(&c);
	post("/api/sessions/s1/reconnect", "{}");
	is_error(409,
		 "This session_id is the id of an account that was not made here. Choose another.");
	assert_int_equal(w.fake.n_commands, 1);
}

static void refusals_of_the_engine_have_the_old_shape(void **state)
{
	static const struct {
		const char *problem;
		unsigned status;
		const char *text;
	} cases[] = {
		{ "provider_full", 503, "The test refuses this." },
		{ "provider_error", 500, "The test refuses this." },
		{ "disk_full", 507, "The test refuses this." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		w.fake.refuse = cases[i].problem;
		post("/api/sessions", "{\"session_id\":\"s1\"}");
		is_error(cases[i].status, cases[i].text);
		get("/api/sessions/s1/status");
		is_error(404, "Session not found");
	}
	w.fake.full = true;
	post("/api/sessions", "{\"session_id\":\"s1\"}");
	is_error(503, "Too many commands wait to be carried out. Try again in a second.");
	assert_string_equal(reply_header(&r, "Retry-After"), "1");
	w.fake.full = false;
	make("s1", "connected");
}

/* A later request on the same connection has its own shape again. */
static void the_shape_belongs_to_the_request(void **state)
{
	struct client c;

	(void)state;
	client_open(&c, &w);
	client_request(&c, "GET", "/api/sessions/s1/status", KEY, NULL);
	client_reply(&c, &r, false);
	is_error(404, "Session not found");
	client_request(&c, "GET", "/v1/accounts/s1", "", NULL);
	client_reply(&c, &r, false);
	reply_is_problem(&r, 404, "account_not_found");
	client_request(&c, "GET", "/api/sessions/s1/status", KEY, NULL);
	client_reply(&c, &r, false);
	client_send(&c, STR("garbage\r\n\r\n"));
	client_reply(&c, &r, false);
	reply_is_problem(&r, 400, "bad_request");
	client_close(&c);
	post("/api/messages/bulk-send", "{}");
	is_error(404, "There is nothing at \"/api/messages/bulk-send\". GET / lists what there "
		      "is.");
}

/* --- ids --- */

static void ids_gather_in_the_metadata_beside_what_is_there(void **state)
{
	(void)state;
	make("s1", "disconnected");
	ask(&w, "PATCH", "/v1/accounts/s1", "",
	    "{\"metadata\":{\"note\":0.1,\"dropin\":{\"session_ids\":[\"s1\"],\"workspace_id\":1,"
	    "\"account_id\":11}}}",
	    &r);
	assert_int_equal(r.status, 200);
	post("/api/sessions", "{\"session_id\":\"s2\",\"workspace_id\":1,\"account_id\":11}");
	assert_string_equal(reply_member(&r, "session_id"), "s2");
	assert_string_equal(fake_find(&w.fake, "s1")->metadata,
			    "{\"note\":0.1,\"dropin\":{\"session_ids\":[\"s2\",\"s1\"],"
			    "\"workspace_id\":1,\"account_id\":11}}");
	/* the same account_id of another workspace is another account */
	post("/api/sessions", "{\"session_id\":\"s3\",\"workspace_id\":2,\"account_id\":11}");
	assert_int_equal(w.fake.n_accounts, 2);
	/* and so is what names no account_id */
	post("/api/sessions", "{\"session_id\":\"s4\",\"workspace_id\":1}");
	assert_int_equal(w.fake.n_accounts, 3);
	get("/api/sessions/s1/status");
	assert_string_equal(reply_member(&r, "session_id"), "s2");
	assert_string_equal(reply_member(&r, "workspace_id"), "1");
}

static void what_people_write_into_the_metadata_counts(void **state)
{
	(void)state;
	make("s1", "connected");
	ask(&w, "PATCH", "/v1/accounts/s1", "",
	    "{\"metadata\":{\"dropin\":{\"session_ids\":[7,\"a b\",\"mine\"]}}}", &r);
	get("/api/sessions/mine/status");
	assert_int_equal(r.status, 200);
	get("/api/sessions/s1/status"); /* its own id stays a way to it */
	assert_int_equal(r.status, 200);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const none[] = { "{\"dropin\":[]}", "{\"dropin\":{}}",
						    "{\"dropin\":null}" };
		char body[64];

		snprintf(body, sizeof body, "{\"metadata\":%s}", none[i]);
		ask(&w, "PATCH", "/v1/accounts/s1", "", body, &r);
		get("/api/sessions/mine/status");
		is_error(404, "Session not found");
		get("/api/sessions/s1/status");
		is_error(404, "Session not found");
	}
}

/* Calls the account by 120 ids in turn, N and so many digits. */
static void call_by(int digits)
{
	char body[300], id[129] = "";

	make("s1", "connected");
	for (unsigned i = 0; i < 120; i++) {
		snprintf(id, sizeof id, "N%0*u", digits, i);
		snprintf(body, sizeof body,
			 "{\"session_id\":\"%s\",\"workspace_id\":1,\"account_id\":11}", id);
		post("/api/sessions", body);
		assert_int_equal(r.status, 200);
		assert_string_equal(reply_member(&r, "session_id"), id);
		fake_status(&w.fake, "s1", "connected", "");
	}
	assert_int_equal(w.fake.n_accounts, 1);
	get("/api/sessions/s1/status");
	assert_string_equal(reply_member(&r, "session_id"), id);
	snprintf(body, sizeof body, "/api/sessions/%s/status", id);
	get(body);
	assert_int_equal(r.status, 200);
}

static void the_oldest_ids_make_room_and_the_first_stays(void **state)
{
	(void)state;
	call_by(1);
	get("/api/sessions/N20/status");
	assert_int_equal(r.status, 200);
	get("/api/sessions/N19/status"); /* a hundred are kept */
	is_error(404, "Session not found");
}

static void long_ids_fill_the_metadata_and_no_more(void **state)
{
	(void)state;
	call_by(127);
	assert_in_range(strlen(fake_find(&w.fake, "s1")->metadata), 3900, 4096);
}

static void metadata_without_room_is_said(void **state)
{
	char body[4400];

	(void)state;
	make("s1", "disconnected");
	snprintf(body, sizeof body,
		 "{\"metadata\":{\"x\":\"%04018d\",\"dropin\":{\"session_ids\":[\"s1\"],"
		 "\"account_id\":11,\"workspace_id\":1}}}",
		 0);
	ask(&w, "PATCH", "/v1/accounts/s1", "", body, &r);
	assert_int_equal(r.status, 200);
	post("/api/sessions", "{\"session_id\":\"a_new_and_much_longer_id\",\"workspace_id\":1,"
			      "\"account_id\":11}");
	is_error(500, "The account's metadata leaves no room for another session_id: shorten it "
		      "with PATCH /v1/accounts.");
	get("/api/sessions/a_new_and_much_longer_id/status");
	is_error(404, "Session not found");
	post("/api/sessions", "{\"session_id\":\"s1\"}");
	assert_int_equal(r.status, 200);
}

static void more_than_the_ring_holds_is_looked_up_anew(void **state)
{
	(void)state;
	make("s1", "connected");
	fake_find(&w.fake, "s1")->deleted = true;
	fake_add(&w.fake, "s9")->metadata =
	    str_dup(STR("{\"dropin\":{\"session_ids\":[\"nine\"]}}"));
	fake_noise(&w.fake, 200);
	get("/api/sessions/nine/status");
	assert_string_equal(reply_member(&r, "session_id"), "nine");
	get("/api/sessions/s1/status");
	is_error(404, "Session not found");
}

static void what_was_promised_outlives_a_full_ring(void **state)
{
	struct client clients[2];

	(void)state;
	w.fake.hold = true;
	for (unsigned i = 0; i < ARRAY_LEN(clients); i++) {
		client_open(&clients[i], &w);
		client_request(&clients[i], "POST", "/api/sessions", KEY,
			       "{\"session_id\":\"s1\"}");
		while (w.fake.n_commands == i)
			world_turn(&w);
		fake_noise(&w.fake, 200);
	}
	assert_int_equal(w.fake.last_kind, COMMAND_CONNECT); /* it joins, and makes no other */
	w.fake.hold = false;
	for (unsigned i = 0; i < ARRAY_LEN(clients); i++) {
		client_reply(&clients[i], &r, false);
		assert_int_equal(r.status, 200);
		client_close(&clients[i]);
	}
	assert_int_equal(w.fake.n_accounts, 1);
}

/* --- waiting, and clients that go --- */

static void the_answer_waits_for_the_code(void **state)
{
	struct client c;

	(void)state;
	client_open(&c, &w);
	client_request(&c, "POST", "/api/sessions/old_1/reconnect", KEY, "{\"workspace_id\":1}");
	world_until_waiters(&w, 1);
	fake_status(&w.fake, "old_1", "qr_scanning", "2@abc");
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	assert_memory_equal(r.body,
			    "{\"success\":true,\"message\":\"Session reconnection initiated\","
			    "\"qr_code\":\"data:image/png;base64,iVBOR",
			    90);
	client_request(&c, "DELETE", "/api/sessions/old_1", KEY, NULL);
	client_reply(&c, &r, false);
	assert_string_equal(reply_member(&r, "message"), "Session disconnected successfully");
	client_close(&c);
}

static void a_start_that_ends_badly_is_no_success(void **state)
{
	struct client c;

	(void)state;
	client_open(&c, &w);
	client_request(&c, "POST", "/api/sessions", KEY, "{\"session_id\":\"s1\"}");
	world_until_waiters(&w, 1);
	fake_status(&w.fake, "s1", "failed", "");
	client_reply(&c, &r, false);
	is_error(500, "The session could not be started: failed");
	client_request(&c, "POST", "/api/sessions", KEY, "{\"session_id\":\"s1\"}");
	world_until_waiters(&w, 1);
	fake_find(&w.fake, "s1")->deleted = true;
	fake_noise(&w.fake, 200); /* everybody is looked at */
	client_reply(&c, &r, false);
	is_error(404, "Session not found");
	client_close(&c);
}

/* Send a create that is not answered any more. */
static void ask_and_go(const char *body)
{
	struct linger now = { .l_onoff = 1 };
	unsigned before = w.fake.n_commands;
	struct client c;

	w.fake.hold = true;
	client_open(&c, &w);
	client_request(&c, "POST", "/api/sessions", KEY, body);
	while (w.fake.n_commands == before)
		world_turn(&w);
	setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now); /* RST */
	client_close(&c);
	world_until_connections(&w, 0);
	w.fake.hold = false;
}

static void what_a_client_asked_for_before_it_went_is_done(void **state)
{
	(void)state;
	ask_and_go("{\"session_id\":\"s1\",\"account_id\":11}");
	world_turn(&w);
	get("/api/sessions/s1/status");
	assert_int_equal(r.status, 200);
	fake_status(&w.fake, "s1", "disconnected", "");
	ask_and_go("{\"session_id\":\"s2\",\"account_id\":11}");
	world_turn(&w);
	assert_int_equal(w.fake.last_kind, COMMAND_PATCH);
	get("/api/sessions/s2/status");
	assert_int_equal(r.status, 200);
	/* and now nothing is thought to be on its way any more */
	ask(&w, "PATCH", "/v1/accounts/s1", "", "{\"metadata\":{\"dropin\":null}}", &r);
	get("/api/sessions/s2/status");
	is_error(404, "Session not found");
	w.fake.hold = true; /* the daemon goes with this one on its way; ASan looks on */
	ask_and_go("{\"session_id\":\"s3\"}");
	w.fake.hold = true;
}

static void a_promise_goes_with_its_account_also_when_nobody_waits(void **state)
{
	(void)state;
	w.fake.refuse = "provider_full";
	ask_and_go("{\"session_id\":\"s1\"}");
	while (w.fake.refuse != NULL)
		world_turn(&w);
	post("/api/sessions", "{\"session_id\":\"s1\"}");
	assert_int_equal(r.status, 200);
	assert_int_equal(w.fake.last_kind, COMMAND_CREATE);
	assert_int_equal(w.fake.n_commands, 2);
}

/* --- messages --- */

static void a_message_is_sent(void **state)
{
	(void)state;
	make("s1", "connected");
	w.fake.said = "{\"id\":\"true_1@c.us_3EB0\",\"timestamp\":1795339871}";
	post("/api/messages/send", "{\"session_id\":\"s1\",\"recipient_phone\":\"+62 899-900\","
				   "\"message\":\"h\\u00e9 \\\"you\\\"\",\"type\":\"text\"}");
	assert_int_equal(r.status, 200);
	assert_string_equal(r.body, "{\"success\":true,\"message_id\":\"true_1@c.us_3EB0\","
				    "\"timestamp\":1795339871}");
	assert_int_equal(w.fake.last_kind, COMMAND_SEND);
	assert_string_equal(w.fake.last_recipient, "62899900");
	assert_string_equal(w.fake.last_args,
			    "{\"to\":\"62899900\",\"text\":\"h\xc3\xa9 \\\"you\\\"\"}");
	post("/api/messages/send-media",
	     "{\"session_id\":\"s1\",\"recipient_phone\":62899900,\"caption\":\"see\","
	     "\"media_url\":\"https://x/y.png\",\"filename\":\"y.png\"}");
	assert_int_equal(r.status, 200);
	assert_string_equal(w.fake.last_args, "{\"to\":\"62899900\",\"text\":\"see\",\"media_url\":"
					      "\"https://x/y.png\",\"filename\":\"y.png\"}");
	post("/api/messages/send-media",
	     "{\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"media\":{\"mimetype\":"
	     "\"image/png\",\"data\":\"aGk=\",\"filename\":\"y.png\"}}");
	assert_int_equal(r.status, 200);
	assert_string_equal(w.fake.last_args,
			    "{\"to\":\"62899900\",\"media\":{\"mimetype\":\"image/png\",\"data\":"
			    "\"aGk=\",\"filename\":\"y.png\"}}");
	post("/api/messages/send-media",
	     "{\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"media\":{\"mimetype\":"
	     "\"image/png\",\"data\":\"not base64\"}}");
	is_error(400, "\"media.data\" must be the file in base64, with its padding and no line "
		      "ends.");
	w.fake.said = "{\"id\":null,\"timestamp\":null}";
	post("/api/messages/send",
	     "{\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"message\":\"x\"}");
	assert_string_equal(reply_member(&r, "success"), "true");
	assert_string_equal(reply_member(&r, "message_id"), "null");
	assert_true(strtoull(reply_member(&r, "timestamp"), NULL, 10) > 1700000000);
	w.fake.refuse = "provider_error";
	post("/api/messages/send",
	     "{\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"message\":\"x\"}");
	is_error(500, "The test refuses this.");
	w.fake.refuse = "not_connected";
	post("/api/messages/send",
	     "{\"session_id\":\"s1\",\"recipient_phone\":\"62899900\",\"message\":\"x\"}");
	is_error(400, "Session not connected. Please check session status.");
}

/* Who shows the key in the head may bring a file; who hides it in the body may not make us read it. */
/* The application and the operators choose their Idempotency-Keys without knowing of each other. */
static void an_idempotency_key_is_the_applications_own(void **state)
{
	static const char same[] = "Idempotency-Key: shared-2\r\n";

	(void)state;
	make("s1", "connected");
	ask(&w, "POST", "/v1/accounts/s1/reconnect", same, NULL, &r);
	assert_int_equal(r.status, 202);
	fake_status(&w.fake, "s1", "connected", "");
	ask(&w, "DELETE", "/api/sessions/s1", "Idempotency-Key: shared-2\r\nX-API-Key: old\r\n",
	    NULL, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(w.fake.last_kind, COMMAND_DISCONNECT);
	ask(&w, "POST", "/v1/accounts/s1/reconnect", same, NULL, &r);
	assert_string_equal(reply_header(&r, "Idempotency-Replayed"), "true");
}

static void a_large_file_needs_the_key_in_the_head(void **state)
{
	static char body[300000];
	size_t n;

	(void)state;
	make("s1", "connected");
	w.fake.said = "{\"id\":\"m\",\"timestamp\":1}";
	n = (size_t)snprintf(body, sizeof body,
			     "{\"api_key\":\"old\",\"session_id\":\"s1\",\"recipient_phone\":"
			     "\"62899900\",\"media\":{\"mimetype\":\"image/png\",\"data\":\"");
	memset(body + n, 'A', 280000);
	memcpy(body + n + 280000, "\"}}", sizeof "\"}}");
	post("/api/messages/send-media", body);
	assert_int_equal(r.status, 200);
	assert_true(w.fake.last_args_bytes > 280000);
	ask(&w, "POST", "/api/messages/send-media", "", body, &r);
	assert_int_equal(r.status, 413);
}

static void health_is_what_the_core_says(void **state)
{
	(void)state;
	make("s1", "connected");
	get("/health");
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "status"), "healthy");
	assert_string_equal(reply_member(&r, "sessions.connected"), "1");
	w.fake.broken = "the disk is full: free some space";
	get("/health");
	assert_int_equal(r.status, 503);
	assert_string_equal(reply_member(&r, "error"), "the disk is full: free some space");
	get("/health/ready");
	assert_int_equal(r.status, 503);
	assert_string_equal(reply_member(&r, "ready"), "false");
	get("/health/live");
	assert_int_equal(r.status, 200);
}

#define TEST(name)    cmocka_unit_test_setup_teardown(name, open_world, close_world)
#define PATIENT(name) cmocka_unit_test_setup_teardown(name, open_patient_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_asked_depends_on_what_the_account_does),
		TEST(a_login_is_spared_unless_it_is_forced),
		TEST(an_account_that_vanishes_on_the_way_is_made_again),
		TEST(an_account_of_others_is_never_reached),
		TEST(refusals_of_the_engine_have_the_old_shape),
		TEST(the_shape_belongs_to_the_request),
		TEST(ids_gather_in_the_metadata_beside_what_is_there),
		TEST(what_people_write_into_the_metadata_counts),
		TEST(the_oldest_ids_make_room_and_the_first_stays),
		TEST(long_ids_fill_the_metadata_and_no_more),
		TEST(metadata_without_room_is_said),
		TEST(more_than_the_ring_holds_is_looked_up_anew),
		TEST(what_was_promised_outlives_a_full_ring),
		TEST(a_promise_goes_with_its_account_also_when_nobody_waits),
		PATIENT(the_answer_waits_for_the_code),
		PATIENT(a_start_that_ends_badly_is_no_success),
		TEST(what_a_client_asked_for_before_it_went_is_done),
		TEST(a_message_is_sent),
		TEST(an_idempotency_key_is_the_applications_own),
		TEST(a_large_file_needs_the_key_in_the_head),
		TEST(health_is_what_the_core_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
