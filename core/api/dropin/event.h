/*
 * event.h - a line of the journal as the event that the old service would have sent.
 */
#ifndef RELINK_API_DROPIN_EVENT_H
#define RELINK_API_DROPIN_EVENT_H
#include "api/dropin/dropin.h"
#include "base/buf.h"
#include "policy/journal.h"

/* With a message that is all escapes, or with a picture. */
#define EVENT_BODY_MAX (256u << 10)

/* Would the application hear of it, if its account were one of the face's? */
bool event_is_told(const struct journal_record *);
/* Append {"event":...,"data":{...}}: the session by its newest id, its QR code as it is now.  1: there
 * is nothing to tell (any more): its account is none of the face's or was deleted, its code is gone.
 * ERR_NOMEM, ERR_TOOBIG. */
int event_write(struct buf *out, struct dropin *, const struct journal_record *);

#endif
