/* when.h - the API's times as numbers, and as people say them. */
#ifndef RELINKCTL_WHEN_H
#define RELINKCTL_WHEN_H
#include <stdint.h>

#include "base/str.h"

#define WHEN_MAX 24

/* "2025-11-16T10:00:00.000Z" in ms since the epoch; 0 when it is no such time. */
uint64_t when_ms(struct str rfc3339);
/* How long ago `ms` was, in at most two units: "3s", "5m10s", "2h05m", "12d03h"; "" for 0, "0s" for
 * a time ahead. */
void when_ago(char to[WHEN_MAX], uint64_t ms);
/* A length of time in the same words: "3s", "5m10s". */
void when_span(char to[WHEN_MAX], uint64_t ms);
/* "in 12s", "now" when it has passed, "" for 0. */
void when_ahead(char to[WHEN_MAX], uint64_t ms);
/* "90d" in seconds; 0: it is no such time. */
uint64_t when_seconds(const char *text);
/* "10:00:00" of the last 24 hours, else "11-16 10:00"; "" for 0.  In UTC, as all times are. */
void when_brief(char to[WHEN_MAX], uint64_t ms);
/* "2025-11-16T10:00:00Z" */
void when_stamp(char to[WHEN_MAX], uint64_t ms);

#endif
