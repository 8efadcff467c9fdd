/*
 * client.h - one account of the application's: by which ids it called it, to and from metadata.
 */
#ifndef RELINK_API_DROPIN_CLIENT_H
#define RELINK_API_DROPIN_CLIENT_H
#include <jansson.h>
#include <uthash.h>

#include "api/port.h"
#include "base/limits.h"

/* Where it lies in the account's metadata. */
#define CLIENT_MEMBER "dropin"
/* An account's ids; a person who clicks each day for a quarter of a year has as many. */
#define CLIENT_SESSIONS_MAX 100

/* One account of ours. */
struct client {
	UT_hash_handle hh;
	char account[LIMIT_ACCOUNT_ID + 1];
	char workspace[LIMIT_WORKSPACE + 1];
	json_t *sessions;     /* texts, the newest first; never empty */
	json_t *workspace_id; /* as it came; NULL: none */
	json_t *account_id;   /* as it came; NULL: none */
	bool promised;        /* its account is still to be made */
	unsigned unsaved;     /* changes on their way to the store, which is behind so long */
	/* The index's: */
	bool hidden;  /* it claims a session of another, and is not to be seen */
	bool lacking; /* not all ways to it are laid; then in a list: */
	struct client *prev, *next;
};

/* `object`: what lies under "dropin".  NULL when it is not one of ours, or memory is out. */
struct client *client_new(struct str account, struct str workspace, json_t *object);
/* NULL inside is fine. */
void client_free(struct client **);

/* As the account's metadata says.  NULL: it is none of ours. */
struct client *client_stored(const struct account_view *);
/* Does the metadata speak of us at all? */
bool client_is_stored(const struct account_view *);
/* An account's metadata; an empty object when it cannot be read. */
json_t *client_metadata_load(struct str text);
/* The account's metadata (`now`, JSON or empty) with what is known here, malloc'ed; the oldest ids
 * are left out when there are too many.  NULL: the rest leaves no room (or memory is out). */
char *client_metadata(const struct client *, struct str now);
static inline struct str client_text(const json_t *v)
{
	return (struct str){ json_string_value(v), json_string_length(v) };
}
/* The id by which the application called it last.  Lent. */
struct str client_session(const struct client *);
/* The application's workspace_id as JSON, "null" without one; malloc'ed, NULL: memory is out. */
char *client_json(const json_t *id);

#endif
