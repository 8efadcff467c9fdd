/* routes_test.c - actions, idempotency and the system routes, and the route table as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "api/openapi.h"
#include "api/router.h"
#include "base/limits.h"
#include "base/obj.h"
#include "world.h"

static struct world w;
static struct reply r;

static int open_world(void **state)
{
	(void)state;
	world_open(&w);
	return 0;
}

static int open_world_with_dropin(void **state)
{
	struct api_options o = world_options(&w);

	(void)state;
	o.dropin = (struct dropin_options){ .key = "old", .provider = "mock" };
	world_open_with(&w, &o, 64);
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

/* --- the document --- */

static void every_route_is_described(void **state)
{
	size_t n;
	const struct route *routes = router_routes(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (!openapi_knows(&routes[i]))
			fail_msg("openapi.def has no OPERATION for %s", routes[i].path);
	}
}

static bool is_in_document(bool dropin, const char *text)
{
	json_error_t error;
	struct buf out;
	json_t *json;
	bool found;

	buf_init(&out, 1 << 20);
	openapi_write(&out, dropin);
	assert_int_equal(out.failed, 0);
	json = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		fail_msg("line %d: %s", error.line, error.text);
	json_decref(json);
	found = memmem(out.p, out.n, text, strlen(text)) != NULL;
	buf_fini(&out);
	return found;
}

static void the_document_has_the_drop_in_face_only_where_it_is(void **state)
{
	(void)state;
	assert_true(is_in_document(true, "\"/api/sessions\""));
	assert_false(is_in_document(false, "\"/api/sessions\""));
	assert_true(is_in_document(false, "\"/v1/accounts/{id}/qr\""));
}

/* --- actions --- */

static void actions_are_accepted(void **state)
{
	static const struct {
		const char *path;
		enum command_kind kind;
	} cases[] = {
		{ "/v1/accounts/a1/connect", COMMAND_CONNECT },
		{ "/v1/accounts/a1/disconnect", COMMAND_DISCONNECT },
		{ "/v1/accounts/a1/reconnect", COMMAND_RECONNECT },
		{ "/v1/accounts/a1/qr", COMMAND_REGENERATE },
	};

	(void)state;
	fake_add(&w.fake, "a1");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask(&w, "POST", cases[i].path, "", NULL, &r);
		assert_int_equal(r.status, 202);
		assert_int_equal(w.fake.last_kind, cases[i].kind);
		assert_string_equal(reply_member(&r, "account.id"), "a1");
		assert_string_equal(reply_member(&r, "qr"), "null");
		ask(&w, "POST", cases[i].path, "", "{}", &r);
		assert_int_equal(r.status, 202);
		ask(&w, "POST", cases[i].path, "", "{\"x\":1}", &r);
		reply_is_problem(&r, 400, "unknown_field");
	}
	ask(&w, "POST", "/v1/accounts/a2/connect", "", NULL, &r);
	reply_is_problem(&r, 404, "account_not_found");
}

static void force_is_passed_on(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	w.fake.refuse = "login_would_be_lost";
	ask(&w, "POST", "/v1/accounts/a1/qr", "", NULL, &r);
	reply_is_problem(&r, 409, "login_would_be_lost");
	ask(&w, "POST", "/v1/accounts/a1/qr", "", "{\"force\":true}", &r);
	assert_int_equal(r.status, 202);
	assert_true(w.fake.last_force);
	ask(&w, "POST", "/v1/accounts/a1/qr", "", "{\"force\":\"yes\"}", &r);
	reply_is_problem(&r, 400, "invalid_field");
}

static void the_qr_code_is_given(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	ask(&w, "GET", "/v1/accounts/a1/qr", "", NULL, &r);
	reply_is_problem(&r, 404, "no_qr");
	fake_status(&w.fake, "a1", "qr_scanning", "2@abc,def==");
	ask(&w, "GET", "/v1/accounts/a1/qr", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "code"), "2@abc,def==");
	assert_string_equal(reply_member(&r, "expires_at"), "2025-11-16T10:00:20.000Z");
	ask(&w, "GET", "/v1/accounts/a1", "", NULL, &r);
	assert_string_equal(reply_member(&r, "qr.code"), "(absent)");
	assert_string_equal(reply_member(&r, "qr.deadline_at"), "2025-11-16T10:05:00.000Z");
	ask(&w, "GET", "/v1/accounts/a2/qr", "", NULL, &r);
	reply_is_problem(&r, 404, "account_not_found");
}

