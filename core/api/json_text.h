/* json_text.h - a value that was read, as text again. */
#ifndef RELINK_API_JSON_TEXT_H
#define RELINK_API_JSON_TEXT_H
#include <jansson.h>

/* Compact, malloc'ed, with each number as short as it can be and still the same: what comes in as 0.1 is
 * not told as 0.10000000000000001.  The value was read by body_load, so it is not deep.  NULL: no memory. */
char *json_text(const json_t *);

#endif
