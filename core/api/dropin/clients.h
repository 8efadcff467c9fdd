/*
 * clients.h - what the application calls its sessions, and which account of ours each of them is.
 *
 * The application makes a new session id whenever it likes, for the same account of its own.  So an
 * account keeps all ids that it was ever called by, and the application's account_id, in its
 * metadata under "dropin"; that is the truth and outlives us.  Here is the way back, from an id to
 * the account: in memory, made at start and kept up by the bus.
 *
 * A session is of one account.  Where the metadata of two says the same one, the first that was seen has
 * it, and the other is not to be seen here before that has changed.
 */
#ifndef RELINK_API_DROPIN_CLIENTS_H
#define RELINK_API_DROPIN_CLIENTS_H
#include "api/dropin/client.h"
#include "api/face.h"
#include "api/port.h"

struct clients;

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
/* All of them, in the order in which they came: the one behind `client`, the first behind NULL. */
struct client *clients_next(struct clients *, const struct client *client);

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

/* New metadata for an account, which does not say by which sessions it is known here, with that as
 * it is known; malloc'ed.  NULL: there is no room for it (or memory is out).  `clients` may be NULL. */
char *clients_kept(struct clients *, const struct account_view *now, struct str metadata);

#endif