static void a_check_and_verbs_answer_what_the_provider_says(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	w.fake.said = "{\"state\":\"connected\",\"cause\":\"none\",\"text\":\"\"}";
	ask(&w, "POST", "/v1/accounts/a1/check", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "state"), "connected");
	w.fake.said = "[1,\"two\"]";
	ask(&w, "POST", "/v1/accounts/a1/verbs/drop_it", "", "{\"cause\": \"gone\"}", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.body, "{\"result\":[1,\"two\"]}");
	assert_string_equal(w.fake.last_verb, "drop_it");
	assert_string_equal(w.fake.last_args, "{\"cause\": \"gone\"}");
	w.fake.said = "";
	ask(&w, "POST", "/v1/accounts/a1/verbs/scan", "", NULL, &r);
	assert_string_equal(r.body, "{\"result\":null}");
	assert_string_equal(w.fake.last_args, "(none)");
	w.fake.said = "{\"a\":";
	ask(&w, "POST", "/v1/accounts/a1/verbs/scan", "", NULL, &r);
	reply_is_problem(&r, 502, "provider_error");
	ask(&w, "POST", "/v1/accounts/a1/verbs/scan", "", "{\"a\":1,\"a\":2}", &r);
	reply_is_problem(&r, 400, "invalid_json");
	ask(&w, "POST", "/v1/accounts/a1/verbs/Scan", "", NULL, &r);
	reply_is_problem(&r, 422, "not_supported");
}

static void arguments_of_verbs_are_bounded(void **state)
{
	char args[LIMIT_VERB_ARGS + 8];

	(void)state;
	fake_add(&w.fake, "a1");
	memset(args, 'x', sizeof args);
	args[0] = '"';
	args[LIMIT_VERB_ARGS - 1] = '"';
	args[LIMIT_VERB_ARGS] = '\0';
	ask(&w, "POST", "/v1/accounts/a1/verbs/scan", "", args, &r);
	assert_int_equal(r.status, 200);
	args[LIMIT_VERB_ARGS - 1] = 'x';
	args[LIMIT_VERB_ARGS] = '"';
	args[LIMIT_VERB_ARGS + 1] = '\0';
	ask(&w, "POST", "/v1/accounts/a1/verbs/scan", "", args, &r);
	reply_is_problem(&r, 413, "body_too_large");
}

/* --- idempotency --- */

static void a_repeated_key_is_answered_from_memory(void **state)
{
	(void)state;
	ask(&w, "POST", "/v1/accounts", "Idempotency-Key: k1\r\n", "{\"provider\":\"mock\"}", &r);
	assert_int_equal(r.status, 201);
	assert_null(reply_header(&r, "Idempotency-Replayed"));
	assert_int_equal(w.fake.last_idem_status, 201);
	assert_string_equal(w.fake.remembered[0].key, "admin:k1");
	ask(&w, "POST", "/v1/accounts", "Idempotency-Key: k1\r\n", "{\"provider\":\"mock\"}", &r);
	assert_int_equal(r.status, 201);
	assert_string_equal(reply_header(&r, "Idempotency-Replayed"), "true");
	assert_string_equal(reply_member(&r, "id"), "acc_1");
	assert_int_equal(w.fake.n_accounts, 1);
}

