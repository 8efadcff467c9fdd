/* keys_test.c - keys of the API: made, shown once, found, and what each role and workspace may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/digest.h"
#include "api/failures.h"
#include "api/key_text.h"
#include "api/router.h"
#include "base/clock.h"
#include "base/obj.h"
#include "world.h"

static struct world w;
static struct reply r;
static char admin[64];

static int open_world(void **state)
{
	(void)state;
	world_open(&w);
	snprintf(admin, sizeof admin, "%s", w.key);
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

/* Who sends the requests from now on. */
static void as(const char *key)
{
	snprintf(w.key, sizeof w.key, "%s", key);
}

/* A key of the fake core; its text is static for each `n`. */
static const char *key_of(unsigned n, enum api_role role, const char *workspace)
{
	static char texts[8][KEY_TEXT + 1];

	key_text_make(texts[n]);
	fake_key(&w.fake, texts[n], role, workspace);
	return texts[n];
}

static struct fake_account *account(const char *id, const char *workspace)
{
	struct fake_account *a = fake_add(&w.fake, id);

	snprintf(a->workspace, sizeof a->workspace, "%s", workspace);
	return a;
}

/* --- making --- */

static void a_key_is_shown_once(void **state)
{
	char key[128], id[16];
	struct fake_key *k = &w.fake.keys[0];
	struct str text;
	uint8_t digest[DIGEST_BYTES];

	(void)state;
	ask(&w, "POST", "/v1/keys", "",
	    "{\"label\":\"shop\",\"role\":\"operator\",\"workspace\":\"ws1\",\"expires_in\":3600}",
	    &r);
	assert_int_equal(r.status, 201);
	snprintf(key, sizeof key, "%s", reply_member(&r, "key"));
	snprintf(id, sizeof id, "%s", reply_member(&r, "id"));
	text = str_of(key);
	assert_true(key_text_fits(text));
	assert_true(str_is(key_text_id(text), id));
	assert_string_equal(reply_member(&r, "role"), "operator");
	assert_string_equal(reply_member(&r, "workspace"), "ws1");
	assert_string_equal(reply_member(&r, "revoked_at"), "null");
	assert_true(digest_of(digest, &text, 1));
	assert_memory_equal(k->digest, digest, sizeof digest);
	assert_true(k->expires_at > clock_ms() && k->expires_at <= clock_ms() + 3600000);
	ask(&w, "GET", "/v1/keys", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "keys.0.id"), id);
	assert_string_equal(reply_member(&r, "keys.0.label"), "shop");
	assert_string_equal(reply_member(&r, "keys.0.key"), "(absent)");
	assert_null(strstr(r.body, key + 16)); /* nothing of the secret */
	account("a1", "ws1");
	as(key);
	ask(&w, "GET", "/v1/accounts/a1", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(w.fake.n_key_uses, 1);
	ask(&w, "GET", "/v1/accounts/a1", "", NULL, &r);
	assert_int_equal(w.fake.n_key_uses, 1); /* kept to the hour */
}

static void wishes_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *body, *code;
	} cases[] = {
		{ "{}", "invalid_field" },
		{ "{\"role\":\"root\"}", "invalid_field" },
		{ "{\"role\":7}", "invalid_field" },
		{ "{\"role\":\"viewer\",\"role\":\"admin\"}", "invalid_json" },
		{ "{\"role\":\"viewer\",\"workspace\":\"No!\"}", "invalid_field" },
		{ "{\"role\":\"admin\",\"workspace\":\"ws1\"}", "invalid_field" },
		{ "{\"role\":\"viewer\",\"label\":\"a\\nb\"}", "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_in\":0}", "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_in\":-1}", "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_in\":1.5}", "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_in\":315360001}", "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_in\":99999999999999999999}", "invalid_json" },
		{ "{\"role\":\"viewer\",\"expires_at\":\"tomorrow\"}", "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_at\":\"2099-02-29T00:00:00Z\"}",
		  "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_at\":\"2099-02-31T00:00:00Z\"}",
		  "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_at\":\"2099-06-30T23:59:60Z\"}",
		  "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_at\":\"2020-01-01T00:00:00Z\"}",
		  "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_at\":\"2099-01-01T00:00:00+01:00\"}",
		  "invalid_field" },
		{ "{\"role\":\"viewer\",\"expires_in\":1,\"expires_at\":\"2099-01-01T00:00:00Z\"}",
		  "invalid_field" },
		{ "{\"role\":\"viewer\",\"secret\":\"mine\"}", "unknown_field" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask(&w, "POST", "/v1/keys", "", cases[i].body, &r);
		reply_is_problem(&r, 400, cases[i].code);
	}
	assert_int_equal(w.fake.n_keys, 0);
	ask(&w, "POST", "/v1/keys", "",
	    "{\"role\":\"viewer\",\"expires_at\":\"2099-01-01T00:00:00.5Z\"}", &r);
	assert_int_equal(r.status, 201);
	assert_string_equal(reply_member(&r, "expires_at"), "2099-01-01T00:00:00.000Z");
	assert_string_equal(reply_member(&r, "workspace"), "null");
}

