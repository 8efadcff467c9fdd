/* accounts_test.c - making, reading, listing, changing and deleting accounts over a real socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

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

static int close_world(void **state)
{
	(void)state;
	world_close(&w);
	return 0;
}

/* --- accounts --- */

static void an_account_is_created_with_everything(void **state)
{
	(void)state;
	ask(&w, "POST", "/v1/accounts", "",
	    "{\"provider\":\"mock\",\"id\":\"shop-1\",\"workspace\":\"acme\",\"label\":\"Shop "
	    "\\u00e4\","
	    "\"metadata\":{\"a\":[1,2.5,null],\"b\":\"x\"},\"priority\":\"high\",\"connect\":true}",
	    &r);
	assert_int_equal(r.status, 201);
	assert_string_equal(reply_header(&r, "Location"), "/v1/accounts/shop-1");
	assert_string_equal(reply_header(&r, "Cache-Control"), "no-store");
	assert_string_equal(reply_header(&r, "X-Content-Type-Options"), "nosniff");
	assert_non_null(reply_header(&r, "Date"));
	assert_null(reply_header(&r, "Server"));
	assert_string_equal(reply_member(&r, "id"), "shop-1");
	assert_string_equal(reply_member(&r, "workspace"), "acme");
	assert_string_equal(reply_member(&r, "label"), "Shop \xc3\xa4");
	assert_string_equal(reply_member(&r, "metadata"), "{\"a\":[1,2.5,null],\"b\":\"x\"}");
	assert_string_equal(reply_member(&r, "priority"), "high");
	assert_string_equal(reply_member(&r, "status"), "new");
	assert_string_equal(reply_member(&r, "phone"), "null");
	assert_string_equal(reply_member(&r, "qr"), "null");
	assert_string_equal(reply_member(&r, "created_at"), "2025-11-16T10:00:00.000Z");
	assert_true(w.fake.last_connect);
}

/* What is null is as if it had not come. */
static void an_account_gets_an_id_and_the_default_workspace(void **state)
{
	static const char *const bodies[] = {
		"{\"provider\":\"mock\"}",
		"{\"provider\":\"mock\",\"id\":null,\"workspace\":null,\"priority\":null,"
		"\"label\":null,\"metadata\":null,\"connect\":null}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		ask(&w, "POST", "/v1/accounts", "", bodies[i], &r);
		assert_int_equal(r.status, 201);
		assert_string_equal(reply_member(&r, "id"), i == 0 ? "acc_1" : "acc_2");
		assert_string_equal(reply_member(&r, "workspace"), "default");
		assert_string_equal(reply_member(&r, "priority"), "normal");
		assert_string_equal(reply_member(&r, "label"), "");
		assert_string_equal(reply_member(&r, "metadata"), "{}");
		assert_false(w.fake.last_connect);
	}
}

