/*
 * event.h - a line of the journal as the event that the old service would have sent.
 */
#ifndef RELINK_API_DROPIN_EVENT_H
#define RELINK_API_DROPIN_EVENT_H
#include "api/dropin/dropin.h"
#include "api/receiver.h"
#include "base/buf.h"
#include "policy/journal.h"

#define EVENT_BODY_MAX LETTER_BODY

/* Would the application hear of it, if its account were one of the face's? */
bool event_is_told(const struct journal_record *);
/* Append {"event":...,"data":{...}}: the session by its newest id, its QR code as it is now.  1: there
 * is nothing to tell (any more): its account is none of the face's or was deleted, its code is gone.
 * ERR_NOMEM, ERR_TOOBIG. */
int event_write(struct buf *out, struct dropin *, const struct journal_record *);
/* The headers of a letter with that body: signed as the old service did.  ERR_NOMEM. */
int event_sign(struct letter *, struct str secret, uint64_t seq, const char *own_url);

#endif