static void keys_that_are_not_there_cannot_be_revoked(void **state)
{
	(void)state;
	ask(&w, "DELETE", "/v1/keys/0a1b2c3d", "", NULL, &r);
	reply_is_problem(&r, 404, "key_not_found");
	ask(&w, "DELETE", "/v1/keys/admin", "", NULL, &r);
	reply_is_problem(&r, 404, "key_not_found");
	ask(&w, "DELETE", "/v1/keys/zzzzzzzz", "", NULL, &r);
	reply_is_problem(&r, 404, "key_not_found");
	assert_non_null(strstr(reply_member(&r, "detail"), "0-9 and a-f"));
	ask(&w, "DELETE", "/v1/keys/..%2e%2e", "", NULL, &r);
	reply_is_problem(&r, 404, "key_not_found");
}

/* --- roles --- */

/* What a request with this key gets, without its body being looked at. */
static unsigned status_of(const struct route *route, const char *path)
{
	struct client c;

	client_open(&c, &w);
	client_request(&c, http_method_name(route->method), path, "Connection: close\r\n", NULL);
	client_reply(&c, &r, false);
	client_close(&c);
	return r.status;
}

static void path_of(const struct route *route, char path[128])
{
	static const char *const values[][2] = {
		{ "{id}", "a1" },
		{ "{verb}", "scan" },
		{ "{key}", "00000000" },
		{ "{workspace}", "ws1" },
	};
	const char *s = route->path;
	size_t n = 0;

	while (*s != '\0') {
		size_t i = 0;

		while (i < ARRAY_LEN(values) && strncmp(s, values[i][0], strlen(values[i][0])) != 0)
			i++;
		if (i == ARRAY_LEN(values)) {
			if (*s != '{' && *s != '}')
				path[n++] = *s; /* another parameter: its own name does */
			s++;
			continue;
		}
		n += (size_t)snprintf(path + n, 128 - n, "%s", values[i][1]);
		s += strlen(values[i][0]);
	}
	path[n] = '\0';
}

struct caller {
	const char *key;
	enum api_role role;
	const char *workspace;
};

/* What the README promises, worked out here and not by the code under test. */
static unsigned refusal_of(const struct route *route, const struct caller *who)
{
	bool get = route->method == METHOD_GET;
	bool of_account = strncmp(route->path, "/v1/accounts/{id}", 17) == 0;
	bool a_pause = strcmp(route->path, "/v1/pauses/account/{id}") == 0;
	bool of_workspace = strcmp(route->path, "/v1/pauses/workspace/{workspace}") == 0;
	bool a_job = strcmp(route->path, "/v1/bulk/{bulk}") == 0;
	bool scoped =
	    of_account || a_pause || of_workspace || a_job ||
	    strcmp(route->path, "/v1/accounts") == 0 || strcmp(route->path, "/v1/bulk") == 0 ||
	    strcmp(route->path, "/v1/pauses") == 0 || strcmp(route->path, "/v1/events") == 0 ||
	    strcmp(route->path, "/v1/alerts") == 0 || strcmp(route->path, "/v1/session") == 0;
	enum api_role least = get ? ROLE_VIEWER : ROLE_OPERATOR;
	bool of_webhooks = strncmp(route->path, "/v1/webhooks", 12) == 0;

	if (strcmp(route->path, "/v1/accounts/{id}/qr") == 0)
		least = ROLE_OPERATOR;
	if (strcmp(route->path, "/v1/session") == 0)
		least = ROLE_VIEWER; /* whoever has logged in may log out */
	if (strncmp(route->path, "/v1/keys", 8) == 0)
		least = ROLE_ADMIN;
	if (of_webhooks) { /* an URL may hold a token */
		scoped = get || strstr(route->path, "/test") != NULL ||
			 strstr(route->path, "/replay") != NULL;
		least = scoped ? ROLE_OPERATOR : ROLE_ADMIN;
	}
	if (who->role < least)
		return 403;
	if (who->workspace[0] == '\0')
		return 0;
	if (!scoped)
		return 403;
	if (a_job)
		return 0; /* the fake's is another workspace's: job_not_found */
	if (of_workspace)
		return strcmp(who->workspace, "ws1") != 0 ? 403 : 0;
	return (of_account || a_pause) && strcmp(who->workspace, "ws1") != 0 ? 404 : 0;
}

