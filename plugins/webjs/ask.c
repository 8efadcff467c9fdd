/*
 * ask.c - a URL, headers and a body.
 *
 * The old service looks for its key in the body, or in the query of a GET: such a URL is never put
 * into a sentence or a log line; the host logs none either.
 */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instance.h"

#define URL_MAX 8192

/* Room that is written to its end and no further. */
struct room {
	char *p;
	size_t n, size;
	bool full;
};

static void put(struct room *r, const char *p, size_t n)
{
	r->full |= n >= r->size - r->n;
	if (r->full)
		return;
	memcpy(r->p + r->n, p, n);
	r->n += n;
	r->p[r->n] = '\0';
}

static void put_text(struct room *r, const char *z)
{
	put(r, z, strlen(z));
}

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '~';
}

/* Dots are escaped too, so that no name is a way up. */
static void put_escaped(struct room *r, struct relink_str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char escaped[3] = { '%', hex[c >> 4], hex[c & 15] };

		if (is_plain(c))
			put(r, s.p + i, 1);
		else
			put(r, escaped, sizeof escaped);
	}
}

void ask_escape(char *to, size_t size, struct relink_str text)
{
	struct room r = { .p = to, .size = size };

	to[0] = '\0';
	put_escaped(&r, text);
}

void ask_path(struct ask *a, const char *method, const char *route, struct relink_str part,
	      const char *tail)
{
	struct room r = { .p = a->path, .size = sizeof a->path };

	a->method = method;
	put_text(&r, route);
	if (part.n > 0) {
		put_text(&r, "/");
		put_escaped(&r, part);
	}
	if (tail != NULL)
		put_text(&r, tail);
	a->failed |= r.full;
}

void ask_json(struct ask *a, const char *key, json_t *value)
{
	if (a->body == NULL)
		a->body = json_object();
	if (json_object_set_new(a->body, key, value) < 0)
		a->failed = true;
}

void ask_str(struct ask *a, const char *key, struct relink_str value)
{
	if (value.n > 0)
		ask_json(a, key, json_stringn(value.p, value.n));
}

static bool is_get(const struct ask *a)
{
	return strcmp(a->method, "GET") == 0;
}

static bool put_url(struct room *r, const struct conf *conf, const struct ask *a)
{
	size_t n = strlen(conf->url);

	while (n > 0 && conf->url[n - 1] == '/')
		n--;
	put(r, conf->url, n);
	put_text(r, a->path);
	if (!dialect.key_in_header && is_get(a)) {
		put_text(r, strchr(a->path, '?') != NULL ? "&api_key=" : "?api_key=");
		put_escaped(r, str_of(conf->api_key));
	}
	return !r->full;
}

static relink_http send_it(struct instance *in, const struct ask *a, const char *url,
			   const char *body,
			   void (*fn)(void *arg, const struct relink_http_reply *), void *arg)
{
	const struct conf *conf = in->conf;
	struct relink_header headers[3] = { { str_of("Accept"), str_of("application/json") } };
	struct relink_http_request request = {
		.size = sizeof request,
		.method = str_of(a->method),
		.url = str_of(url),
		.headers = headers,
		.n_headers = 1,
		.ca_file = str_of(conf->ca_file),
		.connect_ms = (uint64_t)conf->connect_ms,
		.total_ms = a->total_ms != 0 ? a->total_ms : (uint64_t)conf->total_ms,
		.body_max = a->body_max != 0 ? a->body_max : REPLY_BYTES_MAX,
		.fresh = a->once,
	};

	if (dialect.key_in_header)
		headers[request.n_headers++] =
		    (struct relink_header){ str_of("X-API-Key"), str_of(conf->api_key) };
	if (body != NULL) {
		headers[request.n_headers++] =
		    (struct relink_header){ str_of("Content-Type"), str_of("application/json") };
		request.body = str_of(body);
	}
	return in->host->http(in->host, &request, fn, arg);
}

relink_http ask_send(struct instance *in, struct ask *a,
		     void (*fn)(void *arg, const struct relink_http_reply *), void *arg)
{
	char url[URL_MAX], *body = NULL;
	struct room r = { .p = url, .size = sizeof url };
	relink_http id = 0;

	if (!dialect.key_in_header && !is_get(a))
		ask_str(a, "api_key", str_of(in->conf->api_key));
	if (a->body != NULL)
		body = json_dumps(a->body, JSON_COMPACT);
	if (!a->failed && (a->body == NULL || body != NULL) && put_url(&r, in->conf, a))
		id = send_it(in, a, url, body, fn, arg);
	if (id != 0)
		in->stats.asked++;
	json_decref(a->body);
	a->body = NULL;
	free(body);
	return id;
}
