/* patterns.h - which types of events an endpoint wants: "account.*", "message.received", "*". */
#ifndef RELINK_API_ENDPOINTS_PATTERNS_H
#define RELINK_API_ENDPOINTS_PATTERNS_H
#include <stdbool.h>

#include "base/str.h"

/* Is it a pattern that any event fits? */
bool pattern_is_good(struct str pattern);
/* Does the type fit one of the patterns, which have spaces between? */
bool patterns_fit(struct str patterns, const char *type);

#endif
