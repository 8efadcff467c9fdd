/*
 * who.h - who asks: a role, and perhaps one workspace only.
 */
#ifndef RELINK_API_WHO_H
#define RELINK_API_WHO_H
#include <stdbool.h>

#include "api/key_text.h"
#include "api/port.h"
#include "base/limits.h"

struct face;

struct who {
	uint8_t role;         /* enum api_role; NONE: the route asks for no key */
	char key[KEY_ID + 1]; /* public id; "": admin.key, or a peer that needs none */
	char workspace[LIMIT_WORKSPACE + 1]; /* the only one that it sees; "": all */
	uint64_t guest;                      /* of a browser that has logged in; 0: none */
};

static inline bool who_is_scoped(const struct who *w)
{
	return w->workspace[0] != '\0';
}
/* May it know of what belongs to this workspace? */
static inline bool who_sees(const struct who *w, struct str workspace)
{
	return !who_is_scoped(w) || str_is(workspace, w->workspace);
}
/* Is the key still good (neither revoked nor expired), and the session not over?  For what goes on after
 * the request. */
bool who_holds(const struct who *, const struct face *);

#endif
