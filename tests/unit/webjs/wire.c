/* wire.c - see wire.h. */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct wire *wire_of(const struct relink_host *h)
{
	return (struct wire *)h;
}

static void assert_keeps_the_key(const char *text)
{
	if (strstr(text, KEY) != NULL)
		fail_msg("the key is in \"%s\"", text);
}

/* --- what the plugin says --- */

static void keep(char *to, size_t size, struct relink_str text)
{
	assert_true(text.n < size);
	snprintf(to, size, "%.*s", (int)text.n, text.n > 0 ? text.p : "");
	assert_int_equal(strlen(to), text.n);
	assert_keeps_the_key(to);
}

static void on_done(const struct relink_host *h, relink_op op, const struct relink_result *r)
{
	keep(wire_of(h)->why, sizeof wire_of(h)->why, r->text);
	if (r->cause != RELINK_NONE && r->text.n == 0)
		fail_msg("an answer with a cause has no sentence");
	wire_of(h)->done(h, op, r);
}

static void on_event(const struct relink_host *h, const struct relink_session *s)
{
	keep(wire_of(h)->why, sizeof wire_of(h)->why, s->text);
	wire_of(h)->event(h, s);
}

static void on_log(const struct relink_host *h, enum relink_level level, const char *fmt, ...)
    RELINK_PRINTF(3, 4);
static void on_log(const struct relink_host *h, enum relink_level level, const char *fmt, ...)
{
	va_list ap;

	(void)level;
	va_start(ap, fmt);
	vsnprintf(wire_of(h)->log, sizeof wire_of(h)->log, fmt, ap);
	va_end(ap);
	assert_keeps_the_key(wire_of(h)->log);
}

/* --- what it asks --- */

static void append(char *to, size_t size, const char *between, struct relink_str s)
{
	size_t n = strlen(to);

	snprintf(to + n, size - n, "%s%.*s", between, (int)s.n, s.n > 0 ? s.p : "");
	assert_int_equal(strlen(to), n + strlen(between) + s.n);
}

/* The key is where it must be; in what tests compare it is the word KEY. */
static void shorten_key(char *text)
{
	char *at;

	while ((at = strstr(text, KEY)) != NULL) {
		memcpy(at, "KEY", 3);
		memmove(at + 3, at + strlen(KEY), strlen(at + strlen(KEY)) + 1);
	}
}

static relink_http on_http(const struct relink_host *h, const struct relink_http_request *r,
			   void (*fn)(void *arg, const struct relink_http_reply *), void *arg)
{
	static relink_http last;
	struct wire *w = wire_of(h);
	struct asked_http *a = w->asked;

	assert_int_equal(r->size, sizeof *r);
	assert_non_null(fn);
	if (w->is_full)
		return 0;
	while (a->id != 0)
		assert_true(++a < w->asked + WIRE_ASKED);
	*a = (struct asked_http){ .id = ++last,
				  .fn = fn,
				  .arg = arg,
				  .fresh = r->fresh,
				  .total_ms = r->total_ms,
				  .connect_ms = r->connect_ms,
				  .body_max = r->body_max };
	append(a->text, sizeof a->text, "", r->method);
	append(a->text, sizeof a->text, " ", r->url);
	if (r->body.n > 0)
		append(a->text, sizeof a->text, " ", r->body);
	for (size_t i = 0; i < r->n_headers; i++) {
		append(a->headers, sizeof a->headers, i > 0 ? "; " : "", r->headers[i].name);
		append(a->headers, sizeof a->headers, ": ", r->headers[i].value);
	}
	append(a->ca_file, sizeof a->ca_file, "", r->ca_file);
	shorten_key(a->text);
	shorten_key(a->headers);
	memcpy(w->last, a->text, sizeof w->last);
	w->n_asked++;
	return a->id;
}

static void on_drop(const struct relink_host *h, relink_http id)
{
	struct wire *w = wire_of(h);

	for (size_t i = 0; i < WIRE_ASKED; i++) {
		if (id != 0 && w->asked[i].id == id)
			w->asked[i].id = 0;
	}
}

/* --- what it is answered --- */

unsigned wire_open_questions(const struct wire *w)
{
	unsigned n = 0;

	for (size_t i = 0; i < WIRE_ASKED; i++)
		n += w->asked[i].id != 0;
	return n;
}

static struct asked_http *find(const struct wire *w, const char *part)
{
	const struct asked_http *best = NULL;

	for (const struct asked_http *a = w->asked; a < w->asked + WIRE_ASKED; a++) {
		if (a->id != 0 && strstr(a->text, part) != NULL &&
		    (best == NULL || a->id < best->id))
			best = a;
	}
	if (best == NULL)
		fail_msg("no question with \"%s\" waits for an answer", part);
	return (struct asked_http *)best;
}

const struct asked_http *wire_first(const struct wire *w)
{
	return find(w, "");
}

static struct relink_str str(const char *p, size_t n)
{
	return (struct relink_str){ p, n };
}

void wire_answer_to(struct wire *w, const char *part, struct said said)
{
	struct asked_http *slot = find(w, part), a = *slot;
	size_t n = said.n > 0 ? said.n : said.body != NULL ? strlen(said.body) : 0;
	char *body = malloc(n + 1); /* a copy, so that nobody reads it later */
	struct relink_http_reply reply = { .size = sizeof reply,
					   .cause = said.cause,
					   .sent = said.cause == RELINK_NONE || said.sent,
					   .timeout = said.timeout,
					   .status = said.status,
					   .retry_after_ms = said.retry_after_ms };

	assert_non_null(body);
	slot->id = 0;
	if (n > 0)
		memcpy(body, said.body, n);
	if (said.cause == RELINK_NONE)
		reply.body = str(body, n);
	else
		reply.text = str(body, n);
	a.fn(a.arg, &reply);
	free(body);
}

void wire_answer(struct wire *w, struct said said)
{
	wire_answer_to(w, "", said);
}

void wire_json(struct wire *w, unsigned status, const char *body)
{
	wire_answer(w, (struct said){ .status = status, .body = body });
}

/* --- */

void wire_open(struct wire *w, const char *so, const char *config)
{
	char all[1024];

	memset(w, 0, sizeof *w);
	/* What runs on this machine is no business of these tests; see browsers_test.c. */
	snprintf(all, sizeof all, "%s%s",
		 strstr(so, "seed") != NULL ? "look_for_browsers=off," : "", config);
	assert_int_equal(host_open(&w->rig, so, all), RELINK_NONE);
	w->done = w->rig.host.done;
	w->event = w->rig.host.event;
	w->rig.host.done = on_done;
	w->rig.host.event = on_event;
	w->rig.host.log = on_log;
	w->rig.host.http = on_http;
	w->rig.host.http_drop = on_drop;
}

void wire_close(struct wire *w)
{
	host_close(&w->rig);
	assert_int_equal(wire_open_questions(w), 0);
}

void wire_create(struct wire *w)
{
	host_create(&w->rig, "a1", "s1", 3, "p1", false, "");
}

void wire_disconnect(struct wire *w)
{
	host_disconnect(&w->rig, "a1", "s1", 3);
}

void wire_health(struct wire *w)
{
	host_health(&w->rig, "a1", "s1", 3);
}
