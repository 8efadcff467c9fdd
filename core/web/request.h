/*
 * request.h - a plugin's HTTP request: checked, and copied into memory of ours.
 *
 * URL, headers and body are secrets until proven otherwise: they are kept in one block, which is
 * overwritten when it is freed, and no text of ours quotes them.
 */
#ifndef RELINK_WEB_REQUEST_H
#define RELINK_WEB_REQUEST_H
#include <curl/curl.h>
#include <relink/plugin.h>
#include <stdbool.h>

#include "base/str.h"
#include "web/guard.h"

#define WEB_URL_MAX          (8u << 10)
#define WEB_HEADERS_MAX      32
#define WEB_HEADER_BYTES_MAX (16u << 10)
#define WEB_BODY_MAX         (8u << 20) /* of a request and of an answer */
#define WEB_SERVER_MAX       280        /* "https://NAME:PORT" */

struct web_request {
	enum relink_cause refused; /* NONE: it can be sent, and the rest is there */
	const char *text;          /* refused: why, a literal */
	char server[WEB_SERVER_MAX];
	const char *method;
	bool has_body; /* perhaps an empty one */
	char *url;
	char *ca_file; /* NULL: the system's certificates */
	struct str body;
	struct curl_slist
	    *headers; /* as curl wants them; made of the block, not of curl's memory */
	char *block;
	size_t n_block;
	uint64_t connect_ms, total_ms;
	size_t body_max;
	bool fresh;
	const struct guard *guard; /* where it may lead to; NULL: anywhere.  Kept. */
	bool status_only;          /* of the answer nothing but its head is wanted */
};

/* Check and copy; `from` is of our size.  0, also for one that is refused, or ERR_NOMEM. */
int web_request_take(struct web_request *ret_request, const struct relink_http_request *from);
/* Wipes it.  Fine on one that is zero. */
void web_request_fini(struct web_request *);

#endif
