/*
 * lend.h - strings as plugin.h has them, and as we do.  Both only lend.
 */
#ifndef RELINK_WEB_LEND_H
#define RELINK_WEB_LEND_H
#include <relink/plugin.h>

#include "base/str.h"

static inline struct str fit_str(struct relink_str s)
{
	return (struct str){ s.p, s.p != NULL ? s.n : 0 };
}
static inline struct relink_str fit_lend(struct str s)
{
	return (struct relink_str){ s.p, s.n };
}

#endif
