/*
 * ask.h - a question to the service: composed by a dialect, sent once.
 */
#ifndef RELINK_WEBJS_ASK_H
#define RELINK_WEBJS_ASK_H
#include <jansson.h>
#include <stdbool.h>

#include "relink/plugin.h"

/* The configuration as the host fills it in; webjs.c has the table. */
struct conf {
	const char *url, *api_key, *ca_file, *workspace_id;
	const char *look_for_browsers;                   /* auto, off */
	const char *webhook_secret, *webhook_secret_old; /* empty: none */
	int64_t connect_ms, total_ms, poll_ms;
};

#define PATH_MAX_BYTES 1024

struct ask {
	const char *method;
	char path[PATH_MAX_BYTES]; /* behind the configured URL, escaped */
	json_t *body;              /* owned; NULL: none */
	uint64_t total_ms;         /* 0: as configured */
	uint64_t body_max;         /* of the answer; 0: a few pages */
	bool once;                 /* never sent a second time, on a connection of its own */
	bool failed;               /* it could not be composed: no memory, or a name too long */
};

/* Set the path, its parts of any bytes: each is escaped and put behind a slash.  Ends with NULL. */
void ask_path(struct ask *, const char *method, const char *route, struct relink_str part,
	      const char *tail);
/* Add a member to the body.  An empty text is left out. */
void ask_str(struct ask *, const char *key, struct relink_str value);
void ask_json(struct ask *, const char *key, json_t *value);

/* Write text as it stands in a URL; what does not fit is left out. */
void ask_escape(char *to, size_t size, struct relink_str text);

struct instance;
/* Send it, and free what it holds.  0: not sent, `fn` is not called. */
relink_http ask_send(struct instance *, struct ask *,
		     void (*fn)(void *arg, const struct relink_http_reply *), void *arg);

#endif
