/*
 * http.c - the request parser: our own framing of the head, llhttp for what is inside.
 *
 * Two readers must agree on where the head ends: scan_head, which looks for the empty line, and
 * llhttp, which is given exactly these bytes.  Where they differ the request is refused, so a head
 * that could be read in two ways never gets through.
 */
#include "api/http.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/obj.h"

#define REQUEST_LINE_MAX (LIMIT_HTTP_URL + 64)
#define HEAD_MAX         (REQUEST_LINE_MAX + LIMIT_HTTP_HEADER)
/* A chunked body may be so many times the limit on the wire, and so many bytes more. */
#define CHUNK_OVERHEAD 8
#define CHUNK_FREE     (64u << 10)

const char *http_method_name(enum http_method method)
{
	static const char *const names[] = {
#define M(name) #name,
		HTTP_METHODS(M)
#undef M
		    "other",
	};

	return names[method];
}

/* --- what llhttp tells us --- */

static const struct {
	const char *name;
	enum { ONE, ANY } times;
} headers[HEADER_COUNT] = {
#define H(id, name, times) { name, times },
	HTTP_HEADERS(H)
#undef H
};

static int refuse(struct http *h, enum problem_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct http *h, enum problem_code code, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	h->refused = true;
	problem_set(h->problem, code, "%s", text);
	return HPE_USER;
}

/* What is too large elsewhere is a mistake; here it is a file, and there is another way for it. */
static const char *way_out(const struct http *h)
{
	static const char messages[] = "/messages";
	struct str target = h->request.target;

	return memmem(target.p, target.n, messages, sizeof messages - 1) != NULL
		   ? "; larger files go by \"media_url\""
		   : "";
}

static int refuse_body(struct http *h)
{
	return refuse(h, PROBLEM_body_too_large, "The body may have at most %zu bytes%s%s.",
		      h->body_limit, h->body_limit == h->body_limit_all ? " (http.body_limit)" : "",
		      way_out(h));
}

static int refuse_url(struct http *h)
{
	return refuse(h, PROBLEM_uri_too_long, "Path and query may have at most %u bytes.",
		      LIMIT_HTTP_URL);
}

static int on_url(llhttp_t *parser, const char *at, size_t n)
{
	struct http *h = parser->data;

	h->request.target = (struct str){ at, n };
	return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t n)
{
	struct http *h = parser->data;

	h->header = -1;
	if (h->head_read)
		return 0; /* a trailer, behind a chunked body: read over, and in pieces */
	if (n == 0)
		return refuse(h, PROBLEM_bad_request, "A header has no name.");
	for (int i = 0; i < HEADER_COUNT; i++) {
		if (strlen(headers[i].name) == n && strncasecmp(headers[i].name, at, n) == 0)
			h->header = i;
	}
	return 0;
}

static struct str trimmed(struct str s)
{
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t n)
{
	struct http *h = parser->data;
	struct str *value;

	if (h->header < 0)
		return 0;
	value = &h->request.header[h->header];
	if (value->p != NULL && headers[h->header].times == ANY)
		return 0;
	if (value->p != NULL) {
		h->refused = true;
		problem_set(h->problem, PROBLEM_bad_request,
			    "The header \"%s\" may be sent only once.", headers[h->header].name);
		return HPE_USER;
	}
	*value = trimmed((struct str){ at, n });
	return 0;
}

/* Where the body ends must be said once, and in a way that we understand. */
static int check_framing(struct http *h)
{
	struct str te = h->request.header[HEADER_TRANSFER_ENCODING];
	unsigned flags = h->parser.flags;

	if (te.p != NULL && (flags & F_CONTENT_LENGTH) != 0)
		return refuse(h, PROBLEM_bad_request,
			      "Send either Content-Length or Transfer-Encoding.");
	if (te.p != NULL &&
	    (te.n != 7 || strncasecmp(te.p, "chunked", 7) != 0 || h->parser.http_minor == 0))
		return refuse(h, PROBLEM_bad_request,
			      "The only Transfer-Encoding is \"chunked\", in HTTP/1.1.");
	if ((flags & F_CHUNKED) == 0 && h->parser.content_length > h->body_limit)
		return refuse_body(h);
	return 0;
}