static void bad_bodies_are_refused(void **state)
{
	static const struct {
		const char *body, *code;
		unsigned status;
	} cases[] = {
		{ "{", "invalid_json", 400 },
		{ "[]", "invalid_json", 400 },
		{ "\"mock\"", "invalid_json", 400 },
		{ "{\"provider\":\"mock\"} x", "invalid_json", 400 },
		{ "{\"provider\":\"mock\",\"provider\":\"mock\"}", "invalid_json", 400 },
		{ "{\"provider\":\"mock\",\"metadata\":{\"a\":1e999999}}", "invalid_json", 400 },
		{ "{\"provider\":\"\\ud800\"}", "invalid_json", 400 },
		{ "{\"provider\":\"a\\u0000b\"}", "invalid_json", 400 },
		{ "{}", "invalid_field", 400 },
		{ "{\"provider\":1}", "invalid_field", 400 },
		{ "{\"provider\":null}", "invalid_field", 400 },
		{ "{\"provider\":\"\"}", "invalid_field", 400 },
		{ "{\"provider\":\"Mock\"}", "invalid_field", 400 },
		{ "{\"provider\":\"mock\",\"id\":\"-a\"}", "invalid_field", 400 },
		{ "{\"provider\":\"mock\",\"id\":\"a/b\"}", "invalid_field", 400 },
		{ "{\"provider\":\"mock\",\"id\":\"\"}", "invalid_field", 400 },
		{ "{\"provider\":\"mock\",\"workspace\":\"a_b\"}", "invalid_field", 400 },
		{ "{\"provider\":\"mock\",\"label\":\"a\\nb\"}", "invalid_field", 400 },
		{ "{\"provider\":\"mock\",\"metadata\":[]}", "invalid_field", 400 },
		{ "{\"provider\":\"mock\",\"priority\":\"urgent\"}", "invalid_field", 400 },
		{ "{\"provider\":\"mock\",\"connect\":1}", "invalid_field", 400 },
		{ "{\"provider\":\"mock\",\"generation\":7}", "unknown_field", 400 },
		{ "{\"provider\":\"mock\",\"status\":\"connected\"}", "unknown_field", 400 },
		{ "{\"provider\":\"other\"}", "provider_not_found", 422 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask(&w, "POST", "/v1/accounts", "", cases[i].body, &r);
		if (r.status != cases[i].status ||
		    strcmp(reply_member(&r, "code"), cases[i].code) != 0)
			fail_msg("%s: expected %u %s, got %s", cases[i].body, cases[i].status,
				 cases[i].code, r.body);
	}
	assert_int_equal(w.fake.n_accounts, 0);
}

static void texts_are_bounded(void **state)
{
	char body[8192], text[5000];

	(void)state;
	memset(text, 'a', sizeof text);
	text[64] = '\0';
	snprintf(body, sizeof body, "{\"provider\":\"mock\",\"id\":\"%s\"}", text);
	ask(&w, "POST", "/v1/accounts", "", body, &r);
	assert_int_equal(r.status, 201);
	text[64] = 'a';
	text[65] = '\0';
	snprintf(body, sizeof body, "{\"provider\":\"mock\",\"id\":\"%s\"}", text);
	ask(&w, "POST", "/v1/accounts", "", body, &r);
	reply_is_problem(&r, 400, "invalid_field");
	text[65] = 'a';
	text[4090] = '\0';
	snprintf(body, sizeof body, "{\"provider\":\"mock\",\"metadata\":{\"a\":\"%s\"}}", text);
	ask(&w, "POST", "/v1/accounts", "", body, &r);
	reply_is_problem(&r, 400, "invalid_field");
	text[4088] = '\0';
	snprintf(body, sizeof body, "{\"provider\":\"mock\",\"metadata\":{\"a\":\"%s\"}}", text);
	ask(&w, "POST", "/v1/accounts", "", body, &r);
	assert_int_equal(r.status, 201);
}

static void json_may_nest_32_levels(void **state)
{
	char body[256];

	(void)state;
	for (unsigned depth = 31; depth <= 32; depth++) {
		snprintf(body, sizeof body, "{\"provider\":\"mock\",\"metadata\":{\"a\":%.*s%.*s}}",
			 (int)depth - 1, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", (int)depth - 1,
			 "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
		ask(&w, "POST", "/v1/accounts", "", body, &r);
		assert_int_equal(r.status, depth == 31 ? 201 : 400);
	}
	assert_string_equal(reply_member(&r, "code"), "invalid_json");
}

static void a_body_must_say_that_it_is_json(void **state)
{
	struct client c;
	static const struct {
		const char *type;
		unsigned status;
	} cases[] = {
		{ "Content-Type: application/json\r\n", 201 },
		{ "Content-Type: Application/JSON; charset=utf-8\r\n", 201 },
		{ "Content-Type: text/plain\r\n", 415 },
		{ "Content-Type: application/jsonx\r\n", 415 },
		{ "", 415 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char headers[128];

		snprintf(headers, sizeof headers, "%sContent-Length: 19\r\n", cases[i].type);
		client_open(&c, &w);
		client_request(&c, "POST", "/v1/accounts", headers, NULL);
		client_send(&c, STR("{\"provider\":\"mock\"}"));
		client_reply(&c, &r, false);
		assert_int_equal(r.status, cases[i].status);
		client_close(&c);
	}
}

/* What somebody keeps with us comes back as it was. */
static void metadata_keep_their_numbers_and_texts(void **state)
{
	static const char text[] =
	    "{\"n\":[0.1,0.30000000000000004,-1.5e+300,1e-07,2.0,9007199254740993,-0.0],\"\\\"k\":"
	    "\"h\xc3\xa9\\n\\\\\\u0001\",\"deep\":{\"a\":[true,false,null,{},[]]}}";
	char body[512];

	(void)state;
	fake_add(&w.fake, "a1");
	snprintf(body, sizeof body, "{\"metadata\": %s }", text);
	ask(&w, "PATCH", "/v1/accounts/a1", "", body, &r);
	assert_int_equal(r.status, 200);
	if (strstr(r.body, text) == NULL)
		fail_msg("%s", r.body);
}

static void an_account_is_read_changed_and_deleted(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	ask(&w, "GET", "/v1/accounts/a1", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "id"), "a1");
	ask(&w, "PATCH", "/v1/accounts/a1", "", "{\"label\":\"new\",\"metadata\":{\"k\":1}}", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "label"), "new");
	assert_string_equal(reply_member(&r, "metadata"), "{\"k\":1}");
	ask(&w, "PATCH", "/v1/accounts/a1", "", "{\"provider\":\"mock\"}", &r);
	reply_is_problem(&r, 400, "unknown_field");
	ask(&w, "DELETE", "/v1/accounts/a1", "", NULL, &r);
	assert_int_equal(r.status, 204);
	assert_null(reply_header(&r, "Content-Length"));
	ask(&w, "GET", "/v1/accounts/a1", "", NULL, &r);
	reply_is_problem(&r, 404, "account_not_found");
	assert_string_equal(reply_member(&r, "detail"),
			    "There is no account \"a1\". List them with GET /v1/accounts.");
	ask(&w, "DELETE", "/v1/accounts/a1", "", NULL, &r);
	reply_is_problem(&r, 404, "account_not_found");
}

static void accounts_are_listed_page_by_page(void **state)
{
	static const char *const cursors[] = { "\"1000\"}", "\"2000\"}", "null}" };
	char path[128] = "/v1/accounts?limit=1000", id[32];

	(void)state;
	for (unsigned i = 0; i < 2500; i++) {
		snprintf(id, sizeof id, "a%u", i);
		fake_add(&w.fake, id);
	}
	for (unsigned page = 0; page < 3; page++) {
		struct client c; /* a page is larger than struct reply */

		client_open(&c, &w);
		client_request(&c, "GET", path, "Connection: close\r\n", NULL);
		snprintf(id, sizeof id, "{\"id\":\"a%u\"", page * 1000);
		client_until(&c, id);
		client_until(&c, "\"next_cursor\":");
		client_until(&c, cursors[page]);
		assert_true(client_is_closed(&c));
		client_close(&c);
		snprintf(path, sizeof path, "/v1/accounts?limit=1000&cursor=%u", (page + 1) * 1000);
	}
	ask(&w, "GET", "/v1/accounts?limit=2&cursor=2497", "", NULL, &r);
	assert_string_equal(reply_member(&r, "accounts.0.id"), "a2497");
	assert_string_equal(reply_member(&r, "accounts.1.id"), "a2498");
	assert_string_equal(reply_member(&r, "next_cursor"), "2499");
	ask(&w, "GET", "/v1/accounts?limit=2&cursor=2499", "", NULL, &r);
	assert_string_equal(reply_member(&r, "accounts.0.id"), "a2499");
	assert_string_equal(reply_member(&r, "next_cursor"), "null");
}

static void accounts_are_filtered(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	fake_add(&w.fake, "a2");
	fake_add(&w.fake, "a3");
	snprintf(w.fake.accounts[1].workspace, 33, "acme");
	snprintf(w.fake.accounts[2].label, 129, "Berlin shop");
	fake_status(&w.fake, "a3", "connected", "");
	ask(&w, "GET", "/v1/accounts?workspace=acme", "", NULL, &r);
	assert_string_equal(reply_member(&r, "accounts.0.id"), "a2");
	assert_string_equal(reply_member(&r, "accounts.1.id"), "(absent)");
	ask(&w, "GET", "/v1/accounts?status=connected&provider=mock", "", NULL, &r);
	assert_string_equal(reply_member(&r, "accounts.0.id"), "a3");
	ask(&w, "GET", "/v1/accounts?label_prefix=Berlin+sh", "", NULL, &r);
	assert_string_equal(reply_member(&r, "accounts.0.id"), "a3");
	ask(&w, "GET", "/v1/accounts?label_prefix=%42erlin%20x", "", NULL, &r);
	assert_string_equal(reply_member(&r, "accounts"), "[]");
}

/* Whatever the size of the pieces, the pages are the whole order, cut. */
static void accounts_are_sorted_page_by_page_in_pieces(void **state)
{
	static const struct {
		uint64_t key;
		const char *id;
	} order[] = { { 1, "a4" }, { 2, "a2" }, { 2, "a6" }, { 3, "a1" },
		      { 7, "a3" }, { 7, "a5" }, { 7, "a7" } };
	char id[8], path[96] = "/v1/accounts?sort=status&limit=3";

	(void)state;
	for (unsigned i = 1; i <= 7; i++) {
		snprintf(id, sizeof id, "a%u", i);
		fake_add(&w.fake, id);
	}
	for (unsigned i = 0; i < 7; i++)
		fake_find(&w.fake, order[i].id)->key = order[i].key;
	w.fake.piece = 2;
	for (unsigned at = 0; at < 7; at += 3) {
		w.fake.pieces = 0;
		ask(&w, "GET", path, "", NULL, &r);
		assert_int_equal(r.status, 200);
		assert_int_equal(w.fake.pieces, 4);
		for (unsigned n = 0; n < 3; n++) {
			char member[32];

			snprintf(member, sizeof member, "accounts.%u.id", n);
			assert_string_equal(reply_member(&r, member),
					    at + n < 7 ? order[at + n].id : "(absent)");
		}
		snprintf(path, sizeof path, "/v1/accounts?sort=status&limit=3&cursor=%s",
			 reply_member(&r, "next_cursor"));
	}
	assert_string_equal(reply_member(&r, "next_cursor"), "null");
	ask(&w, "GET", "/v1/accounts?limit=3&cursor=2", "", NULL, &r);
	assert_string_equal(reply_member(&r, "accounts.0.id"), "a3");
	assert_string_equal(reply_member(&r, "next_cursor"), "5");
	w.fake.pieces = 0;
	ask(&w, "GET", "/v1/health/summary", "", NULL, &r);
	assert_int_equal(w.fake.pieces, 4);
	assert_string_equal(reply_member(&r, "accounts"), "7");
	assert_string_equal(reply_member(&r, "statuses.new"), "7");
	assert_string_equal(reply_member(&r, "providers.0.provider"), "mock");
	assert_string_equal(reply_member(&r, "providers.0.accounts"), "7");
	assert_string_equal(reply_member(&r, "providers.1"), "(absent)");
	assert_string_equal(reply_member(&r, "instances.0.id"), "mock-1");
}

/* Whoever goes between two pieces takes the walk along. */
static void a_walk_ends_with_its_client(void **state)
{
	struct client c;

	(void)state;
	fake_add(&w.fake, "a1");
	fake_add(&w.fake, "a2");
	w.fake.piece = 1;
	for (unsigned i = 0; i < 2; i++) {
		client_open(&c, &w);
		client_request(&c, "GET", i == 0 ? "/v1/accounts?q=x" : "/v1/health/summary", "",
			       NULL);
		w.fake.pieces = 0;
		while (w.fake.pieces == 0)
			world_turn(&w);
		client_close(&c);
	}
	ask(&w, "GET", "/v1/accounts/a1", "", NULL, &r);
	assert_int_equal(r.status, 200);
}

static void queries_are_read_strictly(void **state)
{
	static const struct {
		const char *path, *code;
	} cases[] = {
		{ "/v1/accounts?colour=red", "unknown_field" },
		{ "/v1/accounts?", "" },
		{ "/v1/accounts?limit=0", "invalid_field" },
		{ "/v1/accounts?limit=1001", "invalid_field" },
		{ "/v1/accounts?limit=-1", "invalid_field" },
		{ "/v1/accounts?limit=1e2", "invalid_field" },
		{ "/v1/accounts?limit=", "invalid_field" },
		{ "/v1/accounts?limit=5&limit=5", "bad_request" },
		{ "/v1/accounts?status=online", "invalid_field" },
		{ "/v1/accounts?workspace=", "invalid_field" },
		{ "/v1/accounts?workspace=a%00b", "bad_request" },
		{ "/v1/accounts?workspace=%zz", "bad_request" },
		{ "/v1/accounts?workspace=a%2", "bad_request" },
		{ "/v1/accounts?workspace=%ff", "bad_request" },
		{ "/v1/accounts?cursor=99999999999999999999", "invalid_field" },
		{ "/v1/accounts?&", "unknown_field" },
		{ "/v1/accounts?q=", "invalid_field" },
		{ "/v1/accounts?sort=colour", "invalid_field" },
		{ "/v1/accounts?cursor=1.2", "invalid_field" },
		{ "/v1/accounts?sort=health&cursor=12", "invalid_field" },
		{ "/v1/accounts?sort=health&cursor=1.", "invalid_field" },
		{ "/v1/accounts?sort=health&cursor=1.x", "invalid_field" },
		{ "/v1/accounts/a1?x=1", "unknown_field" },
		{ "/healthz?x", "unknown_field" },
		{ "/v1/events?after=x", "invalid_field" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask(&w, "GET", cases[i].path, "", NULL, &r);
		if (cases[i].code[0] == '\0')
			assert_int_equal(r.status, 200);
		else if (r.status != 400 || strcmp(reply_member(&r, "code"), cases[i].code) != 0)
			fail_msg("%s: expected %s, got %s", cases[i].path, cases[i].code, r.body);
	}
}

static void ids_in_paths_are_checked(void **state)
{
	static const struct {
		const char *path;
		unsigned status;
	} cases[] = {
		{ "/v1/accounts/A1", 404 },
		{ "/v1/accounts/a%31", 200 },
		{ "/v1/accounts/a1/", 404 },
		{ "/v1/accounts//qr", 404 },
		{ "/v1/accounts/..", 404 },
		{ "/v1/accounts/%2e%2e", 404 },
		{ "/v1/accounts/..%2fa1", 400 },
		{ "/v1/accounts/a%2Fb", 400 },
		{ "/v1/accounts/%252e", 404 },
		{ "/v1/accounts/a%00", 400 },
		{ "/v1/accounts/a%0d%0aX:y", 400 },
		{ "/v1/accounts/a\\b", 404 },
		{ "/v1/accounts/%c0%ae", 400 },
		{ "/v1/accounts/%", 400 },
		{ "/v1/accounts/%4", 400 },
		{ "/v1/accounts/a1;x", 404 },
		{ "/V1/accounts", 404 },
		{ "/v1", 404 },
		{ "//", 404 },
	};

	(void)state;
	fake_add(&w.fake, "a1");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask(&w, "GET", cases[i].path, "", NULL, &r);
		if (r.status != cases[i].status)
			fail_msg("%s: expected %u, got %u", cases[i].path, cases[i].status,
				 r.status);
	}
}

/* --- pages end by bytes --- */

/* Ask for a page; the number behind `next` in it, 0 for null.  `first` must be in it. */
static unsigned long long page_of(const char *path, const char *next, const char *first)
{
	unsigned long long n;
	struct client c;

	client_open(&c, &w);
	client_request(&c, "GET", path, "Connection: close\r\n", NULL);
	client_until(&c, first);
	client_until(&c, next);
	client_is_closed(&c);
	buf_byte(&c.in, '\0');
	assert_int_equal(c.in.failed, 0);
	n = strtoull(c.in.p + (c.in.p[0] == '"'), NULL, 10);
	client_close(&c);
	return n;
}

/* JSON in one line whose only text is `n` bytes long.  Given. */
static char *large_object(size_t n)
{
	char *p = malloc(n + 16);

	assert_non_null(p);
	memcpy(p, "{\"a\":\"", 6);
	memset(p + 6, 'x', n);
	memcpy(p + 6 + n, "\"}", 3);
	return p;
}

static void no_page_of_accounts_is_larger_than_memory_allows(void **state)
{
	char path[128] = "/v1/accounts?limit=1000", first[32] = "{\"id\":\"a0\"";
	unsigned long long next, before = 0;
	unsigned pages = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char id[32];

		snprintf(id, sizeof id, "a%u", i);
		fake_add(&w.fake, id)->metadata = large_object(LIMIT_METADATA - 8);
	}
	while (next = page_of(path, "\"next_cursor\":", first), next != 0) {
		assert_true(next > before && next < 1000); /* all were asked for */
		before = next;
		snprintf(first, sizeof first, "{\"id\":\"a%llu\"", next); /* rows begin with 1 */
		snprintf(path, sizeof path, "/v1/accounts?limit=1000&cursor=%llu", next);
		pages++;
	}
	assert_int_equal(pages, 1);
}

