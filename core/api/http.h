/*
 * http.h - bytes in, requests out: HTTP/1.1 and 1.0, one request at a time.
 *
 * A head is collected until its empty line, then llhttp (strict) reads it in one piece, so every
 * span lies whole in our buffer.  What llhttp leaves to the server is checked here: README.md has
 * the list.  No sockets and no time: what is fed can come from a test or a fuzzer.
 *
 * What is refused is refused for good: after PARSE_BAD the connection must be closed, since nobody
 * can say where the next request begins.
 */
#ifndef RELINK_API_HTTP_H
#define RELINK_API_HTTP_H
#include <stdbool.h>
#include <stdint.h>

#include <llhttp.h>

#include "api/problem.h"
#include "base/buf.h"
#include "base/str.h"

/* Methods that some route has; all others are METHOD_OTHER. */
#define HTTP_METHODS(M) M(GET) M(HEAD) M(POST) M(PUT) M(PATCH) M(DELETE)
enum http_method {
#define M(name) METHOD_##name,
	HTTP_METHODS(M)
#undef M
	    METHOD_OTHER
};
const char *http_method_name(enum http_method);

/* The headers that we look at.  ONE: a second one is refused; ANY: the first counts. */
#define HTTP_HEADERS(H)                                \
	H(HOST, "host", ONE)                           \
	H(AUTHORIZATION, "authorization", ONE)         \
	H(API_KEY, "x-api-key", ONE)                   \
	H(CONTENT_TYPE, "content-type", ONE)           \
	H(TRANSFER_ENCODING, "transfer-encoding", ONE) \
	H(EXPECT, "expect", ONE)                       \
	H(IDEMPOTENCY_KEY, "idempotency-key", ONE)     \
	H(LAST_EVENT_ID, "last-event-id", ONE)         \
	H(TIMESTAMP, "x-timestamp", ONE)               \
	H(HMAC_SIGNATURE, "x-hmac-signature", ONE)     \
	H(COOKIE, "cookie", ANY)                       \
	H(ORIGIN, "origin", ONE)                       \
	H(FETCH_SITE, "sec-fetch-site", ONE)           \
	H(RELINK_REQUEST, "x-relink-request", ONE)     \
	H(ACCEPT, "accept", ANY)                       \
	H(IF_NONE_MATCH, "if-none-match", ANY)         \
	H(PREFER, "prefer", ANY)
enum http_header {
#define H(id, name, times) HEADER_##id,
	HTTP_HEADERS(H)
#undef H
	    HEADER_COUNT
};

/* Lent by `struct http` until http_reset. */
struct http_request {
	enum http_method method;
	struct str target;               /* as sent: path?query */
	struct str path, query;          /* query without the '?'; both still percent-encoded */
	struct str header[HEADER_COUNT]; /* trimmed; p is NULL when absent */
	struct str body;                 /* whole, once PARSE_DONE was returned */
	bool has_body;                   /* there is one, of one byte or more as far as we know */
	bool keep_alive;                 /* the client wants to go on after this request */
	bool expects_continue;           /* it waits for 100 before it sends the body */
};

enum http_phase { HTTP_IDLE, HTTP_IN_HEAD, HTTP_IN_BODY, HTTP_COMPLETE, HTTP_BROKEN };

struct http {
	enum http_phase phase;
	size_t body_limit, body_limit_all; /* of this request, of any */
	struct buf head, body;
	struct http_request request;
	struct problem *problem; /* where a refusal is explained; kept */
	bool refused;            /* problem is set */
	/* the line of the head that is being read */
	uint32_t lines, line_bytes;
	char line_first, last;
	size_t headers_at; /* where the request line ends */
	/* what the callbacks of llhttp saw */
	bool head_read, message_read;
	int header; /* of the value to come; -1: none of ours */
	uint64_t body_raw;
	llhttp_t parser;
};

/* `problem` is kept: a refusal is explained there. */
void http_init(struct http *, size_t body_limit, struct problem *problem);
void http_fini(struct http *);
/* Ready for the next request; forgets the last. */
void http_reset(struct http *);

/* After PARSE_HEAD: this request's body may have so many bytes at most.  < 0: it says that it has more,
 * and *problem says so; the connection must be closed. */
int http_limit_body(struct http *, size_t limit);

/* After PARSE_HEAD: how many bytes the body may turn out to have. */
size_t http_body_most(const struct http *);

enum parse_result {
	PARSE_MORE, /* all bytes were used; more are needed */
	PARSE_HEAD, /* the head is there, a body follows: the time to refuse it */
	PARSE_DONE, /* the request is complete */
	PARSE_BAD   /* *problem says why */
};
/* Lent.  Uses up to in.n bytes, never one behind the request; *ret_used says how many. */
enum parse_result http_feed(struct http *, struct str in, size_t *ret_used);

#endif