static void every_route_asks_for_its_role_and_workspace(void **state)
{
	const struct caller callers[] = {
		{ key_of(0, ROLE_VIEWER, ""), ROLE_VIEWER, "" },
		{ key_of(1, ROLE_OPERATOR, ""), ROLE_OPERATOR, "" },
		{ key_of(2, ROLE_ADMIN, ""), ROLE_ADMIN, "" },
		{ key_of(3, ROLE_VIEWER, "ws1"), ROLE_VIEWER, "ws1" },
		{ key_of(4, ROLE_OPERATOR, "ws1"), ROLE_OPERATOR, "ws1" },
		{ key_of(5, ROLE_OPERATOR, "ws2"), ROLE_OPERATOR, "ws2" },
		{ admin, ROLE_ADMIN, "" },
	};
	size_t n, tried = 0;
	const struct route *routes = router_routes(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		char path[128];

		if (route_role(&routes[i]) == ROLE_NONE)
			continue;
		path_of(&routes[i], path);
		for (size_t k = 0; k < ARRAY_LEN(callers); k++) {
			unsigned refusal = refusal_of(&routes[i], &callers[k]), got;

			if (fake_find(&w.fake, "a1") == NULL)
				account("a1", "ws1"); /* DELETE was among them */
			as(callers[k].key);
			got = status_of(&routes[i], path);
			tried++;
			if (refusal == 403)
				reply_is_problem(&r, 403, "forbidden");
			else if (refusal == 404)
				reply_is_problem(&r, 404, "account_not_found");
			else if (got == 401 || got == 403 ||
				 strstr(r.body, "account_not_found") != NULL)
				fail_msg("%s %s as %s of \"%s\": %u %s",
					 http_method_name(routes[i].method), path,
					 api_role_name(callers[k].role), callers[k].workspace, got,
					 r.body);
		}
	}
	assert_true(tried >= 17 * ARRAY_LEN(callers));
}

static void a_refusal_says_what_is_needed(void **state)
{
	(void)state;
	account("a1", "ws1");
	as(key_of(0, ROLE_VIEWER, ""));
	ask(&w, "POST", "/v1/accounts/a1/connect", "", NULL, &r);
	assert_non_null(strstr(r.body, "role operator"));
	assert_non_null(strstr(r.body, "has role viewer"));
	as(key_of(1, ROLE_OPERATOR, "ws1"));
	ask(&w, "GET", "/v1/workers", "", NULL, &r);
	assert_non_null(strstr(r.body, "all workspaces"));
}

static void keys_that_open_nothing_are_told_apart(void **state)
{
	const char *good = key_of(0, ROLE_VIEWER, "");
	char wrong[KEY_TEXT + 1];

	(void)state;
	snprintf(wrong, sizeof wrong, "%s", good);
	wrong[KEY_TEXT - 2] = wrong[KEY_TEXT - 2] == 'a' ? 'b' : 'a';
	as(wrong); /* a known id with another secret */
	ask(&w, "GET", "/v1/accounts", "", NULL, &r);
	reply_is_problem(&r, 401, "unauthorized");
	assert_null(strstr(r.body, wrong));
	assert_non_null(reply_header(&r, "WWW-Authenticate"));
	as(good);
	w.fake.keys[0].expires_at = clock_ms();
	ask(&w, "GET", "/v1/accounts", "", NULL, &r);
	reply_is_problem(&r, 401, "unauthorized");
	assert_non_null(strstr(r.body, "has expired"));
	w.fake.keys[0].expires_at = 0;
	w.fake.keys[0].revoked_at = clock_ms();
	ask(&w, "GET", "/v1/accounts", "", NULL, &r);
	reply_is_problem(&r, 401, "unauthorized");
	assert_non_null(strstr(r.body, "was revoked"));
}