static void no_page_of_the_timeline_is_larger_than_memory_allows(void **state)
{
	char path[128] = "/v1/accounts/a1/timeline?limit=1000", first[32] = "[{\"seq\":1000,";
	unsigned long long next, before = 1001;
	char *data = large_object(LIMIT_MESSAGE);
	unsigned pages = 0;

	(void)state;
	fake_add(&w.fake, "a1");
	for (unsigned i = 0; i < 1000; i++)
		fake_status(&w.fake, "a1", "connecting", "");
	w.fake.data = data;
	while (next = page_of(path, "\"next_before\":", first), next != 0) {
		assert_true(next < before && next > 1);
		before = next;
		snprintf(first, sizeof first, "[{\"seq\":%llu,", next - 1);
		snprintf(path, sizeof path, "/v1/accounts/a1/timeline?limit=999&before=%llu", next);
		pages++;
	}
	assert_int_equal(pages, 2);
	w.fake.data = NULL;
	free(data);
}

/* --- timeline --- */

static void the_timeline_is_read_backwards(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	fake_add(&w.fake, "a2");
	fake_status(&w.fake, "a1", "connecting", "");
	fake_status(&w.fake, "a2", "connecting", "");
	fake_status(&w.fake, "a1", "connected", "");
	fake_status(&w.fake, "a1", "failed", "");
	ask(&w, "GET", "/v1/accounts/a1/timeline?limit=2", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "entries.0.seq"), "4");
	assert_string_equal(reply_member(&r, "entries.0.type"), "account.status");
	assert_string_equal(reply_member(&r, "entries.0.status"), "failed");
	assert_string_equal(reply_member(&r, "entries.1.seq"), "3");
	assert_string_equal(reply_member(&r, "next_before"), "3");
	ask(&w, "GET", "/v1/accounts/a1/timeline?limit=2&before=3", "", NULL, &r);
	assert_string_equal(reply_member(&r, "entries.0.seq"), "1");
	assert_string_equal(reply_member(&r, "next_before"), "null");
	w.fake.store_busy = true;
	ask(&w, "GET", "/v1/accounts/a1/timeline", "", NULL, &r);
	reply_is_problem(&r, 503, "overloaded");
	assert_string_equal(reply_header(&r, "Retry-After"), "1");
	ask(&w, "GET", "/v1/accounts/a9/timeline", "", NULL, &r);
	reply_is_problem(&r, 404, "account_not_found");
}

