/*
 * transfer.h - one request on its way: how curl is told to send it, and what came back.
 *
 * `sent` is set before the first byte of the request is written and never taken back: what it says
 * is "surely not" or "perhaps", which is all that anybody can know from this side.
 */
#ifndef RELINK_WEB_TRANSFER_H
#define RELINK_WEB_TRANSFER_H
#include "base/buf.h"
#include "web/request.h"

#define WEB_HEAD_BYTES_MAX (64u << 10) /* of an answer's headers */
#define WEB_HEAD_LINES_MAX 200
#define WEB_DROPPED_MAX    (64u << 10) /* of a body that nobody wants */
#define WEB_TEXT_MAX       640         /* of a sentence about how it ended */

struct web_transfer {
	CURL *easy;
	const struct web_request *request;
	bool sent;
	uint64_t came; /* bytes of the answer so far */
	size_t head_bytes, head_lines;
	size_t dropped;  /* bytes of the body, when only the status is wanted */
	bool head_ended; /* the empty line behind the headers came */
	uint64_t retry_after_ms;
	const char *broken;           /* why we refuse to read on; NULL */
	char refused[GUARD_TEXT_MAX]; /* the guard's words; "": it refused nothing */
	struct buf body;
	char detail[CURL_ERROR_SIZE]; /* curl's words */
};

/* Make it; `ctx` is what curl's CURLINFO_PRIVATE will tell.  The request is lent until fini.
 * ERR_NOMEM leaves nothing behind. */
int web_transfer_init(struct web_transfer *, const struct web_request *, void *ctx);
/* Not while it is in a multi.  Fine on one that is zero. */
void web_transfer_fini(struct web_transfer *);

/* Is what came enough for who asked, although it is not the end? */
bool web_transfer_suffices(const struct web_transfer *);
/* What curl's end of it means.  The reply lends from the transfer, and its text from `text`. */
void web_transfer_reply(const struct web_transfer *, CURLcode, struct relink_http_reply *ret_reply,
			char text[WEB_TEXT_MAX]);

#endif