/* --- one workspace only --- */

static void lists_show_one_workspace(void **state)
{
	(void)state;
	account("a1", "ws1");
	account("b1", "ws2");
	account("a2", "ws1");
	as(key_of(0, ROLE_VIEWER, "ws1"));
	ask(&w, "GET", "/v1/accounts", "", NULL, &r);
	assert_string_equal(reply_member(&r, "accounts.0.id"), "a1");
	assert_string_equal(reply_member(&r, "accounts.1.id"), "a2");
	assert_string_equal(reply_member(&r, "accounts.2.id"), "(absent)");
	ask(&w, "GET", "/v1/accounts?workspace=ws1&limit=1", "", NULL, &r);
	assert_string_equal(reply_member(&r, "next_cursor"), "1");
	ask(&w, "GET", "/v1/accounts?workspace=ws2", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "accounts"), "[]");
	assert_string_equal(reply_member(&r, "next_cursor"), "null");
}

static void accounts_are_made_in_the_workspace_of_the_key(void **state)
{
	(void)state;
	as(key_of(0, ROLE_OPERATOR, "ws1"));
	ask(&w, "POST", "/v1/accounts", "", "{\"provider\":\"mock\"}", &r);
	assert_int_equal(r.status, 201);
	assert_string_equal(reply_member(&r, "workspace"), "ws1");
	ask(&w, "POST", "/v1/accounts", "", "{\"provider\":\"mock\",\"workspace\":\"ws1\"}", &r);
	assert_int_equal(r.status, 201);
	ask(&w, "POST", "/v1/accounts", "", "{\"provider\":\"mock\",\"workspace\":\"ws2\"}", &r);
	reply_is_problem(&r, 403, "forbidden");
	ask(&w, "POST", "/v1/accounts", "", "{\"provider\":\"mock\",\"workspace\":\"default\"}",
	    &r);
	reply_is_problem(&r, 403, "forbidden");
	assert_int_equal(w.fake.n_accounts, 2);
}

/* The account is deleted and its id taken in another workspace while the command is on its way. */
static void an_id_that_changes_hands_is_not_acted_upon(void **state)
{
	struct client c;

	(void)state;
	account("a1", "ws1");
	as(key_of(0, ROLE_OPERATOR, "ws1"));
	w.fake.hold = true;
	client_open(&c, &w);
	client_request(&c, "POST", "/v1/accounts/a1/disconnect", "", NULL);
	while (w.fake.inbox == NULL)
		world_turn(&w);
	fake_find(&w.fake, "a1")->deleted = true;
	account("a1", "ws2");
	w.fake.hold = false;
	client_reply(&c, &r, false);
	reply_is_problem(&r, 404, "account_not_found");
	assert_string_equal(fake_find(&w.fake, "a1")->status, "new");
	client_close(&c);
}

static void streams_tell_of_one_workspace(void **state)
{
	struct client c;

	(void)state;
	account("a1", "ws1");
	account("b1", "ws2");
	fake_status(&w.fake, "b1", "connecting", ""); /* seq 1: read from the ring */
	fake_status(&w.fake, "a1", "connecting", "");
	as(key_of(0, ROLE_VIEWER, "ws1"));
	client_open(&c, &w);
	client_request(&c, "GET", "/v1/events?after=0", "", NULL);
	client_until(&c, "id: 2\n");
	fake_status(&w.fake, "b1", "connected", "");
	fake_status(&w.fake, "a1", "connected", "");
	client_until(&c, "id: 4\n");
	client_close(&c);
	/* and from the journal, when the ring has forgotten */
	for (int i = 0; i < 100; i++) {
		fake_status(&w.fake, "b1", "connected", "");
		fake_status(&w.fake, "a1", "connected", "");
	}
	client_open(&c, &w);
	client_request(&c, "GET", "/v1/events?after=0", "", NULL);
	client_until(&c, "retry: 1000\n\n");
	client_until(&c, "id: 2\n");
	client_until(&c, "id: 204\n");
	client_poll(&c);
	assert_true(c.in.n == 0 || memmem(c.in.p, c.in.n, "ws2", 3) == NULL);
	client_close(&c);
}

