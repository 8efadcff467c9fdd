/*
 * response.h - one answer as bytes.
 */
#ifndef RELINK_API_RESPONSE_H
#define RELINK_API_RESPONSE_H
#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

#define RESPONSE_HEADERS 8

#define TYPE_JSON    "application/json; charset=utf-8"
#define TYPE_PROBLEM "application/problem+json; charset=utf-8"
#define TYPE_TEXT    "text/plain; charset=utf-8"
#define TYPE_HTML    "text/html; charset=utf-8"
#define TYPE_SVG     "image/svg+xml; charset=utf-8"
#define TYPE_PNG     "image/png"
#define TYPE_EVENTS  "text/event-stream; charset=utf-8"

/* Everything is lent. */
struct response {
	unsigned status;
	const char *type; /* NULL: no content */
	struct str body;
	const char *cache; /* Cache-Control; NULL: no-store */
	bool stream;       /* the content follows, of unknown length, until the connection closes */
	unsigned n_headers;
	struct {
		const char *name;
		struct str value;
	} headers[RESPONSE_HEADERS];
};

/* Both are lent until the response is written; the value holds no control bytes. */
void response_header(struct response *, const char *name, struct str value);

/* Append head and content.  `date` is the Date header's value; `head_only` leaves the content out,
 * as HEAD wants it.  The buffer remembers failure. */
void response_write(struct buf *out, const struct response *, const char *date, bool keep_alive,
		    bool head_only);

/* "Not Found"; "Unknown" for a status that no answer has. */
const char *status_text(unsigned status);

#endif
