/*
 * clients.h - what the application calls its sessions, and which account of ours each of them is.
 *
 * The application makes a new session id whenever it likes, for the same account of its own.  So an
 * account keeps all ids that it was ever called by, and the application's account_id, in its
 * metadata under "dropin"; that is the truth and outlives us.  Here is the way back, from an id to
 * the account: in memory, made at start and kept up by the bus.
 */
#ifndef RELINK_API_DROPIN_CLIENTS_H
#define RELINK_API_DROPIN_CLIENTS_H
#include <jansson.h>
#include <uthash.h>

#include "api/face.h"
#include "api/port.h"
#include "base/limits.h"

struct clients;

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
};

int clients_new(struct clients **ret_clients, struct face *);
/* NULL inside is fine. */
void clients_free(struct clients **);

/* What a request says of its session. */
struct told {
	struct str session;
	json_t *workspace_id, *account_id;   /* lent; NULL: not said */
	char workspace[LIMIT_WORKSPACE + 1]; /* our name for workspace_id */
};

/* Whose session this is; NULL: nobody's. */
struct client *clients_by_session(struct clients *, struct str session);
/* The same, or else whose account_id this is in its workspace. */
struct client *clients_find(struct clients *, const struct told *);
/* The client of an account; NULL: none was made here. */
struct client *clients_of(struct clients *, struct str account);
/* All of them, in the order in which they came; go on with hh.next. */
struct client *clients_first(struct clients *);

/* An account will be made for this session: from now on the session is known, so that a second
 * request for it, or for its account_id, joins the first.  NULL when memory is out. */
struct client *clients_promise(struct clients *, const struct told *);
/* The session is this client's newest from now on.  1: that changed something, and is to be stored;
 * 0: it was known; ERR_NOMEM. */
int clients_tell(struct clients *, struct client *, const struct told *);
/* A change is on its way to the store; clients_saved when it has come there, or was given up. */
void clients_save(struct client *);
void clients_saved(struct clients *, struct str account);
/* Look at the account again and take over what is stored, or forget it.  While changes are on
 * their way, what is known here is newer and stays. */
void clients_refresh(struct clients *, struct str account);

/* The account's metadata (`now`, JSON or empty) with what is known here, malloc'ed; the oldest ids
 * are left out when there are too many.  NULL: the rest leaves no room (or memory is out). */
char *client_metadata(const struct client *, struct str now);
/* The id by which the application called it last.  Lent. */
struct str client_session(const struct client *);
/* The application's workspace_id as JSON, "null" without one; malloc'ed, NULL: memory is out. */
char *client_json(const json_t *id);

#endif