/* Here, and not later, the parser's flags are those of this request. */
static int on_headers_complete(llhttp_t *parser)
{
	struct http *h = parser->data;

	h->head_read = true;
	h->request.keep_alive = llhttp_should_keep_alive(parser) != 0;
	parser->upgrade = 0; /* we speak nothing else: go on as if it had not been asked for */
	return check_framing(h) == 0 ? 0 : -1;
}

static int on_body(llhttp_t *parser, const char *at, size_t n)
{
	struct http *h = parser->data;

	if (buf_add(&h->body, at, n) == ERR_NOMEM)
		return refuse(h, PROBLEM_overloaded, "Out of memory. Try again later.");
	if (h->body.failed != 0)
		return refuse_body(h);
	return 0;
}

/* A chunk that cannot fit is refused before its bytes are awaited. */
static int on_chunk_header(llhttp_t *parser)
{
	struct http *h = parser->data;

	return parser->content_length > h->body_limit - h->body.n ? refuse_body(h) : 0;
}

static int on_message_complete(llhttp_t *parser)
{
	struct http *h = parser->data;

	h->message_read = true;
	return HPE_PAUSED; /* what follows is the next request's */
}

static const llhttp_settings_t callbacks = {
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_chunk_header = on_chunk_header,
	.on_message_complete = on_message_complete,
};

/* --- the head --- */

/* The checks of one byte that begins a line. */
static int check_line_start(struct http *h, char c)
{
	bool blank = c == '\r' || c == '\n';

	if (h->lines == 0 && !blank && (c < 'A' || c > 'Z'))
		return refuse(h, PROBLEM_bad_request,
			      "This port speaks HTTP/1.1; what came is something else.");
	if (h->lines > 0 && (c == ' ' || c == '\t'))
		return refuse(h, PROBLEM_bad_request,
			      "A header goes on in the next line; send it in one.");
	if (h->lines > LIMIT_HTTP_HEADERS && !blank)
		return refuse(h, PROBLEM_headers_too_large, "There may be at most %d headers.",
			      LIMIT_HTTP_HEADERS);
	return 0;
}

static int check_size(struct http *h, size_t n)
{
	if (h->lines == 0 && n > REQUEST_LINE_MAX)
		return refuse_url(h);
	if (h->lines > 0 && n - h->headers_at > LIMIT_HTTP_HEADER)
		return refuse(h, PROBLEM_headers_too_large,
			      "The headers may have at most %u bytes.", LIMIT_HTTP_HEADER);
	return 0;
}

/* How many of these bytes belong to the head.  *ret_over: its empty line is among them. */
static int scan_head(struct http *h, struct str in, size_t *ret_n, bool *ret_over)
{
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];

		if (check_size(h, h->head.n + i + 1) != 0)
			return HPE_USER;
		if (h->line_bytes == 0) {
			if (check_line_start(h, c) != 0)
				return HPE_USER;
			h->line_first = c;
		}
		h->line_bytes++;
		if (c == '\n') {
			bool blank = h->line_bytes == 2 && h->line_first == '\r';

			if (h->last != '\r')
				return refuse(h, PROBLEM_bad_request,
					      "A line ends without a carriage return.");
			if (blank && h->lines > 0) {
				*ret_n = i + 1;
				*ret_over = true;
				return 0;
			}
			if (h->lines == 0)
				h->headers_at = h->head.n + i + 1;
			h->lines += !blank;
			h->line_bytes = 0;
		}
		h->last = c;
	}
	*ret_n = in.n;
	*ret_over = false;
	return 0;
}

/* The request line around the target must be "METHOD SP target SP HTTP/1.x": llhttp also takes
 * several spaces, RTSP, and no version at all. */
