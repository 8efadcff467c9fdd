/*
 * clients.c - the index of session ids and account ids.
 *
 * A key is "s" and a session id, or "a", our workspace, a slash and the account_id.
 */
#include "api/dropin/clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "api/dropin/ids.h"
#include "base/log.h"
#include "base/obj.h"
#include "out/bus.h"

#define KEY_MAX (2 + LIMIT_WORKSPACE + DROPIN_SESSION_MAX + 1)

struct way {
	UT_hash_handle hh;
	struct client *client;
	char key[];
};

struct clients {
	struct bus_subscriber subscriber; /* first member */
	struct face *face;
	struct client *all;
	struct client *lacking; /* utlist */
	struct way *ways;
};

/* --- keys --- */

static void session_key(char to[KEY_MAX], struct str session)
{
	snprintf(to, KEY_MAX, "s%.*s", STR_ARG(session));
}

static bool account_key(char to[KEY_MAX], const char *workspace, const json_t *account_id)
{
	if (account_id == NULL)
		return false;
	if (json_is_integer(account_id))
		snprintf(to, KEY_MAX, "a%s/%lld", workspace,
			 (long long)json_integer_value(account_id));
	else
		snprintf(to, KEY_MAX, "a%s/%s", workspace, json_string_value(account_id));
	return true;
}

static struct client *at(struct clients *cs, const char *key)
{
	struct way *w;

	HASH_FIND_STR(cs->ways, key, w);
	return w != NULL ? w->client : NULL;
}

/* 1: another has it, and keeps it; ERR_NOMEM. */
static int lay(struct clients *cs, const char *key, struct client *c)
{
	struct way *w;

	HASH_FIND_STR(cs->ways, key, w);
	if (w != NULL)
		return w->client != c;
	w = malloc(sizeof *w + strlen(key) + 1);
	if (w == NULL)
		return ERR_NOMEM;
	memcpy(w->key, key, strlen(key) + 1);
	w->client = c;
	HASH_ADD_STR(cs->ways, key, w);
	return 0;
}

static void lift(struct clients *cs, const char *key, const struct client *c)
{
	struct way *w;

	HASH_FIND_STR(cs->ways, key, w);
	if (w == NULL || w->client != c)
		return;
	HASH_DEL(cs->ways, w);
	free(w);
}

/* Who has one of its sessions, if that is somebody else. */
static struct client *rival_of(struct clients *cs, const struct client *c, struct str *ret_session)
{
	json_t *v;
	size_t i;

	json_array_foreach(c->sessions, i, v)
	{
		struct client *other;

		other = clients_by_session(cs, client_text(v));
		if (other == NULL || other == c)
			continue;
		*ret_session = client_text(v);
		return other;
	}
	return NULL;
}

static void set_lacking(struct clients *cs, struct client *c, bool lacking)
{
	if (c->lacking && !lacking)
		DL_DELETE(cs->lacking, c);
	if (!c->lacking && lacking)
		DL_APPEND(cs->lacking, c);
	c->lacking = lacking;
}

/* All ways to it that nobody else has.  An account_id may be said of two accounts of a workspace by the
 * application itself; a session is of one account.  ERR_NOMEM. */
static int lay_all(struct clients *cs, struct client *c)
{
	char key[KEY_MAX];
	json_t *v;
	size_t i;
	int r = 0;

	json_array_foreach(c->sessions, i, v)
	{
		session_key(key, client_text(v));
		r = lay(cs, key, c);
		must(r <= 0);
		if (r < 0)
			return r;
	}
	if (account_key(key, c->workspace, c->account_id))
		r = lay(cs, key, c);
	set_lacking(cs, c, r > 0);
	return MIN_OF(r, 0);
}

static void hide(struct clients *cs, struct client *c, const struct client *rival,
		 struct str session)
{
	if (!c->hidden)
		LOG(ERROR, API, "dropin.hidden", f_text("account", c->account),
		    f_str("session_id", session), f_text("of", rival->account),
		    f_text("why", "the metadata of both accounts claims this session; the first "
				  "one has it, the other cannot be reached by the application"),
		    f_text("so",
			   "take the id out of metadata.dropin.session_ids of the wrong one"));
	c->hidden = true;
	set_lacking(cs, c, true);
}