static void the_health_of_one_account_tells_stages_and_its_past(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	fake_status(&w.fake, "a1", "connecting", "");
	fake_status(&w.fake, "a1", "disconnected", "");
	ask(&w, "GET", "/v1/accounts/a1/health", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "stages.0.name"), "worker");
	assert_string_equal(reply_member(&r, "stages.0.verdict"), "unknown");
	assert_string_equal(reply_member(&r, "stages.5.name"), "messages");
	assert_string_equal(reply_member(&r, "stages.5.age_ms"), "null");
	assert_non_null(strstr(reply_member(&r, "explanation"), "worker, which is unknown"));
	assert_int_equal(w.fake.n_reads, 0);
	ask(&w, "GET", "/v1/accounts/a1/health?history=1", "", NULL, &r);
	assert_string_equal(reply_member(&r, "history.0.score"), "null");
	assert_string_equal(reply_member(&r, "history_complete"), "true");
	assert_int_equal(w.fake.n_reads, 1);
	ask(&w, "GET", "/v1/accounts/a1/health?history=169", "", NULL, &r);
	assert_int_equal(r.status, 400);
	ask(&w, "GET", "/v1/accounts/a9/health", "", NULL, &r);
	reply_is_problem(&r, 404, "account_not_found");
	w.fake.store_busy = true;
	ask(&w, "GET", "/v1/accounts/a1/health?history=1", "", NULL, &r);
	reply_is_problem(&r, 503, "overloaded");
}