static int check_request_line(struct http *h)
{
	struct str t = h->request.target;
	const char *start = h->head.p, *end = h->head.p + h->head.n;

	if (t.n > LIMIT_HTTP_URL)
		return refuse_url(h);
	if (t.p < start + 2 || t.p[-1] != ' ' || t.p[-2] == ' ' || end - (t.p + t.n) < 8 ||
	    memcmp(t.p + t.n, " HTTP/", 6) != 0)
		return refuse(h, PROBLEM_bad_request, "The request line is malformed.");
	if (h->parser.http_major != 1 || h->parser.http_minor > 1)
		return refuse(h, PROBLEM_http_version, "Speak HTTP/1.1 or HTTP/1.0.");
	if (t.n == 0 || t.p[0] != '/' || memchr(t.p, '#', t.n) != NULL)
		return refuse(h, PROBLEM_bad_request,
			      "The request target must be a path that begins with \"/\".");
	return 0;
}

static int check_host(struct http *h)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_:[]";
	struct str host = h->request.header[HEADER_HOST];

	if (host.p == NULL && h->parser.http_minor == 0)
		return 0;
	if (host.p == NULL)
		return refuse(h, PROBLEM_bad_request, "The header \"Host\" is missing.");
	for (size_t i = 0; i < host.n; i++) {
		if (host.p[i] == '\0' || strchr(allowed, host.p[i]) == NULL)
			return refuse(h, PROBLEM_bad_request, "The header \"Host\" is malformed.");
	}
	if (host.n == 0)
		return refuse(h, PROBLEM_bad_request, "The header \"Host\" is empty.");
	return 0;
}

static int check_expect(struct http *h)
{
	struct str expect = h->request.header[HEADER_EXPECT];

	if (expect.p == NULL || h->parser.http_minor == 0)
		return 0;
	if (expect.n != 12 || strncasecmp(expect.p, "100-continue", 12) != 0)
		return refuse(h, PROBLEM_expectation_failed,
			      "The only expectation that can be met is \"100-continue\".");
	h->request.expects_continue = true;
	return 0;
}

static enum http_method method_of(const llhttp_t *parser)
{
	switch (parser->method) {
#define M(name)           \
	case HTTP_##name: \
		return METHOD_##name;
		HTTP_METHODS(M)
#undef M
	default:
		return METHOD_OTHER;
	}
}

static void split_target(struct http_request *r)
{
	const char *mark = memchr(r->target.p, '?', r->target.n);

	r->path = r->target;
	if (mark != NULL) {
		r->path.n = (size_t)(mark - r->target.p);
		r->query = (struct str){ mark + 1, r->target.n - r->path.n - 1 };
	}
}

static enum parse_result broken(struct http *h, llhttp_errno_t err)
{
	h->phase = HTTP_BROKEN;
	if (!h->refused)
		problem_set(h->problem,
			    err == HPE_INVALID_VERSION ? PROBLEM_http_version : PROBLEM_bad_request,
			    "This is not a well-formed HTTP/1.1 request (%s).",
			    llhttp_errno_name(err));
	return PARSE_BAD;
}

/* Did llhttp find the end of the head exactly where scan_head did? */
static int check_end(struct http *h)
{
	const char *end = h->head.p + h->head.n;
	bool early = h->body.n > 0 || (h->message_read && llhttp_get_error_pos(&h->parser) != end);

	if (h->head_read && !early)
		return 0;
	return refuse(h, PROBLEM_bad_request, "It is not clear where the head ends.");
}

/* The head is whole: llhttp reads it, then the checks that it leaves to us. */
static enum parse_result read_head(struct http *h)
{
	llhttp_errno_t err;

