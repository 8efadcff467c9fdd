/*
 * api_keys.c - the keys of the API: held here by their public id, made, revoked and remembered.
 *
 * A key that was revoked stays in the table, so that people see what there was; it goes when room is
 * needed.  A revoked key opens nothing from the moment of the command on, and a new one is given out
 * when it is durable.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "engine/state.h"

/* Not told more exactly than this, so that a busy key costs no writes. */
#define USED_EVERY_MS (60ull * 60 * 1000)

/* Texts lie behind the struct. */
struct api_key {
	struct api_key_record r;
	UT_hash_handle hh;
	char texts[];
};

static struct api_key *find(const struct engine *e, struct str id)
{
	struct api_key *k;

	HASH_FIND(hh, e->api_keys, id.p, id.n, k);
	return k;
}

int api_key_add(struct engine *e, const struct api_key_record *r)
{
	struct api_key *k = malloc(sizeof *k + r->id.n + r->workspace.n + r->label.n);
	char *room;

	if (k == NULL)
		return ERR_NOMEM;
	room = k->texts;
	k->r = *r;
	k->r.id = inbox_copy(&room, r->id);
	k->r.workspace = inbox_copy(&room, r->workspace);
	k->r.label = inbox_copy(&room, r->label);
	HASH_ADD_KEYPTR(hh, e->api_keys, k->r.id.p, k->r.id.n, k);
	return 0;
}

static void drop(struct engine *e, struct api_key *k)
{
	HASH_DEL(e->api_keys, k);
	explicit_bzero(k->r.digest, sizeof k->r.digest);
	free(k);
}

void api_keys_free(struct engine *e)
{
	while (e->api_keys != NULL)
		drop(e, e->api_keys);
}

static bool opens_nothing(const struct engine *e, const struct api_key *k)
{
	return k->r.revoked_at != 0 || (k->r.expires_at != 0 && k->r.expires_at <= e->now);
}

/* The oldest of those that open nothing any more makes room. */
static bool make_room(struct engine *e)
{
	struct api_key *oldest = NULL;

	if (HASH_COUNT(e->api_keys) < LIMIT_API_KEYS)
		return true;
	for (struct api_key *k = e->api_keys; k != NULL; k = k->hh.next) {
		if (opens_nothing(e, k) &&
		    (oldest == NULL || k->r.created_at < oldest->r.created_at))
			oldest = k;
	}
	if (oldest == NULL)
		return false;
	commit_api_key_delete(batch_commit(e), oldest->r.id);
	drop(e, oldest);
	return true;
}

static void refuse(struct engine *e, struct command **c, int code, const char *problem,
		   const char *text)
{
	struct command_result no = { .code = code, .problem = problem, .text = str_of(text) };

	reply_now(e, c, &no);
}

static void accept(struct engine *e, struct command **c, const struct api_key *k)
{
	struct command_result done = { .account = k->r.id,
				       .created = (*c)->kind == COMMAND_KEY_CREATE };

	command_remember_as(e, *c, k->r.id);
	KP("engine.key.changed");
	batch_reply(e, c, &done);
}

void api_key_create(struct engine *e, struct command *c)
{
	struct api_key_record r = { .id = str_of(c->account),
				    .workspace = str_of(c->workspace),
				    .label = str_of(c->label),
				    .role = c->key_role,
				    .created_at = e->now,
				    .expires_at = c->key_expires_at };

	memcpy(r.digest, c->key_digest, sizeof r.digest);
	if (find(e, r.id) != NULL) {
		refuse(e, &c, ERR_EXISTS, "overloaded", "two keys got the same id; ask again");
		return;
	}
	if (!make_room(e)) {
		refuse(e, &c, ERR_FULL, "too_many_keys",
		       "there are as many keys as Relink holds; revoke some");
		return;
	}
	if (api_key_add(e, &r) < 0) {
		refuse(e, &c, ERR_NOMEM, "overloaded", "no memory for another key; try again");
		return;
	}
	commit_api_key(batch_commit(e), &r);
	LOG(INFO, ENGINE, "key.created", f_text("key", c->account),
	    f_text("role", api_role_name(r.role)), f_str("workspace", r.workspace));
	accept(e, &c, find(e, r.id));
}

void api_key_repeated(struct engine *e, struct command **c, struct str id)
{
	command_refuse(
	    e, c, ERR_EXISTS, "answer_not_kept",
	    "key %.*s was made with this Idempotency-Key, and its text is told only once; "
	    "if that answer was lost, revoke it with DELETE /v1/keys/%.*s, and make another "
	    "with a new Idempotency-Key",
	    STR_ARG(id), STR_ARG(id));
}

/* Twice is fine: it is the end of the key that is wanted. */
void api_key_revoke(struct engine *e, struct command *c)
{
	struct api_key *k = find(e, str_of(c->account));

	if (k == NULL) {
		refuse(e, &c, ERR_NOTFOUND, "key_not_found",
		       "there is no key with this id; list them with GET /v1/keys");
		return;
	}
	if (k->r.revoked_at == 0) {
		k->r.revoked_at = e->now;
		commit_api_key(batch_commit(e), &k->r);
		LOG(INFO, ENGINE, "key.revoked", f_text("key", c->account));
	}
	accept(e, &c, k);
}

/* ---- for the API's port ---- */

static void view_of(const struct api_key *k, struct key_view *v)
{
	*v = (struct key_view){ .id = k->r.id,
				.label = k->r.label,
				.workspace = k->r.workspace,
				.digest = k->r.digest,
				.role = k->r.role,
				.created_at = k->r.created_at,
				.expires_at = k->r.expires_at,
				.revoked_at = k->r.revoked_at,
				.last_used_at = k->r.last_used_at };
}

bool api_key_view(const struct engine *e, struct str id, struct key_view *ret_view)
{
	const struct api_key *k = find(e, id);

	if (k != NULL)
		view_of(k, ret_view);
	return k != NULL;
}

/* Into the commit of the next turn; who asked does not wait for it. */
void api_key_used(struct engine *e, struct str id)
{
	struct api_key *k = find(e, id);
	uint64_t now = clock_ms();

	if (k == NULL || e->stopping || !e->store_ok || e->held != NULL ||
	    now - k->r.last_used_at < USED_EVERY_MS)
		return;
	k->r.last_used_at = MAX_OF(now - now % USED_EVERY_MS, k->r.created_at);
	commit_api_key(batch_commit(e), &k->r);
	if (e->on_post != NULL)
		e->on_post(e->on_post_ctx);
}

void api_keys_each(const struct engine *e, void (*each)(void *arg, const struct key_view *),
		   void *arg)
{
	struct key_view v;

	for (const struct api_key *k = e->api_keys; k != NULL; k = k->hh.next) {
		view_of(k, &v);
		each(arg, &v);
	}
}
