/* record.h - one JSON object as lines of name and value. */
#ifndef RELINKCTL_RECORD_H
#define RELINKCTL_RECORD_H
#include <jansson.h>

#include "term.h"

/* Every member in the daemon's order, so that what a newer daemon adds is shown as well.  Objects
 * are shown as name.member, "metadata" as JSON; times get how long ago they were. */
void record_print(const struct term *, const json_t *object);

#endif