	llhttp_init(&h->parser, HTTP_REQUEST, &callbacks);
	h->parser.data = h;
	err = llhttp_execute(&h->parser, h->head.p, h->head.n);
	if (err != HPE_OK && !(err == HPE_PAUSED && h->message_read))
		return broken(h, err);
	if (check_end(h) != 0 || check_request_line(h) != 0 || check_host(h) != 0 ||
	    check_expect(h) != 0)
		return broken(h, HPE_USER);
	split_target(&h->request);
	h->request.method = method_of(&h->parser);
	h->request.has_body = !h->message_read;
	h->phase = h->message_read ? HTTP_COMPLETE : HTTP_IN_BODY;
	return h->message_read ? PARSE_DONE : PARSE_HEAD;
}

static enum parse_result feed_head(struct http *h, struct str in, size_t *ret_used)
{
	bool over = false;
	size_t n = 0;

	if (scan_head(h, in, &n, &over) != 0)
		return broken(h, HPE_USER);
	if (buf_add(&h->head, in.p, n) != 0) {
		refuse(h, PROBLEM_overloaded, "Out of memory. Try again later.");
		return broken(h, HPE_USER);
	}
	*ret_used = n;
	h->phase = HTTP_IN_HEAD;
	return over ? read_head(h) : PARSE_MORE;
}

/* --- the body --- */

/* Extensions, zeros, trailers and tiny chunks cost us time, and their sender little. */
static bool is_flood(const struct http *h)
{
	return h->body_raw > h->body_limit * CHUNK_OVERHEAD + CHUNK_FREE;
}

static enum parse_result feed_body(struct http *h, struct str in, size_t *ret_used)
{
	llhttp_errno_t err = llhttp_execute(&h->parser, in.p, in.n);
	bool over = err == HPE_PAUSED && h->message_read;

	if (err != HPE_OK && !over)
		return broken(h, err);
	*ret_used = over ? (size_t)(llhttp_get_error_pos(&h->parser) - in.p) : in.n;
	h->body_raw += *ret_used;
	if (is_flood(h)) {
		refuse(h, PROBLEM_body_too_large, "The body is much larger than its content.");
		return broken(h, HPE_USER);
	}
	if (!over)
		return PARSE_MORE;
	h->request.body = buf_all(&h->body);
	h->phase = HTTP_COMPLETE;
	return PARSE_DONE;
}

enum parse_result http_feed(struct http *h, struct str in, size_t *ret_used)
{
	*ret_used = 0;
	if (in.n == 0)
		return PARSE_MORE;
	switch (h->phase) {
	case HTTP_IDLE:
	case HTTP_IN_HEAD:
		return feed_head(h, in, ret_used);
	case HTTP_IN_BODY:
		return feed_body(h, in, ret_used);
	case HTTP_COMPLETE:
	case HTTP_BROKEN:
		break;
	}
	must_not_reach("bytes for a request that is over");
}

int http_limit_body(struct http *h, size_t limit)
{
	if (limit >= h->body_limit)
		return 0;
	h->body_limit = limit;
	buf_fini(&h->body);
	buf_init(&h->body, limit);
	if (check_framing(h) == 0)
		return 0;
	h->phase = HTTP_BROKEN;
	return ERR_TOOBIG;
}

size_t http_body_most(const struct http *h)
{
	if ((h->parser.flags & F_CHUNKED) != 0)
		return h->body_limit;
	return (size_t)MIN_OF(h->parser.content_length, (uint64_t)h->body_limit);
}

/* --- life --- */

void http_init(struct http *h, size_t body_limit, struct problem *problem)
{
	*h = (struct http){ .body_limit = body_limit,
			    .body_limit_all = body_limit,
			    .problem = problem,
			    .header = -1 };
	h->request.method = METHOD_OTHER;
	buf_init(&h->head, HEAD_MAX);
	buf_init(&h->body, body_limit);
}

void http_fini(struct http *h)
{
	buf_fini(&h->head);
	buf_fini(&h->body);
}

void http_reset(struct http *h)
{
	http_fini(h);
	http_init(h, h->body_limit_all, h->problem);
}
