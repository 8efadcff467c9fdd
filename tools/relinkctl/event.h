/*
 * event.h - one line of the journal, as `events` and `timeline` show it.
 *
 * The members that every line has get a place of their own; whatever else there is follows as
 * name=value, so nothing that a newer daemon tells is hidden.
 */
#ifndef RELINKCTL_EVENT_H
#define RELINKCTL_EVENT_H
#include <jansson.h>

#include "base/buf.h"
#include "table.h"

#define EVENT_COLUMNS 6
extern const struct column event_columns[EVENT_COLUMNS];
void event_row(struct table *, const json_t *entry);

/* "TIME SEQ TYPE ACCOUNT name=value ...".  `seq` and `type` are what the stream said, for events
 * that don't repeat them. */
void event_line(struct buf *, const json_t *event, struct str seq, struct str type, bool utf8);

#endif
