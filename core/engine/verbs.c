/*
 * verbs.c - what only this plugin can do, for people and programs that ask for it.
 *
 * A verb may do anything out there, so with an Idempotency-Key it is done at most once, as a message is
 * sent (see sends.c): the key is on disk, "begun", before the verb leaves.  Surely not done, the key is
 * free again; done, it is used up, and what the verb answered is not kept; and while nobody knows, the
 * same key is told so and nothing is done.
 */
#include <stdio.h>

#include "engine/state.h"

#define UNKNOWN_ADVICE                                                                      \
	"nobody knows whether it was carried out; look at the account, and ask again with " \
	"a new Idempotency-Key if it was not"

static void refuse(struct engine *e, struct command **c, int code, const char *problem,
		   struct str text)
{
	struct command_result no = {
		.code = code, .problem = problem, .account = str_of((*c)->account), .text = text
	};

	batch_reply(e, c, &no);
}

void verb_take(struct engine *e, struct member *m, struct command *c)
{
	if (c->idem_key == NULL) {
		call_verb(e, m, &c);
		return;
	}
	c->row = m->row;
	key_keep(e, c, KEY_BEGUN, NULL);
	batch_send(e, &c);
}

/* The account may have gone while its key was written. */
void verb_now(struct engine *e, struct command **command, bool refused)
{
	struct command *c = TAKE(*command);
	struct member *m = member_by_row(e, c->row);
	bool there = m != NULL && !member_is_deleted(m) && m->instance != NULL;

	if (!refused && !e->stopping && there) {
		call_verb(e, m, &c);
		return;
	}
	key_keep(e, c, KEY_FREE, NULL);
	if (e->stopping)
		refuse(e, &c, ERR_CANCELLED, "stopping",
		       STR("the daemon is stopping; nothing was done, ask again"));
	else
		refuse(e, &c, ERR_UNAVAILABLE, "provider_unavailable",
		       STR("the account has lost its instance meanwhile; nothing was done"));
}

void verb_repeated(struct engine *e, struct command **c, const struct inbox_key *k)
{
	if (k->http_status == KEY_BEGUN)
		command_refuse(e, c, ERR_TIMEOUT, "outcome_unknown",
			       "this was begun with this Idempotency-Key, and " UNKNOWN_ADVICE);
	else
		key_answer_not_kept(e, c);
}

void verb_lost(struct engine *e, struct command **c)
{
	refuse(e, c, ERR_TIMEOUT, "outcome_unknown",
	       STR("the daemon stopped before the answer came: " UNKNOWN_ADVICE));
}

static void done(struct engine *e, struct op *op, const struct inbox_reply *r)
{
	struct member *m = member_by_row(e, op->row);
	struct command_result result = { .account = str_of(op->command->account),
					 .body = r->body.n > 0 ? r->body : STR("null") };

	if (m != NULL)
		account_journal(e, m, JOURNAL_VERB, false, str_of(op->command->verb), STR_NONE);
	key_keep(e, op->command, KEY_ANSWERED, NULL);
	batch_reply(e, &op->command, &result);
}

static void unknown(struct engine *e, struct op *op, const struct inbox_reply *r)
{
	char text[LIMIT_REASON + sizeof ": " UNKNOWN_ADVICE];
	struct str said = words_for(r);

	/* its key stays as it is: begun */
	snprintf(text, sizeof text, "%.*s: " UNKNOWN_ADVICE, (int)MIN_OF(said.n, LIMIT_REASON),
		 said.p != NULL ? said.p : "");
	refuse(e, &op->command, ERR_TIMEOUT, "outcome_unknown", str_of(text));
}

void verb_answered(struct engine *e, struct op *op, const struct inbox_reply *r)
{
	if (r->result == 0) {
		done(e, op, r);
		return;
	}
	if (r->result != ERR_STATE || r->unknown) {
		unknown(e, op, r);
		return;
	}
	key_keep(e, op->command, KEY_FREE, NULL);
	refuse(e, &op->command, ERR_UNAVAILABLE,
	       r->cause == RELINK_MISCONFIGURED   ? "not_supported"
	       : r->cause == RELINK_PROVIDER_DOWN ? "provider_unavailable"
						  : "provider_error",
	       words_for(r));
}