static void another_request_under_the_key_is_refused(void **state)
{
	static const struct {
		const char *method, *path, *body;
	} others[] = {
		{ "POST", "/v1/accounts", "{\"provider\":\"mock\",\"id\":\"x\"}" },
		{ "POST", "/v1/accounts/acc_1/connect", NULL },
		{ "PATCH", "/v1/accounts/acc_1", "{\"provider\":\"mock\"}" },
		{ "DELETE", "/v1/accounts/acc_1", NULL },
	};

	(void)state;
	ask(&w, "POST", "/v1/accounts", "Idempotency-Key: k1\r\n", "{\"provider\":\"mock\"}", &r);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		ask(&w, others[i].method, others[i].path, "Idempotency-Key: k1\r\n", others[i].body,
		    &r);
		if (i == 2)
			reply_is_problem(&r, 400, "unknown_field");
		else
			reply_is_problem(&r, 422, "idempotency_key_reused");
	}
}

static void another_method_is_another_request(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	ask(&w, "PATCH", "/v1/accounts/a1", "Idempotency-Key: k1\r\n", NULL, &r);
	assert_int_equal(r.status, 200);
	ask(&w, "DELETE", "/v1/accounts/a1", "Idempotency-Key: k1\r\n", NULL, &r);
	reply_is_problem(&r, 422, "idempotency_key_reused");
}

static void keys_are_checked(void **state)
{
	char headers[256], key[200];

	(void)state;
	memset(key, 'k', sizeof key);
	key[128] = '\0';
	snprintf(headers, sizeof headers, "Idempotency-Key: %s\r\n", key);
	ask(&w, "POST", "/v1/accounts", headers, "{\"provider\":\"mock\"}", &r);
	assert_int_equal(r.status, 201);
	key[128] = 'k';
	key[129] = '\0';
	snprintf(headers, sizeof headers, "Idempotency-Key: %s\r\n", key);
	ask(&w, "POST", "/v1/accounts", headers, "{\"provider\":\"mock\"}", &r);
	reply_is_problem(&r, 400, "invalid_field");
	ask(&w, "POST", "/v1/accounts", "Idempotency-Key: a b\r\n", "{\"provider\":\"mock\"}", &r);
	reply_is_problem(&r, 400, "invalid_field");
	ask(&w, "POST", "/v1/accounts", "Idempotency-Key:\r\n", "{\"provider\":\"mock\"}", &r);
	reply_is_problem(&r, 400, "invalid_field");
	ask(&w, "POST", "/v1/accounts", "Idempotency-Key: a\r\nIdempotency-Key: b\r\n",
	    "{\"provider\":\"mock\"}", &r);
	reply_is_problem(&r, 400, "bad_request");
}

static void a_deleted_account_is_deleted_again_by_the_same_key(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	ask(&w, "DELETE", "/v1/accounts/a1", "Idempotency-Key: d\r\n", NULL, &r);
	assert_int_equal(r.status, 204);
	ask(&w, "DELETE", "/v1/accounts/a1", "Idempotency-Key: d\r\n", NULL, &r);
	assert_int_equal(r.status, 204);
	assert_string_equal(reply_header(&r, "Idempotency-Replayed"), "true");
}

/* --- refusals of the engine --- */

static void every_code_of_the_engine_has_its_status(void **state)
{
	static const struct {
		const char *code;
		unsigned status;
	} cases[] = {
		{ "account_not_found", 404 },
		{ "provider_not_found", 422 },
		{ "account_exists", 409 },
		{ "idempotency_in_progress", 409 },
		{ "idempotency_key_reused", 422 },
		{ "login_would_be_lost", 409 },
		{ "not_supported", 422 },
		{ "overloaded", 503 },
		{ "provider_unavailable", 503 },
		{ "provider_error", 502 },
		{ "provider_full", 503 },
		{ "no_session", 409 },
		{ "disk_full", 507 },
		{ "stopping", 503 },
	};

	(void)state;
	fake_add(&w.fake, "a1");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		w.fake.refuse = cases[i].code;
		ask(&w, "POST", "/v1/accounts/a1/connect", "", NULL, &r);
		reply_is_problem(&r, cases[i].status, cases[i].code);
		assert_string_equal(reply_member(&r, "detail"), "The test refuses this.");
	}
	w.fake.refuse = "a_code_that_nobody_knows";
	ask(&w, "POST", "/v1/accounts/a1/connect", "", NULL, &r);
	reply_is_problem(&r, 500, "internal_error");
}