/* Let it be seen, or not.  ERR_NOMEM. */
static int show(struct clients *cs, struct client *c)
{
	struct str session;
	const struct client *rival = rival_of(cs, c, &session);

	if (rival != NULL) {
		hide(cs, c, rival, session);
		return 0;
	}
	c->hidden = false;
	return lay_all(cs, c);
}

/* Ways have become free: others may claim them.  Without memory they stay as they are. */
static void show_others(struct clients *cs)
{
	struct client *c, *next;

	DL_FOREACH_SAFE(cs->lacking, c, next)
	{
		show(cs, c);
	}
}

static void forget(struct clients *cs, struct client *c)
{
	char key[KEY_MAX];
	json_t *v;
	size_t i;

	json_array_foreach(c->sessions, i, v)
	{
		session_key(key, client_text(v));
		lift(cs, key, c);
	}
	if (account_key(key, c->workspace, c->account_id))
		lift(cs, key, c);
	set_lacking(cs, c, false);
	HASH_DEL(cs->all, c);
	client_free(&c);
}

/* --- looking --- */

/* Hidden or not. */
static struct client *known(struct clients *cs, struct str account)
{
	struct client *c;

	HASH_FIND(hh, cs->all, account.p, account.n, c);
	return c;
}

struct client *clients_of(struct clients *cs, struct str account)
{
	struct client *c = known(cs, account);

	return c != NULL && !c->hidden ? c : NULL;
}

struct client *clients_by_session(struct clients *cs, struct str session)
{
	char key[KEY_MAX], account[LIMIT_ACCOUNT_ID + 1];
	struct client *c;

	if (!dropin_session_is_valid(session))
		return NULL;
	session_key(key, session);
	c = at(cs, key);
	/* the very first id is in the account's own, even when it is in its list no more */
	if (c == NULL && dropin_account_id(session, account))
		c = clients_of(cs, str_of(account));
	return c;
}

struct client *clients_find(struct clients *cs, const struct told *told)
{
	struct client *c = clients_by_session(cs, told->session);
	char key[KEY_MAX];

	if (c == NULL && account_key(key, told->workspace, told->account_id))
		c = at(cs, key);
	return c;
}

struct client *clients_next(struct clients *cs, const struct client *client)
{
	struct client *c = client != NULL ? client->hh.next : cs->all;

	while (c != NULL && c->hidden)
		c = c->hh.next;
	return c;
}

/* --- learning --- */

static struct client *keep(struct clients *cs, struct client *c)
{
	struct client *before = c != NULL ? known(cs, str_of(c->account)) : NULL;

	if (c == NULL)
		return NULL;
	if (before != NULL) /* one that was hidden, of an account that is gone */
		forget(cs, before);
	HASH_ADD_STR(cs->all, account, c);
	if (show(cs, c) == 0)
		return c;
	forget(cs, c);
	return NULL;
}

struct client *clients_promise(struct clients *cs, const struct told *told)
{
	char account[LIMIT_ACCOUNT_ID + 1];
	json_t *object = json_object(), *sessions = json_array();
	struct client *c = NULL;

	json_array_append_new(sessions, json_stringn(told->session.p, told->session.n));
	json_object_set_new(object, "session_ids", sessions);
	if (told->workspace_id != NULL)
		json_object_set(object, "workspace_id", told->workspace_id);
	if (told->account_id != NULL)
		json_object_set(object, "account_id", told->account_id);
	if (dropin_account_id(told->session, account))
		c = client_new(str_of(account), str_of(told->workspace), object);
	json_decref(object);
	if (c != NULL)
		c->promised = true;
	return keep(cs, c);
}

static bool is_newest(const struct client *c, struct str session)
{
	return str_eq(client_session(c), session);
}

/* To the front, from wherever it was. */
static bool put_first(struct clients *cs, struct client *c, struct str session)
{
	char key[KEY_MAX];
	json_t *v;
	size_t i;

	json_array_foreach(c->sessions, i, v)
	{
		if (str_eq(client_text(v), session)) {
			json_array_remove(c->sessions, i);
			break;
		}
	}
	while (json_array_size(c->sessions) >= CLIENT_SESSIONS_MAX) {
		session_key(key, client_text(json_array_get(c->sessions, CLIENT_SESSIONS_MAX - 1)));
		lift(cs, key, c);
		json_array_remove(c->sessions, CLIENT_SESSIONS_MAX - 1);
	}
	return json_array_insert_new(c->sessions, 0, json_stringn(session.p, session.n)) == 0;
}

