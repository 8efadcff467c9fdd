/*
 * event_json.h - a journal line as the JSON that timeline readers and subscribers get.
 */
#ifndef RELINK_OUT_EVENT_JSON_H
#define RELINK_OUT_EVENT_JSON_H
#include "base/buf.h"
#include "policy/journal.h"

/* {"seq","type","time","account","workspace","status","cause","user_action","generation","text",
 * "data"}.  `lent->data` is written as it is: JSON, made by us.  ERR_NOMEM, ERR_TOOBIG. */
int event_json(struct buf *out, const struct journal_record *lent);
/* "account.status"; "unknown" for a kind that a newer Relink wrote.  Never NULL. */
const char *event_type(const struct journal_record *);
/* The same, with what it means in plain English: `says`. */
int event_json_says(struct buf *out, const struct journal_record *);

#endif