static void a_full_inbox_is_said(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	w.fake.full = true;
	ask(&w, "POST", "/v1/accounts/a1/connect", "", NULL, &r);
	reply_is_problem(&r, 503, "overloaded");
	assert_string_equal(reply_header(&r, "Retry-After"), "1");
}

/* --- the rest --- */

static void health_and_readiness_need_no_key(void **state)
{
	struct client c;

	(void)state;
	client_open(&c, &w);
	client_send(&c, STR("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.body, "{\"status\":\"ok\"}");
	client_send(&c, STR("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"));
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	w.fake.broken = "the disk is full: free some space";
	client_send(&c, STR("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"));
	client_reply(&c, &r, false);
	reply_is_problem(&r, 503, "not_ready");
	assert_string_equal(reply_member(&r, "detail"), "the disk is full: free some space");
	client_close(&c);
}

static void workers_are_shown(void **state)
{
	(void)state;
	ask(&w, "GET", "/v1/workers", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "workers.0.provider"), "mock");
	assert_string_equal(reply_member(&r, "workers.0.pid"), "4711");
	assert_string_equal(reply_member(&r, "workers.0.instances"), "[\"mock-1\",\"mock-2\"]");
	assert_string_equal(reply_member(&r, "workers.0.last_death"), "killed by signal 9");
	assert_string_equal(reply_member(&r, "workers.0.since"), "null");
	assert_string_equal(reply_member(&r, "workers.0.sandbox"), "landlock 7, seccomp");
}

static void deaths_are_shown(void **state)
{
	(void)state;
	ask(&w, "GET", "/v1/workers/0/deaths", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "deaths.0.kind"), "died");
	assert_string_equal(reply_member(&r, "deaths.0.signal"), "11");
	assert_string_equal(reply_member(&r, "deaths.0.exit_status"), "null");
	assert_string_equal(reply_member(&r, "deaths.0.ran_ms"), "5000");
	assert_string_equal(reply_member(&r, "deaths.0.ops.0.account"), "a");
	assert_string_equal(reply_member(&r, "deaths.0.report"), "SIGSEGV\n\xef\xbf\xbd");
	assert_string_equal(reply_member(&r, "deaths.0.ended_because"), "null");
	assert_string_equal(reply_member(&r, "deaths.1.kind"), "refused");
	assert_string_equal(reply_member(&r, "deaths.1.exit_status"), "78");
	assert_string_equal(reply_member(&r, "deaths.1.ended_because"), "it was old");
	assert_string_equal(reply_member(&r, "deaths.2.ops"), "[]");
	ask(&w, "GET", "/v1/workers/0/deaths?limit=1", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_null(strstr(r.body, "refused"));
	ask(&w, "GET", "/v1/workers/7/deaths", "", NULL, &r);
	reply_is_problem(&r, 404, "worker_not_found");
	ask(&w, "GET", "/v1/workers/first/deaths", "", NULL, &r);
	reply_is_problem(&r, 404, "worker_not_found");
	ask(&w, "GET", "/v1/workers/0/deaths?limit=101", "", NULL, &r);
	reply_is_problem(&r, 400, "invalid_field");
	w.fake.store_busy = true;
	ask(&w, "GET", "/v1/workers/0/deaths", "", NULL, &r);
	reply_is_problem(&r, 503, "overloaded");
	w.fake.store_busy = false;
}

static void instances_are_shown(void **state)
{
	(void)state;
	ask(&w, "GET", "/v1/instances", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "instances.0.id"), "mock-1");
	ask(&w, "GET", "/v1/instances/mock-1", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "state"), "up");
	assert_string_equal(reply_member(&r, "drained_at"), "null");
	assert_string_equal(reply_member(&r, "boot_id"), "b1");
	assert_string_equal(reply_member(&r, "capacity"), "10");
	assert_string_equal(reply_member(&r, "list.age_ms"), "7");
	assert_string_equal(reply_member(&r, "list.error"), "null");
	ask(&w, "GET", "/v1/instances/mock-9", "", NULL, &r);
	reply_is_problem(&r, 404, "instance_not_found");
}

