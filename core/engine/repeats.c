/*
 * repeats.c - Idempotency-Key: a request that comes again is carried out once.
 *
 * A command with a key is looked up in the store first; while it is under way its key is held, so that
 * the same request sent twice at once is carried out once.  What was done is remembered in the commit
 * that does it.
 */
#include <stdlib.h>

#include "base/killpoint.h"
#include "engine/endpoints.h"
#include "engine/state.h"

/* ---- remembered ---- */

/* The same request with the same key gets this answer for a day. */
void command_remember_as(struct engine *e, const struct command *c, struct str subject)
{
	struct idem_record r = { .key = str_of(c->idem_key),
				 .account = subject,
				 .http_status = c->idem_status,
				 .at = e->now };

	if (c->idem_key == NULL)
		return;
	memcpy(r.hash, c->idem_hash, sizeof r.hash);
	commit_idem(batch_commit(e), &r);
}

void command_remember(struct engine *e, const struct command *c, const struct member *m)
{
	command_remember_as(e, c, str_of(m->id));
}

void key_keep(struct engine *e, const struct command *c, enum key_state state, const char *text)
{
	struct idem_record r = { .key = str_of(c->idem_key), .http_status = state, .at = e->now };
	struct buf account;

	if (c->idem_key == NULL)
		return;
	buf_init(&account, LIMIT_ACCOUNT_ID + LIMIT_SENT + 2);
	buf_text(&account, c->account);
	if (text != NULL) {
		buf_byte(&account, '\n');
		buf_text(&account, text);
	}
	must(account.failed == 0);
	r.account = buf_all(&account);
	memcpy(r.hash, c->idem_hash, sizeof r.hash);
	commit_idem(batch_commit(e), &r);
	buf_fini(&account);
}

struct str key_kept(const struct inbox_key *k)
{
	const char *line = k->account.n > 0 ? memchr(k->account.p, '\n', k->account.n) : NULL;

	if (line == NULL)
		return STR_NONE;
	return (struct str){ line + 1, k->account.n - (size_t)(line - k->account.p) - 1 };
}

/* ---- held ---- */

static bool key_hold(struct engine *e, const char *key)
{
	struct key_hold *h;

	HASH_FIND_STR(e->keys, key, h);
	if (h != NULL)
		return false;
	h = calloc(1, sizeof *h);
	must(h != NULL);
	h->key = str_dup(str_of(key));
	must(h->key != NULL);
	HASH_ADD_KEYPTR(hh, e->keys, h->key, strlen(h->key), h);
	return true;
}

void key_release(struct engine *e, const char *key)
{
	struct key_hold *h;

	HASH_FIND_STR(e->keys, key, h);
	if (h == NULL)
		return;
	HASH_DEL(e->keys, h);
	free(h->key);
	free(h);
}

void keys_free(struct engine *e)
{
	while (e->keys != NULL)
		key_release(e, e->keys->key);
}

/* ---- looked up ---- */

struct asking {
	struct engine *e;
	struct command *command;
	struct asking *prev, *next;
};

void askings_free(struct engine *e)
{
	struct asking *a, *next;

	DL_FOREACH_SAFE(e->askings, a, next)
	{
		reply_stopping(e, &a->command);
		DL_DELETE(e->askings, a);
		free(a);
	}
}

static void on_key_answer(void *ctx, int result, const struct idem_record *known)
{
	struct asking *a = ctx;
	struct inbox_item *item;
	char *room;

	item = inbox_item_new(IN_KEY, 0, known != NULL ? known->account.n : 0, &room);
	must(item != NULL);
	item->key.command = TAKE(a->command);
	item->key.result = result;
	item->key.known = known != NULL;
	if (known != NULL) {
		memcpy(item->key.hash, known->hash, sizeof item->key.hash);
		item->key.http_status = known->http_status;
		item->key.account = inbox_copy(&room, known->account);
	}
	engine_post(a->e, item);
	DL_DELETE(a->e->askings, a);
	free(a);
}

void key_look_up(struct engine *e, struct command *c)
{
	struct asking *a;

	if (!key_hold(e, c->idem_key)) {
		struct command_result busy = {
			.code = ERR_BUSY,
			.problem = "idempotency_in_progress",
			.text =
			    STR("a request with this Idempotency-Key is under way; wait for its "
				"answer and ask again"),
		};

		reply_now(e, &c, &busy);
		return;
	}
	c->key_held = true;
	a = malloc(sizeof *a);
	must(a != NULL);
	*a = (struct asking){ .e = e, .command = c };
	DL_APPEND(e->askings, a);
	if (store_find_idem(e->store, str_of(c->idem_key), on_key_answer, a) < 0) {
		DL_DELETE(e->askings, a);
		free(a);
		command_refuse(e, &c, ERR_FULL, "overloaded",
			       "too many requests are waiting; try again");
	}
}

void key_answer_not_kept(struct engine *e, struct command **c)
{
	command_refuse(
	    e, c, ERR_EXISTS, "answer_not_kept",
	    "this was carried out already with this Idempotency-Key, but what it answered is not "
	    "kept; choose a new Idempotency-Key to do it again");
}

void command_key_known(struct engine *e, struct inbox_key *k)
{
	struct command *c = TAKE(k->command);
	struct command_result replay = { .account = k->account, .replayed = true };

	if (k->result < 0) {
		command_refuse(
		    e, &c, k->result, "overloaded",
		    "the store cannot say whether this Idempotency-Key was used; try again");
	} else if (!k->known) {
		command_begin(e, c);
	} else if (k->http_status == KEY_FREE) {
		send_again(c, k);
		command_begin(e, c);
	} else if (memcmp(k->hash, c->idem_hash, sizeof k->hash) != 0) {
		command_refuse(
		    e, &c, ERR_EXISTS, "idempotency_key_reused",
		    "this Idempotency-Key was used for another request; choose a new one");
	} else if (c->kind == COMMAND_SEND) {
		send_repeated(e, &c, k);
	} else if (c->kind == COMMAND_VERB) {
		verb_repeated(e, &c, k);
	} else if (c->kind == COMMAND_KEY_CREATE) {
		api_key_repeated(e, &c, k->account);
	} else if (c->kind == COMMAND_LINK_CREATE) {
		key_answer_not_kept(e, &c);
	} else if (c->kind == COMMAND_ENDPOINT_CREATE || c->kind == COMMAND_ENDPOINT_ROTATE) {
		endpoint_repeated(e, &c, k->account);
	} else {
		reply_now(e, &c, &replay);
	}
}
