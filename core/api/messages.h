/*
 * messages.h - a message to send: checked, composed for the plugin, on its way.
 *
 * What both faces share.  Texts are lent for the call.
 */
#ifndef RELINK_API_MESSAGES_H
#define RELINK_API_MESSAGES_H
#include "api/change.h"

struct draft {
	struct str to, text, media_url, filename;
	struct str mimetype, data, name; /* the file itself: its type, base64, its own name */
};

#define DRAFT_TEXT_MAX 65536
#define DRAFT_URL_MAX  4096
#define DRAFT_NAME_MAX 256
#define DRAFT_TYPE_MAX 128

/* Is it a message at all?  < 0: *problem says which member is wrong. */
int draft_check(const struct draft *, struct problem *);
/* Send it from `account` (empty: that of the request's path), and answer as `order` says; it was
 * checked.  The result's body is {"id": text or null, "timestamp": seconds or null}. */
void draft_submit(struct exchange *, const struct draft *, struct str account,
		  const struct change_order *order);

#endif