static void nothing_of_another_workspace_is_in_a_stream(void **state)
{
	struct client c;

	(void)state;
	account("a1", "ws1");
	account("b1", "ws2");
	as(key_of(0, ROLE_VIEWER, "ws1"));
	client_open(&c, &w);
	client_request(&c, "GET", "/v1/events", "", NULL);
	world_until_streams(&w, 1);
	for (int i = 0; i < 5; i++)
		fake_status(&w.fake, "b1", "connected", "");
	fake_status(&w.fake, "a1", "connected", "");
	while (client_poll(&c), c.in.n == 0 || memmem(c.in.p, c.in.n, "id: 6", 5) == NULL)
		world_turn(&w);
	assert_null(memmem(c.in.p, c.in.n, "b1", 2));
	client_close(&c);
}

static void requests_of_two_keys_do_not_meet(void **state)
{
	const char *one = key_of(0, ROLE_OPERATOR, "ws1"), *two = key_of(1, ROLE_OPERATOR, "ws2");
	static const char body[] = "{\"provider\":\"mock\"}";

	(void)state;
	as(one);
	ask(&w, "POST", "/v1/accounts", "Idempotency-Key: k1\r\n", body, &r);
	assert_int_equal(r.status, 201);
	as(two);
	ask(&w, "POST", "/v1/accounts", "Idempotency-Key: k1\r\n", body, &r);
	assert_int_equal(r.status, 201);
	assert_string_equal(reply_member(&r, "workspace"), "ws2");
	assert_null(reply_header(&r, "Idempotency-Replayed"));
	as(one);
	ask(&w, "POST", "/v1/accounts", "Idempotency-Key: k1\r\n", body, &r);
	assert_non_null(reply_header(&r, "Idempotency-Replayed"));
	assert_string_equal(reply_member(&r, "workspace"), "ws1");
}

/* --- the end of a key --- */

static void a_revoked_key_loses_what_it_had_open(void **state)
{
	const char *key = key_of(0, ROLE_OPERATOR, "");
	struct client stream, other, waiter;
	char path[64];

	(void)state;
	account("a1", "ws1");
	as(admin);
	client_open(&other, &w);
	client_request(&other, "GET", "/v1/events", "", NULL);
	as(key);
	client_open(&stream, &w);
	client_request(&stream, "GET", "/v1/events", "", NULL);
	world_until_streams(&w, 2);
	client_open(&waiter, &w);
	client_request(&waiter, "POST", "/v1/accounts/a1/connect", "Prefer: wait=60\r\n", NULL);
	world_until_waiters(&w, 1);
	snprintf(path, sizeof path, "/v1/keys/%s", w.fake.keys[0].id);
	as(admin);
	ask(&w, "DELETE", path, "", NULL, &r);
	assert_int_equal(r.status, 204);
	assert_int_equal(world_stats(&w).streams, 1);
	client_until(&stream, "connecting"); /* of the request above */
	client_is_closed(&stream);
	fake_status(&w.fake, "a1", "qr_scanning", "2@secret");
	client_reply(&waiter, &r, false);
	reply_is_problem(&r, 401, "unauthorized");
	assert_null(strstr(r.body, "2@secret"));
	client_until(&other, "account.status");
	ask(&w, "DELETE", path, "", NULL, &r);
	assert_int_equal(r.status, 204); /* again is fine */
	client_close(&stream);
	client_close(&other);
	client_close(&waiter);
}

static void nothing_is_told_after_the_end(void **state)
{
	struct client c;

	(void)state;
	account("a1", "ws1");
	as(key_of(0, ROLE_VIEWER, ""));
	client_open(&c, &w);
	client_request(&c, "GET", "/v1/events", "", NULL);
	world_until_streams(&w, 1);
	client_until(&c, "retry: 1000\n\n");
	w.fake.keys[0].expires_at = clock_ms(); /* nobody says so */
	fake_status(&w.fake, "a1", "connected", "");
	assert_true(client_is_closed(&c));
	client_close(&c);
}

/* --- wrong keys --- */

