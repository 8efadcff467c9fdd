/*
 * story.h - one line a test: what is done, and all that the plugin says to it.
 *
 *	{ "a resumed session needs no scan", BOTH, "scan_ms=100ms",
 *	  "create a s1 1 p1; run 1s; disconnect a s1 1; create a s2 2 p1 resume; run 1s; list",
 *	  "20 create ok; 300 s1/1 qr ..." }
 *
 * Commands: create ACCOUNT SESSION GENERATION PROFILE [resume] [METADATA], disconnect and health
 * ACCOUNT SESSION GENERATION, list, verb ACCOUNT VERB [ARGS] (ACCOUNT "-": the instance; the
 * session is the account's newest), run TIME, close, open, forget (what was said until now).
 */
#ifndef RELINK_TEST_MOCK_STORY_H
#define RELINK_TEST_MOCK_STORY_H
#include "host.h"

enum story_class { FENCED = 1, LISTABLE = 2, BOTH = 3 };

struct story {
	const char *name;
	enum story_class class;
	const char *config, *commands, *said;
};

/* Where the service keeps its side while a story is told. */
enum story_mode {
	IN_MEMORY,
	IN_FOLDER,
	REOPENED, /* in a folder, and closed and opened again after each command */
	TORN,     /* the same, with half a line left behind each time */
	SHARED,   /* in a folder that two instances have open, which take turns */
	STORY_MODES
};

/* Tell the story; `r` is open afterwards, unless the story closed it.  In the modes after IN_FOLDER
 * what was said is not kept whole: a close cancels answers, and two instances both hear. */
void story_tell(struct rig *, const struct story *, const char *plugin_path, enum story_mode,
		const char *folder);
/* What the service knows of the accounts a, b and c, now and three seconds later, and its list. */
void story_end(struct rig *, char *to, size_t size);

#endif
