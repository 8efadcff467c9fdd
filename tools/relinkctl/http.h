/*
 * http.h - one request and its answer.
 *
 * Changes carry an Idempotency-Key of their own.  When the connection breaks before the answer is
 * whole, the request is sent once more with the same key, so it is carried out once whatever had
 * arrived.
 */
#ifndef RELINKCTL_HTTP_H
#define RELINKCTL_HTTP_H
#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

struct target;

/* For what the daemon asks its provider first: policy.operation_deadline and policy.send_deadline may be
 * 10 min, and its answer tells what came of it. */
#define PATIENCE_S 660

struct request {
	const char *method; /* literal */
	struct buf path;
	struct buf body;         /* JSON; empty: none */
	unsigned wait_s;         /* Prefer: wait; 0: none */
	unsigned patience_s;     /* how long the answer may take beyond the usual; 0: not */
	void (*tick)(void *ctx); /* called about once a second while the answer is awaited */
	void *ctx;
};

struct answer {
	long status;
	struct buf body;
	json_t *json; /* NULL: the body is empty or no JSON */
};

/* `path` is a literal of the API. */
void request_init(struct request *, const char *method, const char *path);
/* Append "/" and the text, percent-encoded. */
void request_part(struct request *, const char *text);
/* Append "?key=text" or "&key=text", the text percent-encoded. */
void request_query(struct request *, const char *key, const char *text);
void request_query_u64(struct request *, const char *key, uint64_t v);
void request_fini(struct request *);

struct http;
/* `target` is kept. */
int http_new(struct http **ret_http, const struct target *target, struct why *why);
void http_free(struct http **);
/* 0: there is an answer, whatever its status; end it with answer_fini.  ERR_UNAVAILABLE and others:
 * there is none, and `why` says what to do. */
int http_send(struct http *, const struct request *, struct answer *ret_answer, struct why *why);
const struct target *http_target(const struct http *);
/* From now on no answer may take longer than this. */
void http_hurry(struct http *, unsigned ms);

void answer_fini(struct answer *);
static inline bool answer_ok(const struct answer *a)
{
	return a->status >= 200 && a->status < 300;
}
/* The stable code of a problem; "" when the answer is none. */
struct str answer_problem(const struct answer *);
/* One sentence for people about an answer that is not ok: "code: detail". */
void answer_explain(const struct answer *, const struct target *, struct buf *to);

/* The header line with the target's key; false: there is none, or it does not fit. */
bool http_key_header(const struct target *, char *to, size_t size);

#endif
