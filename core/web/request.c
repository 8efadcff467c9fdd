/* request.c - see request.h. */
#include "web/request.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/obj.h"
#include "web/lend.h"
#include "web/words.h"

#define HOST_MAX 253

#define CONNECT_MS     10000u
#define CONNECT_MAX_MS 60000u
#define TOTAL_MS       30000u
#define TOTAL_MAX_MS   600000u
#define ANSWER_BYTES   (1u << 20)

static const struct method {
	const char *name;
	bool has_body; /* says how long its body is, even when that is 0 */
	bool may_have_body;
} methods[] = {
	{ "GET", false, true },     { "HEAD", false, false }, { "POST", true, true },
	{ "PUT", true, true },      { "PATCH", true, true },  { "DELETE", false, true },
	{ "OPTIONS", false, true },
};

/* Headers that frame a message, name its ends or ask for what is not understood here. */
static const char *const ours[] = {
	"Host",
	"User-Agent",
	"Content-Length",
	"Transfer-Encoding",
	"Connection",
	"TE",
	"Trailer",
	"Upgrade",
	"Keep-Alive",
	"Expect",
	"HTTP2-Settings",
	"Accept-Encoding",
	"Proxy-Connection",
	"Proxy-Authorization",
};

/* curl would add these by itself. */
#define NO_EXPECT       "Expect:"
#define NO_CONTENT_TYPE "Content-Type:"
#define N_OURS          2

static enum relink_cause refuse(const char **ret_text, enum relink_cause cause, const char *text)
{
	*ret_text = text;
	return cause;
}

/* --- method --- */

static const struct method *method_of(struct str name)
{
	if (name.n == 0)
		return &methods[0];
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (str_is(name, methods[i].name))
			return &methods[i];
	}
	return NULL;
}

static enum relink_cause check_method(const struct relink_http_request *r, const char **ret_text)
{
	const struct method *m = method_of(fit_str(r->method));

	if (m == NULL)
		return refuse(ret_text, RELINK_INTERNAL,
			      "the method of the request is none of plugin.h's");
	if (r->body.n > WEB_BODY_MAX)
		return refuse(ret_text, RELINK_INTERNAL, "the request's body is over 8 MiB");
	if (r->body.n > 0 && !m->may_have_body)
		return refuse(ret_text, RELINK_INTERNAL, "a HEAD request has no body");
	return RELINK_NONE;
}

/* --- URL --- */

/* Where the authority begins; 0 when this is no http or https URL. */
static size_t after_scheme(struct str url)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t n = strlen(schemes[i]);

		if (url.n > n && strncasecmp(url.p, schemes[i], n) == 0)
			return n;
	}
	return 0;
}

static bool has_login(struct str url, size_t at)
{
	for (; at < url.n && strchr("/?#", url.p[at]) == NULL; at++) {
		if (url.p[at] == '@')
			return true;
	}
	return false;
}

static enum relink_cause check_url(struct str url, const char **ret_text)
{
	size_t at = after_scheme(url);

	if (url.n > WEB_URL_MAX)
		return refuse(ret_text, RELINK_MISCONFIGURED, "the URL is over 8 KiB");
	for (size_t i = 0; i < url.n; i++) {
		if (url.p[i] <= ' ' || url.p[i] > '~')
			return refuse(ret_text, RELINK_MISCONFIGURED,
				      "the URL has a character in it that must be escaped as %XX");
	}
	if (at == 0 || strchr("/?#", url.p[at]) != NULL)
		return refuse(ret_text, RELINK_MISCONFIGURED,
			      "the URL does not begin with http:// or https:// and a host");
	if (has_login(url, at))
		return refuse(ret_text, RELINK_MISCONFIGURED,
			      "the URL has a user or password in it; such go into a header");
	return RELINK_NONE;
}

/* The server's name, for limits and for people, out of curl's opinion of the URL. */
static enum relink_cause name_server(struct web_request *to, CURLU *parsed, const char **ret_text)
{
	char *scheme = NULL, *host = NULL, *port = NULL;
	enum relink_cause cause = RELINK_NONE;

