/*
 * session.h - a session as the old service showed it, and how a request finds one.
 */
#ifndef RELINK_API_DROPIN_SESSION_H
#define RELINK_API_DROPIN_SESSION_H
#include "api/dropin/clients.h"
#include "api/dropin/dropin.h"
#include "base/json.h"

/* A session and its account as they are now.  The client is the index's, the view is lent. */
struct session {
	struct client *client;
	struct account_view view;
};

/* False when nobody made such a session, or its account is gone. */
bool session_find(struct dropin *, struct str id, struct session *ret_session);
/* The session of the request's path; answers "Session not found" when there is none. */
bool session_of_path(struct exchange *x, struct session *ret_session);
/* By its account. */
bool session_of_account(struct dropin *, const struct account_view *, struct session *ret_session);

/* Members of an object; absent values are null. */
void session_id_json(struct jw *, const struct session *);
void session_workspace_json(struct jw *, const char *key, const struct session *);
void session_phone_json(struct jw *, const char *key, const struct session *);
/* The QR code as a picture; null while there is none. */
void session_qr_json(struct jw *, const char *key, const struct session *);
/* Seconds that the code is good for, or that one is waited for; 0: not known, or over. */
uint64_t session_code_seconds(const struct account_view *);
/* Why it is not connected, for people; empty when nobody said. */
struct str session_reason(const struct session *);

#endif