int clients_tell(struct clients *cs, struct client *c, const struct told *told)
{
	bool changed = false;

	if (c->account_id == NULL && told->account_id != NULL) {
		c->account_id = json_incref(told->account_id);
		changed = true;
	}
	if (!is_newest(c, told->session)) {
		if (!put_first(cs, c, told->session))
			return ERR_NOMEM;
		changed = true;
	}
	if (changed && lay_all(cs, c) < 0)
		return ERR_NOMEM;
	if (changed)
		show_others(cs); /* an old id may have made room */
	return changed;
}

char *clients_kept(struct clients *cs, const struct account_view *now, struct str metadata)
{
	struct client *c = cs != NULL ? known(cs, now->id) : NULL, *as_stored = NULL;
	char *text;

	if (c == NULL || c->unsaved == 0)
		c = as_stored = client_stored(now);
	text = c != NULL ? client_metadata(c, metadata) : str_dup(metadata);
	client_free(&as_stored);
	return text;
}

void clients_refresh(struct clients *cs, struct str account)
{
	struct api_port *port = &cs->face->port;
	char id[LIMIT_ACCOUNT_ID + 1]; /* `account` may be the client's own */
	struct account_view view;
	struct client *c;
	bool there;

	if (!str_copy(id, sizeof id, account))
		return;
	c = known(cs, str_of(id));
	there = port->account(port->ctx, str_of(id), &view);
	if (c != NULL && c->unsaved > 0 && there) {
		c->promised = c->promised && !client_is_stored(&view);
		return;
	}
	if (c != NULL)
		forget(cs, c);
	if (there)
		keep(cs, client_stored(&view)); /* before others take what it still claims */
	show_others(cs);
}

void clients_save(struct client *c)
{
	c->unsaved++;
}

void clients_saved(struct clients *cs, struct str account)
{
	struct client *c = known(cs, account);

	if (c != NULL && c->unsaved > 0)
		c->unsaved--;
	clients_refresh(cs, account);
}

/* What is still known here is newer than what is stored. */
static void each_account(void *arg, const struct account_view *view)
{
	struct clients *cs = arg;
	struct client *c = known(cs, view->id);

	if (c == NULL)
		keep(cs, client_stored(view));
	else
		c->promised = c->promised && !client_is_stored(view);
}

static void learn_all(struct clients *cs)
{
	struct api_port *port = &cs->face->port;
	struct account_filter filter = { .limit = LIMIT_PAGE };

	do
		filter.after_row = port->accounts(port->ctx, &filter, each_account, cs);
	while (filter.after_row > 0);
	show_others(cs);
}

static void forget_all(struct clients *cs)
{
	struct client *c, *next;

	HASH_ITER(hh, cs->all, c, next)
	{
		forget(cs, c);
	}
}

static void forget_settled(struct clients *cs)
{
	struct client *c, *next;

	HASH_ITER(hh, cs->all, c, next)
	{
		if (!c->promised && c->unsaved == 0)
			forget(cs, c);
	}
}

/* Metadata was written, by us or by others. */
static bool is_about_metadata(const char *type)
{
	return strcmp(type, "account.created") == 0 || strcmp(type, "account.changed") == 0 ||
	       strcmp(type, "account.deleted") == 0;
}

static void on_wake(struct bus_subscriber *sub)
{
	struct clients *cs = (struct clients *)sub;
	struct bus_event event;
	int r;

	while ((r = bus_next(cs->face->bus, sub, &event)) != 0) {
		if (r < 0) { /* more happened than the ring holds */
			sub->seq = bus_newest(cs->face->bus);
			forget_settled(cs);
			learn_all(cs);
		} else if (is_about_metadata(event.type)) {
			clients_refresh(cs, event.account);
		}
	}
}

int clients_new(struct clients **ret_clients, struct face *f)
{
	struct clients *cs = calloc(1, sizeof *cs);

	if (cs == NULL)
		return ERR_NOMEM;
	cs->face = f;
	cs->subscriber.seq = bus_newest(f->bus);
	cs->subscriber.wake = on_wake;
	bus_subscribe(f->bus, &cs->subscriber);
	learn_all(cs);
	*ret_clients = cs;
	return 0;
}

void clients_free(struct clients **clients)
{
	struct clients *cs = TAKE(*clients);

	if (cs == NULL)
		return;
	bus_unsubscribe(cs->face->bus, &cs->subscriber);
	forget_all(cs);
	must(cs->ways == NULL);
	free(cs);
}