static void wrong_keys_are_limited_and_right_ones_never(void **state)
{
	const char *good = key_of(0, ROLE_VIEWER, "");
	uint64_t seconds;
	struct client c;

	(void)state;
	as("relink_00000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	client_open(&c, &w);
	for (int i = 0; i < FAILURES_ALLOWED; i++) {
		client_request(&c, "GET", "/v1/accounts", "", NULL);
		client_reply(&c, &r, false);
		reply_is_problem(&r, 401, "unauthorized");
	}
	client_request(&c, "GET", "/v1/accounts", "", NULL);
	client_reply(&c, &r, false);
	reply_is_problem(&r, 429, "too_many_wrong_keys");
	assert_true(str_to_u64(str_of(reply_header(&r, "Retry-After")), 60, &seconds));
	assert_true(seconds >= 1);
	as(good);
	client_request(&c, "GET", "/v1/accounts", "", NULL);
	client_reply(&c, &r, false);
	assert_int_equal(r.status, 200);
	client_close(&c);
	as(admin);
	ask(&w, "GET", "/v1/keys", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(world_stats(&w).wrong_keys, FAILURES_ALLOWED + 1);
	assert_int_equal(world_stats(&w).limited_keys, 1);
}

static void no_key_at_all_is_no_wrong_key(void **state)
{
	struct client c;

	(void)state;
	client_open(&c, &w);
	for (int i = 0; i < FAILURES_ALLOWED + 5; i++) {
		client_send(&c, STR("GET /v1/accounts HTTP/1.1\r\nHost: x\r\n\r\n"));
		client_reply(&c, &r, false);
		reply_is_problem(&r, 401, "unauthorized");
	}
	assert_int_equal(world_stats(&w).wrong_keys, 0);
	client_close(&c);
}

static struct peer peer_at(uint32_t n)
{
	return (struct peer){ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, (uint8_t)(n >> 16),
				(uint8_t)(n >> 8), (uint8_t)n } };
}

static void failures_are_counted_by_address_and_minute(void **state)
{
	struct failures f = { 0 };
	struct peer one = peer_at(1), two = peer_at(2);

	(void)state;
	for (int i = 0; i < FAILURES_ALLOWED; i++)
		assert_int_equal(failures_add(&f, &one, 1000), 0);
	assert_int_equal(failures_add(&f, &one, 1000), 60);
	assert_int_equal(failures_add(&f, &one, 60500), 1);
	assert_int_equal(failures_add(&f, &two, 60500), 0);
	assert_int_equal(failures_add(&f, &one, 61000), 0); /* a new minute */
	failures_fini(&f);
}

static void the_table_of_failures_is_bounded(void **state)
{
	struct failures f = { 0 };
	struct peer first = peer_at(0);

	(void)state;
	for (int i = 0; i <= FAILURES_ALLOWED; i++)
		failures_add(&f, &first, 1000);
	assert_int_not_equal(failures_add(&f, &first, 1000), 0);
	for (uint32_t i = 1; i < FAILURES_PEERS; i++) {
		struct peer p = peer_at(i);

		assert_int_equal(failures_add(&f, &p, 1000), 0);
	}
	assert_int_not_equal(failures_add(&f, &first, 1000), 0); /* all fit */
	first = peer_at(FAILURES_PEERS);
	failures_add(&f, &first, 1000);
	first = peer_at(0); /* the oldest made room */
	assert_int_equal(failures_add(&f, &first, 1000), 0);
	failures_fini(&f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_is_shown_once),
		TEST(wishes_that_make_no_sense_are_refused),
		TEST(keys_that_are_not_there_cannot_be_revoked),
		TEST(every_route_asks_for_its_role_and_workspace),
		TEST(a_refusal_says_what_is_needed),
		TEST(keys_that_open_nothing_are_told_apart),
		TEST(lists_show_one_workspace),
		TEST(accounts_are_made_in_the_workspace_of_the_key),
		TEST(an_id_that_changes_hands_is_not_acted_upon),
		TEST(streams_tell_of_one_workspace),
		TEST(nothing_of_another_workspace_is_in_a_stream),
		TEST(requests_of_two_keys_do_not_meet),
		TEST(a_revoked_key_loses_what_it_had_open),
		TEST(nothing_is_told_after_the_end),
		TEST(wrong_keys_are_limited_and_right_ones_never),
		TEST(no_key_at_all_is_no_wrong_key),
		cmocka_unit_test(failures_are_counted_by_address_and_minute),
		cmocka_unit_test(the_table_of_failures_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
