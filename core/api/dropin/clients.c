/*
 * clients.c - the index of session ids and account ids.
 *
 * A key is "s" and a session id, or "a", our workspace, a slash and the account_id.
 */
#include "api/dropin/clients.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/dropin/ids.h"
#include "base/obj.h"
#include "out/bus.h"

#define MEMBER  "dropin"
#define KEY_MAX (2 + LIMIT_WORKSPACE + DROPIN_SESSION_MAX + 1)
/* An account's ids; a person who clicks each day for a quarter of a year has as many. */
#define SESSIONS_MAX 100

struct way {
	UT_hash_handle hh;
	struct client *client;
	char key[];
};

struct clients {
	struct bus_subscriber subscriber; /* first member */
	struct face *face;
	struct client *all;
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

static bool lay(struct clients *cs, const char *key, struct client *c)
{
	struct way *w;

	HASH_FIND_STR(cs->ways, key, w);
	if (w == NULL) {
		w = malloc(sizeof *w + strlen(key) + 1);
		if (w == NULL)
			return false;
		memcpy(w->key, key, strlen(key) + 1);
		HASH_ADD_STR(cs->ways, key, w);
	}
	w->client = c;
	return true;
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

static struct str text_of(const json_t *v)
{
	return (struct str){ json_string_value(v), json_string_length(v) };
}

static bool lay_all(struct clients *cs, struct client *c)
{
	char key[KEY_MAX];
	bool ok = true;
	json_t *v;
	size_t i;

	json_array_foreach(c->sessions, i, v)
	{
		session_key(key, text_of(v));
		ok = ok && lay(cs, key, c);
	}
	if (account_key(key, c->workspace, c->account_id))
		ok = ok && lay(cs, key, c);
	return ok;
}

static void forget(struct clients *cs, struct client *c)
{
	char key[KEY_MAX];
	json_t *v;
	size_t i;

	json_array_foreach(c->sessions, i, v)
	{
		session_key(key, text_of(v));
		lift(cs, key, c);
	}
	if (account_key(key, c->workspace, c->account_id))
		lift(cs, key, c);
	HASH_DEL(cs->all, c);
	json_decref(c->sessions);
	json_decref(c->workspace_id);
	json_decref(c->account_id);
	free(c);
}

/* --- to and from metadata --- */

static bool is_id(const json_t *v)
{
	return json_is_integer(v) || (json_is_string(v) && json_string_length(v) > 0 &&
				      json_string_length(v) <= DROPIN_SESSION_MAX);
}

static json_t *id_in(json_t *object, const char *name)
{
	json_t *v = json_object_get(object, name);

	return is_id(v) ? json_incref(v) : NULL;
}

/* The valid ones; people can write metadata, too. */
static json_t *sessions_in(json_t *object)
{
	json_t *from = json_object_get(object, "session_ids"), *to = json_array(), *v;
	size_t i;

	json_array_foreach(from, i, v)
	{
		if (json_is_string(v) && dropin_session_is_valid(text_of(v)) &&
		    json_array_size(to) < SESSIONS_MAX)
			json_array_append(to, v);
	}
	return to;
}

/* `object`: what lies under "dropin".  NULL when it is not one of ours, or memory is out. */
static struct client *client_new(struct str account, struct str workspace, json_t *object)
{
	struct client *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	str_copy(c->account, sizeof c->account, account);
	str_copy(c->workspace, sizeof c->workspace, workspace);
	c->sessions = sessions_in(object);
	c->workspace_id = id_in(object, "workspace_id");
	c->account_id = id_in(object, "account_id");
	if (json_array_size(c->sessions) > 0)
		return c;
	json_decref(c->sessions);
	json_decref(c->workspace_id);
	json_decref(c->account_id);
	free(c);
	return NULL;
}

static json_t *metadata_load(struct str text)
{
	json_t *j = text.n > 0 ? json_loadb(text.p, text.n, 0, NULL) : json_object();

	if (json_is_object(j))
		return j;
	json_decref(j);
	return json_object();
}

static json_t *client_object(const struct client *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "session_ids", json_copy(c->sessions));
	if (c->workspace_id != NULL)
		json_object_set(o, "workspace_id", c->workspace_id);
	if (c->account_id != NULL)
		json_object_set(o, "account_id", c->account_id);
	return o;
}

char *client_metadata(const struct client *c, struct str now)
{
	json_t *all = metadata_load(now), *ours = client_object(c);
	json_t *sessions = json_object_get(ours, "session_ids");
	char *text;

	json_object_set_new(all, MEMBER, ours);
	text = json_dumps(all, JSON_COMPACT);
	while (text != NULL && strlen(text) > LIMIT_METADATA && json_array_size(sessions) > 1) {
		free(text);
		json_array_remove(sessions, json_array_size(sessions) - 1);
		text = json_dumps(all, JSON_COMPACT);
	}
	if (text != NULL && strlen(text) > LIMIT_METADATA) {
		free(text);
		text = NULL;
	}
	json_decref(all);
	return text;
}

struct str client_session(const struct client *c)
{
	return text_of(json_array_get(c->sessions, 0));
}

char *client_json(const json_t *id)
{
	return id != NULL ? json_dumps(id, JSON_ENCODE_ANY) : str_dup(STR("null"));
}

/* --- looking --- */

struct client *clients_of(struct clients *cs, struct str account)
{
	struct client *c;

