/*
 * request_fuzz.c - any bytes as the body of each route that takes one: refused with a sentence, or
 * carried out; and what is read afterwards is JSON.
 *
 * The first byte is the route, the second a few wishes; the rest is the body.  The fuzzer is spared the
 * HTTP around it, which http_fuzz.c is about.
 */
#include <jansson.h>

#include "api/router.h"
#include "base/clock.h"
#include "base/must.h"
#include "base/obj.h"
#include "fuzz.h"
#include "machine.h"

#define READ_BYTES 65536 /* at once, as the server does */
#define HEADERS    "Host: x\r\nX-API-Key: k\r\nAuthorization: Bearer secret\r\n"

/* The path of a pattern, with a name for each parameter. */
static void put_path(struct buf *to, const char *pattern)
{
	static const struct {
		const char *parameter, *value;
	} names[] = {
		{ "{id}", "a1" },        { "{verb}", "v" },       { "{provider}", "mock" },
		{ "{instance}", "m-1" }, { "{key}", "1234" },     { "{session}", "s1" },
		{ "{slot}", "0" },       { "{webhook}", "wh_0" }, { "{bulk}", "b_0" },
		{ "{workspace}", "w" },  { "{incident}", "1" },   { "{token}", "t" },
		{ "{file}", "f" },
	};

	while (*pattern != '\0') {
		size_t i = 0;

		while (i < ARRAY_LEN(names) &&
		       strncmp(pattern, names[i].parameter, strlen(names[i].parameter)) != 0)
			i++;
		if (i < ARRAY_LEN(names)) {
			buf_text(to, names[i].value);
			pattern += strlen(names[i].parameter);
		} else {
			buf_byte(to, *pattern++);
		}
	}
}

/* The n-th that takes a body, round and round. */
static const struct route *route_at(unsigned n)
{
	size_t n_routes, i = 0;
	const struct route *routes = router_routes(&n_routes);

	for (;; i = (i + 1) % n_routes) {
		if (routes[i].body != ROUTE_NONE && n-- == 0)
			return &routes[i];
	}
}

static void ask(struct machine *m, const struct route *route, uint8_t how, struct str body)
{
	struct buf request;

	buf_init(&request, 2u << 20);
	buf_printf(&request, "%s ", http_method_name(route->method));
	put_path(&request, route->path);
	buf_text(&request, " HTTP/1.1\r\n" HEADERS "Content-Type: application/json\r\n");
	if ((how & 1) != 0)
		buf_text(&request, "Prefer: wait=1\r\n");
	if ((how & 2) != 0)
		buf_text(&request, "Idempotency-Key: i\r\n");
	buf_printf(&request, "Content-Length: %zu\r\n\r\n", body.n);
	buf_str(&request, body);
	machine_feed(m, buf_all(&request), READ_BYTES);
	buf_fini(&request);
}

#define READS 11

/* Everything of it that can be read. */
static void read_all(struct machine *m)
{
	static const char *const paths[READS] = {
		"/v1/accounts",
		"/v1/accounts/a1",
		"/v1/accounts/a1/timeline",
		"/v1/keys",
		"/v1/instances",
		"/v1/health/summary",
		"/api/sessions",
		"/api/sessions/s1/status",
		"/api/sessions/s1/metadata",
		"/api/messages/s1/validate",
		"/health/detailed",
	};

	for (size_t i = 0; i < READS; i++) {
		struct buf request;

		buf_init(&request, 1024);
		buf_printf(&request, "GET %s HTTP/1.1\r\n" HEADERS "\r\n", paths[i]);
		machine_feed(m, buf_all(&request), SIZE_MAX);
		buf_fini(&request);
	}
}

static struct str value_of(struct str head, const char *name)
{
	const char *at = memmem(head.p, head.n, name, strlen(name)), *end;

	must(at != NULL);
	at += strlen(name);
	end = memchr(at, '\r', head.n - (size_t)(at - head.p));
	return (struct str){ at, (size_t)(end - at) };
}

/* One answer, with a status of ours and a body of JSON or none; what is behind it. */
static struct str take_answer(struct str out)
{
	const char *end = memmem(out.p, out.n, "\r\n\r\n", 4);
	struct str head;
	uint64_t n = 0;
	json_t *json;

	must(end != NULL && out.n > 12 && memcmp(out.p, "HTTP/1.1 ", 9) == 0);
	must(out.p[9] >= '2' && out.p[9] <= '5');
	head = (struct str){ out.p, (size_t)(end + 4 - out.p) };
	if (memmem(head.p, head.n, "Content-Length: ", 16) != NULL)
		must(str_to_u64(value_of(head, "Content-Length: "), out.n - head.n, &n));
	if (n > 0) {
		json = json_loadb(head.p + head.n, n, JSON_REJECT_DUPLICATES, NULL);
		must(json_is_object(json) || json_is_array(json));
		json_decref(json);
	}
	return (struct str){ out.p + head.n + n, out.n - head.n - n };
}

static void prove_answers(const struct machine *m, unsigned at_least)
{
	struct str out = buf_all(&m->out);
	unsigned n = 0;

	for (; out.n > 0; n++)
		out = take_answer(out);
	must(n >= at_least);
}

/* An account; when the wish is so, one that the old service's client knows as session s1. */
static void add_account(struct machine *m, uint8_t how)
{
	const struct route patch = { .method = METHOD_PATCH, .path = "/v1/accounts/{id}" };

	fake_add(&m->fake, "a1");
	if ((how & 4) != 0)
		ask(m, &patch, 0,
		    STR("{\"metadata\":{\"dropin\":{\"session_ids\":[\"s1\"],\"account_id\":7}}}"));
	/* drawing a code takes longer than all else, so it is there for few */
	fake_status(&m->fake, "a1", (how & 8) != 0 ? "connected" : "qr_scanning",
		    (how & 0xf0) == 0xf0 ? "2@code" : "");
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct tape t = { data, size };
	unsigned route = tape_byte(&t);
	uint8_t how = tape_byte(&t);
	struct machine m;

	clock_virtual(1763287200000);
	machine_open_for(&m, false, LIMIT_HTTP_BODY);
	m.fake.said = "{\"id\":null,\"timestamp\":null}";
	add_account(&m, how);
	ask(&m, route_at(route), how, (struct str){ (const char *)t.p, t.n });
	for (unsigned s = 0; s < 120 && m.conn.phase == CONN_WORKING; s++)
		machine_pass(&m, 1000);
	read_all(&m);
	prove_answers(&m, t.n <= LIMIT_HTTP_BODY_OPEN ? 1 + READS : 1);
	machine_close(&m);
	return 0;
}
