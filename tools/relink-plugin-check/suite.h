/* suite.h - everything that a plugin is tried with. */
#ifndef RELINK_CHECK_SUITE_H
#define RELINK_CHECK_SUITE_H
#include <relink/plugin.h>

/* One check: a sentence that is true of a good plugin, and what tries it.  It returns, or ends the
 * process by fail() or skip(). */
struct check {
	const char *says;
	uint64_t caps; /* only for plugins with all of these */
	void (*run)(void);
};
/* Ends with a NULL sentence. */
extern const struct check suite[];

#endif