	HASH_FIND(hh, cs->all, account.p, account.n, c);
	return c;
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

struct client *clients_first(struct clients *cs)
{
	return cs->all;
}

/* --- learning --- */

static struct client *keep(struct clients *cs, struct client *c)
{
	if (c == NULL)
		return NULL;
	HASH_ADD_STR(cs->all, account, c);
	if (lay_all(cs, c))
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
		if (str_eq(text_of(v), session)) {
			json_array_remove(c->sessions, i);
			break;
		}
	}
	while (json_array_size(c->sessions) >= SESSIONS_MAX) {
		session_key(key, text_of(json_array_get(c->sessions, SESSIONS_MAX - 1)));
		lift(cs, key, c);
		json_array_remove(c->sessions, SESSIONS_MAX - 1);
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
	if (changed && !lay_all(cs, c))
		return ERR_NOMEM;
	return changed;
}

static bool has_ours(const struct account_view *v)
{
	static const char mark[] = "\"" MEMBER "\"";

	return v->metadata.n > 0 &&
	       memmem(v->metadata.p, v->metadata.n, mark, sizeof mark - 1) != NULL;
}

/* An account as it is now: one of ours, or not. */
static void learn(struct clients *cs, const struct account_view *v)
{
	json_t *all, *object;

	if (!has_ours(v))
		return;
	all = metadata_load(v->metadata);
	object = json_object_get(all, MEMBER);
	if (json_is_object(object))
		keep(cs, client_new(v->id, v->workspace, object));
	json_decref(all);
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
	c = clients_of(cs, str_of(id));
	there = port->account(port->ctx, str_of(id), &view);
	if (c != NULL && c->unsaved > 0 && there) {
		c->promised = c->promised && !has_ours(&view);
		return;
	}
	if (c != NULL)
		forget(cs, c);
	if (there)
		learn(cs, &view);
}

void clients_save(struct client *c)
{
	c->unsaved++;
}

void clients_saved(struct clients *cs, struct str account)
{
	struct client *c = clients_of(cs, account);

	if (c != NULL && c->unsaved > 0)
		c->unsaved--;
	clients_refresh(cs, account);
}

/* What is still known here is newer than what is stored. */
static void each_account(void *arg, const struct account_view *view)
{
	struct clients *cs = arg;
	struct client *c = clients_of(cs, view->id);

	if (c == NULL)
		learn(cs, view);
	else
		c->promised = c->promised && !has_ours(view);
}

static void learn_all(struct clients *cs)
{
	struct api_port *port = &cs->face->port;
	struct account_filter filter = { .limit = LIMIT_PAGE };

	do
		filter.after_row = port->accounts(port->ctx, &filter, each_account, cs);
	while (filter.after_row > 0);
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
