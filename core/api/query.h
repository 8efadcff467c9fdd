/*
 * query.h - percent-encoding and query parameters, read strictly.
 */
#ifndef RELINK_API_QUERY_H
#define RELINK_API_QUERY_H
#include <stdbool.h>

#include "api/problem.h"
#include "base/limits.h"
#include "base/str.h"

#define QUERY_MAX 16

/* Decode %XX (and '+' as a space when `plus`) into `to`, which has room for in.n bytes.  False for
 * a malformed escape, for control bytes, and for bytes that are not UTF-8 when decoded. */
bool percent_decode(struct str in, bool plus, char *to, size_t *ret_n);

/* Decoded parameters; strings point into `text`. */
struct query {
	size_t n;
	struct {
		struct str name, value;
	} v[QUERY_MAX];
	char text[LIMIT_HTTP_URL];
};

/* Read the part behind '?'.  `allowed` names the parameters that the route knows, separated by
 * spaces.  < 0 with *problem for anything else, a repeated one, and a key in the URL. */
int query_read(struct query *, struct str raw, const char *allowed, struct problem *);
/* p is NULL when it is absent. */
struct str query_get(const struct query *, const char *name);
/* A number within its bounds; `fallback` when it is absent. */
int query_u64(const struct query *, const char *name, uint64_t least, uint64_t most,
	      uint64_t fallback, uint64_t *ret_v, struct problem *);

#endif