static void an_instance_is_drained_and_resumed(void **state)
{
	(void)state;
	w.fake.open = 2;
	ask(&w, "POST", "/v1/instances/mock-1/drain", "Idempotency-Key: k1\r\n", NULL, &r);
	assert_int_equal(r.status, 202);
	assert_int_equal(w.fake.last_kind, COMMAND_DRAIN);
	assert_string_equal(w.fake.last_instance, "mock-1");
	assert_string_equal(reply_member(&r, "instance.state"), "draining");
	assert_string_equal(reply_member(&r, "instance.drained"), "false");
	assert_string_not_equal(reply_member(&r, "instance.drained_at"), "null");
	w.fake.open = 0;
	ask(&w, "POST", "/v1/instances/mock-1/drain", "Idempotency-Key: k1\r\n", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_header(&r, "Idempotency-Replayed"), "true");
	assert_string_equal(reply_member(&r, "instance.state"), "drained");
	assert_string_equal(reply_member(&r, "instance.drained"), "true");
	ask(&w, "POST", "/v1/instances/mock-1/resume", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "instance.state"), "up");
	ask(&w, "POST", "/v1/instances/mock-9/drain", "", NULL, &r);
	reply_is_problem(&r, 404, "instance_not_found");
	ask(&w, "POST", "/v1/instances/MOCK/drain", "", NULL, &r);
	reply_is_problem(&r, 404, "instance_not_found");
	ask(&w, "POST", "/v1/instances/mock-1/drain", "", "{\"now\":true}", &r);
	reply_is_problem(&r, 400, "unknown_field");
}

static void health_is_shown_with_its_reasons(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1")->health =
	    (struct health_facts){ .wanted = true, .connected = true, .failed_sends = 5 };
	fake_add(&w.fake, "a2")->health =
	    (struct health_facts){ .wanted = true, .connected = true, .unsure = true };
	fake_add(&w.fake, "a3");
	ask(&w, "GET", "/v1/accounts/a1", "", NULL, &r);
	assert_string_equal(reply_member(&r, "health.score"), "70");
	assert_string_equal(reply_member(&r, "health.band"), "good");
	assert_string_equal(reply_member(&r, "health.confidence"), "100");
	assert_string_equal(reply_member(&r, "health.components.0.name"), "failed_sends");
	assert_string_equal(reply_member(&r, "health.components.0.points"), "-30");
	assert_string_equal(reply_member(&r, "health.since"), "2025-11-16T10:00:00.000Z");
	ask(&w, "GET", "/v1/accounts/a3", "", NULL, &r);
	assert_string_equal(reply_member(&r, "health"), "null");
	ask(&w, "GET", "/v1/health/summary", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "accounts"), "3");
	assert_string_equal(reply_member(&r, "scored"), "2");
	assert_string_equal(reply_member(&r, "average"), "85");
	assert_string_equal(reply_member(&r, "bands.good"), "1");
	assert_string_equal(reply_member(&r, "bands.failed"), "0");
	assert_string_equal(reply_member(&r, "worst.0.id"), "a1");
	assert_string_equal(reply_member(&r, "worst.1.id"), "(absent)");
}

static void the_root_tells_what_there_is(void **state)
{
	(void)state;
	ask(&w, "GET", "/", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_header(&r, "Content-Type"), "text/plain; charset=utf-8");
	assert_non_null(strstr(r.body, "/v1/accounts/{id}/reconnect"));
	assert_non_null(strstr(r.body, "admin.key"));
}