	if (curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		cause = refuse(ret_text, RELINK_INTERNAL, "no memory for the request");
	else if (strlen(host) > HOST_MAX)
		cause = refuse(ret_text, RELINK_MISCONFIGURED, "the host in the URL is too long");
	else
		snprintf(to->server, sizeof to->server, "%s://%s:%s", scheme, host, port);
	for (char *c = to->server; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	return cause;
}

static enum relink_cause parse_url(struct web_request *to, struct str url, const char **ret_text)
{
	CURLU *parsed = curl_url();
	char *z = str_dup(url);
	enum relink_cause cause;
	CURLUcode code = CURLUE_OUT_OF_MEMORY;

	if (parsed != NULL && z != NULL)
		code = curl_url_set(parsed, CURLUPART_URL, z, CURLU_DISALLOW_USER);
	if (code == CURLUE_OK)
		cause = name_server(to, parsed, ret_text);
	else if (code == CURLUE_OUT_OF_MEMORY)
		cause = refuse(ret_text, RELINK_INTERNAL, "no memory for the request");
	else
		cause = refuse(ret_text, RELINK_MISCONFIGURED, "the URL is malformed");
	curl_url_cleanup(parsed);
	if (z != NULL)
		explicit_bzero(z, url.n);
	free(z);
	return cause;
}

/* --- headers --- */

static bool is_token(struct str s)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') &&
		    (c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return s.n > 0;
}

static bool is_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static enum relink_cause check_header(const struct relink_header *h, const char **ret_text)
{
	struct str name = fit_str(h->name);

	if (!is_token(name))
		return refuse(ret_text, RELINK_INTERNAL,
			      "the request has a header without a name "
			      "that HTTP allows");
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		if (word_is(name, ours[i]))
			return refuse(ret_text, RELINK_INTERNAL,
				      "the request has a header that only the host may write");
	}
	if (!is_value(fit_str(h->value)))
		return refuse(ret_text, RELINK_MISCONFIGURED,
			      "a header's value has a line end or another control character in it");
	return RELINK_NONE;
}

static enum relink_cause check_headers(const struct relink_http_request *r, const char **ret_text)
{
	size_t left = WEB_HEADER_BYTES_MAX;