static void the_past_is_read_a_bounded_number_of_pages(void **state)
{
	(void)state;
	fake_add(&w.fake, "a1");
	fake_noise(&w.fake, 6000);
	for (size_t i = 0; i < w.fake.n_lines; i++) { /* messages say nothing of its score */
		w.fake.lines[i].record.row = w.fake.accounts[0].row;
		w.fake.lines[i].record.kind = JOURNAL_RECEIVED;
	}
	ask(&w, "GET", "/v1/accounts/a1/health?history=168", "", NULL, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(reply_member(&r, "history_complete"), "false");
	assert_int_equal(w.fake.n_reads, 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_account_is_created_with_everything),
		TEST(an_account_gets_an_id_and_the_default_workspace),
		TEST(bad_bodies_are_refused),
		TEST(texts_are_bounded),
		TEST(json_may_nest_32_levels),
		TEST(a_body_must_say_that_it_is_json),
		TEST(metadata_keep_their_numbers_and_texts),
		TEST(an_account_is_read_changed_and_deleted),
		TEST(accounts_are_listed_page_by_page),
		TEST(accounts_are_filtered),
		TEST(accounts_are_sorted_page_by_page_in_pieces),
		TEST(a_walk_ends_with_its_client),
		TEST(queries_are_read_strictly),
		TEST(ids_in_paths_are_checked),
		TEST(the_timeline_is_read_backwards),
		TEST(the_health_of_one_account_tells_stages_and_its_past),
		TEST(the_past_is_read_a_bounded_number_of_pages),
		TEST(no_page_of_accounts_is_larger_than_memory_allows),
		TEST(no_page_of_the_timeline_is_larger_than_memory_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