static void head_is_get_without_content(void **state)
{
	size_t n_body;

	(void)state;
	fake_add(&w.fake, "a1");
	ask(&w, "GET", "/v1/accounts/a1", "", NULL, &r);
	n_body = r.n_body;
	ask(&w, "HEAD", "/v1/accounts/a1", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(strtoul(reply_header(&r, "Content-Length"), NULL, 10), n_body);
	ask(&w, "HEAD", "/v1/accounts/a2", "", NULL, &r);
	assert_int_equal(r.status, 404);
	ask(&w, "HEAD", "/v1/events", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(world_stats(&w).streams, 0);
}

static void other_methods_are_told_what_would_do(void **state)
{
	static const struct {
		const char *method, *path, *allow;
	} cases[] = {
		{ "PUT", "/v1/accounts", "POST, GET, HEAD" },
		{ "DELETE", "/v1/accounts", "POST, GET, HEAD" },
		{ "POST", "/v1/accounts/a1", "GET, HEAD, PATCH, DELETE" },
		{ "GET", "/v1/accounts/a1/connect", "POST" },
		{ "PATCH", "/v1/accounts/a1/qr", "POST, GET, HEAD" },
		{ "TRACE", "/healthz", "GET, HEAD" },
		{ "OPTIONS", "/v1/accounts", "POST, GET, HEAD" },
		{ "PROPFIND", "/", "GET, HEAD" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask(&w, cases[i].method, cases[i].path, "", NULL, &r);
		reply_is_problem(&r, 405, "method_not_allowed");
		assert_string_equal(reply_header(&r, "Allow"), cases[i].allow);
	}
	ask(&w, "PUT", "/nowhere", "", NULL, &r);
	reply_is_problem(&r, 404, "not_found");
}

/* The table as a whole: each route is found under its own path and refuses people without a key. */
static void every_route_is_reachable_and_guarded(void **state)
{
	size_t n;
	const struct route *routes = router_routes(&n);

	(void)state;
	assert_true(n >= 17);
	for (size_t i = 0; i < n; i++) {
		char path[128] = "", request[256];
		struct match m;
		struct problem p;
		struct client c;

		for (const char *s = routes[i].path; *s != '\0'; s++) {
			if (*s != '{' && *s != '}')
				strncat(path, s, 1);
		}
		assert_int_equal(router_find(routes[i].method, str_of(path), true, &m, &p), 0);
		assert_ptr_equal(m.route, &routes[i]);
		assert_true(strlen(routes[i].doc) > 5);
		snprintf(request, sizeof request,
			 "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			 http_method_name(routes[i].method), path);
		client_open(&c, &w);
		client_send(&c, str_of(request));
		client_reply(&c, &r, false);
		if (strstr(routes[i].path, "{token}") != NULL)
			assert_int_equal(r.status, 404); /* the token is the key */
		else if (strcmp(routes[i].path, "/dashboard/{file}") == 0)
			reply_is_problem(&r, 404, "not_found"); /* no file is named so */
		else if (routes[i].method == METHOD_POST &&
			 strcmp(routes[i].path, "/v1/session") == 0)
			reply_is_problem(&r, 403, "forbidden"); /* no page asks */
		else
			assert_int_equal(r.status, route_role(&routes[i]) != ROLE_NONE ||
							   routes[i].access == ROUTE_DROPIN
						       ? 401
						       : 200);
		client_close(&c);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_described),
		cmocka_unit_test(the_document_has_the_drop_in_face_only_where_it_is),
		TEST(actions_are_accepted),
		TEST(force_is_passed_on),
		TEST(the_qr_code_is_given),
		TEST(a_check_and_verbs_answer_what_the_provider_says),
		TEST(arguments_of_verbs_are_bounded),
		TEST(a_repeated_key_is_answered_from_memory),
		TEST(another_request_under_the_key_is_refused),
		TEST(another_method_is_another_request),
		TEST(keys_are_checked),
		TEST(a_deleted_account_is_deleted_again_by_the_same_key),
		TEST(every_code_of_the_engine_has_its_status),
		TEST(a_full_inbox_is_said),
		TEST(health_and_readiness_need_no_key),
		TEST(workers_are_shown),
		TEST(deaths_are_shown),
		TEST(instances_are_shown),
		TEST(an_instance_is_drained_and_resumed),
		TEST(health_is_shown_with_its_reasons),
		TEST(the_root_tells_what_there_is),
		TEST(head_is_get_without_content),
		TEST(other_methods_are_told_what_would_do),
		cmocka_unit_test_setup_teardown(every_route_is_reachable_and_guarded,
						open_world_with_dropin, close_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