	if (r->n_headers > WEB_HEADERS_MAX || (r->n_headers > 0 && r->headers == NULL))
		return refuse(ret_text, RELINK_INTERNAL, "the request has more than 32 headers");
	for (size_t i = 0; i < r->n_headers; i++) {
		struct str name = fit_str(r->headers[i].name), value = fit_str(r->headers[i].value);
		enum relink_cause cause;

		if (name.n > left || value.n > left - name.n)
			return refuse(ret_text, RELINK_INTERNAL,
				      "the request's headers are over 16 KiB");
		left -= name.n + value.n;
		cause = check_header(&r->headers[i], ret_text);
		if (cause != RELINK_NONE)
			return cause;
	}
	return RELINK_NONE;
}

static enum relink_cause check_ca_file(struct str path, const char **ret_text)
{
	if (path.n >= 4096 || (path.n > 0 && memchr(path.p, '\0', path.n) != NULL))
		return refuse(ret_text, RELINK_MISCONFIGURED, "the CA file's path is no path");
	return RELINK_NONE;
}

static enum relink_cause check(struct web_request *to, const struct relink_http_request *r,
			       const char **ret_text)
{
	enum relink_cause cause = check_method(r, ret_text);

	if (cause == RELINK_NONE)
		cause = check_headers(r, ret_text);
	if (cause == RELINK_NONE)
		cause = check_ca_file(fit_str(r->ca_file), ret_text);
	if (cause == RELINK_NONE)
		cause = check_url(fit_str(r->url), ret_text);
	if (cause == RELINK_NONE)
		cause = parse_url(to, fit_str(r->url), ret_text);
	return cause;
}

/* --- the copy --- */

/* The block, as it is filled from its begin. */
struct fill {
	struct curl_slist *nodes;
	size_t n_nodes;
	char *at;
};

static char *put(struct fill *f, struct str s)
{
	char *begin = f->at;

	if (s.n > 0)
		memcpy(f->at, s.p, s.n);
	f->at += s.n;
	return begin;
}

static char *put_z(struct fill *f, struct str s)
{
	char *begin = put(f, s);

	*f->at++ = '\0';
	return begin;
}

static void link_line(struct fill *f, char *line)
{
	struct curl_slist *node = &f->nodes[f->n_nodes++];

	node->data = line;
	node->next = NULL;
	if (f->n_nodes > 1)
		node[-1].next = node;
}

/* "Name: value", or "Name;", which is how curl wants to hear of an empty one. */
static void put_header(struct fill *f, const struct relink_header *h)
{
	struct str value = word_trim(fit_str(h->value));
	char *line = put(f, fit_str(h->name));

	if (value.n > 0)
		put(f, STR(": "));
	else
		put(f, STR(";"));
	put_z(f, value);
	link_line(f, line);
}

static void put_headers(struct fill *f, const struct relink_http_request *r)
{
	bool typed = false;

	for (size_t i = 0; i < r->n_headers; i++) {
		put_header(f, &r->headers[i]);
		typed = typed || word_is(fit_str(r->headers[i].name), "Content-Type");
	}
	link_line(f, put_z(f, STR(NO_EXPECT)));
	if (!typed)
		link_line(f, put_z(f, STR(NO_CONTENT_TYPE)));
}

static size_t block_size(const struct relink_http_request *r)
{
	size_t n = (r->n_headers + N_OURS) * sizeof(struct curl_slist);

	n += fit_str(r->url).n + 1 + fit_str(r->ca_file).n + 1 + fit_str(r->body).n;
	for (size_t i = 0; i < r->n_headers; i++)
		n += fit_str(r->headers[i].name).n + fit_str(r->headers[i].value).n + sizeof ": ";
	return n + sizeof NO_EXPECT + sizeof NO_CONTENT_TYPE;
}

static int copy(struct web_request *to, const struct relink_http_request *r)
{
	struct fill f = { 0 };

	to->n_block = block_size(r);
	to->block = malloc(to->n_block);
	if (to->block == NULL)
		return ERR_NOMEM;
	f.nodes = (struct curl_slist *)(void *)to->block;
	f.at = to->block + (r->n_headers + N_OURS) * sizeof(struct curl_slist);
	put_headers(&f, r);
	to->headers = f.nodes;
	to->url = put_z(&f, fit_str(r->url));
	if (fit_str(r->ca_file).n > 0)
		to->ca_file = put_z(&f, fit_str(r->ca_file));
	to->body.n = fit_str(r->body).n;
	to->body.p = put(&f, fit_str(r->body));
	must(f.at <= to->block + to->n_block);
	return 0;
}

static uint64_t within(uint64_t v, uint64_t by_default, uint64_t most)
{
	return v == 0 ? by_default : MIN_OF(v, most);
}

int web_request_take(struct web_request *ret_request, const struct relink_http_request *from)
{
	struct web_request r = { 0 };
	const struct method *method;

	r.refused = check(&r, from, &r.text);
	if (r.refused == RELINK_NONE) {
		method = method_of(fit_str(from->method));
		r.method = method->name;
		r.has_body = method->has_body || fit_str(from->body).n > 0;
		r.connect_ms = within(from->connect_ms, CONNECT_MS, CONNECT_MAX_MS);
		r.total_ms = within(from->total_ms, TOTAL_MS, TOTAL_MAX_MS);
		r.body_max = (size_t)within(from->body_max, ANSWER_BYTES, WEB_BODY_MAX);
		r.fresh = from->fresh != 0;
		if (copy(&r, from) < 0)
			return ERR_NOMEM;
	}
	*ret_request = r;
	return 0;
}

void web_request_fini(struct web_request *r)
{
	if (r->block != NULL)
		explicit_bzero(r->block, r->n_block);
	free(r->block);
	*r = (struct web_request){ 0 };
}
