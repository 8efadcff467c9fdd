/*
 * batch.c - remember, act, tell: one batch a turn.
 *
 * A turn collects its changes in one commit; what is to be done and said because of them waits here
 * until the commit is durable, and then leaves in order.  Batches complete in the order in which they
 * were submitted, so an answer to a command that changed nothing can join the newest batch under way:
 * it is given when everything that it may rest on is durable.
 *
 * When the store has no room, batches wait here, in the same order, and nothing new is begun.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "engine/state.h"

#define BATCH_MAGIC 0x42544348u

struct told {
	struct journal_record record;
	char *texts; /* one block: account, workspace, text, data */
};

struct answer {
	struct command *command; /* NULL: refused meanwhile, since the disk is full */
	char *key;               /* its Idempotency-Key, which stays held all the same */
	struct command_result result;
	char *texts; /* one block: text, account, body */
};

/* What a worker is to do once, so that its key must be on disk before it leaves. */
struct sending {
	struct command *command;
	bool refused; /* meanwhile, since the disk is full */
};

struct batch {
	unsigned magic;
	struct engine *e;
	struct commit *commit;
	struct act *acts;
	struct told *told;
	struct answer *answers;
	struct sending *sends;
	size_t n_acts, n_told, n_answers, n_sends, acts_room, told_room, answers_room, sends_room;
	uint64_t n_changes;
	struct batch *prev, *next;
};

/* Out of memory here would break the order of remember, act and tell; the process ends instead and
 * the next one goes on from the store. */
static void *grow(void *v, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return v;
	*room = *room > 0 ? *room * 2 : 8;
	v = realloc(v, *room * size);
	must(v != NULL);
	return v;
}

struct batch *batch_of_turn(struct engine *e)
{
	struct batch *b = e->batch;

	if (b != NULL)
		return b;
	b = calloc(1, sizeof *b);
	must(b != NULL);
	OBJ_INIT(b, BATCH_MAGIC);
	b->e = e;
	b->commit = commit_new(e->store);
	must(b->commit != NULL);
	e->batch = b;
	return b;
}

static void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->n_told; i++)
		free(b->told[i].texts);
	for (size_t i = 0; i < b->n_answers; i++) {
		command_free(&b->answers[i].command);
		free(b->answers[i].key);
		free(b->answers[i].texts);
	}
	for (size_t i = 0; i < b->n_sends; i++)
		command_free(&b->sends[i].command);
	commit_free(&b->commit);
	free(b->sends);
	free(b->acts);
	free(b->told);
	free(b->answers);
	OBJ_FINI(b);
	free(b);
}

struct commit *batch_commit(struct engine *e)
{
	struct batch *b = batch_of_turn(e);

	b->n_changes++;
	return b->commit;
}

uint64_t batch_changes(const struct engine *e)
{
	return e->batch != NULL ? e->batch->n_changes : 0;
}

void batch_journal(struct engine *e, struct journal_record *r)
{
	struct batch *b = batch_of_turn(e);
	struct told *t;
	char *room;

	r->seq = ++e->last_seq;
	r->at = e->now;
	commit_journal(batch_commit(e), r);
	if (!r->tell)
		return;
	b->told = grow(b->told, b->n_told, &b->told_room, sizeof *b->told);
	t = &b->told[b->n_told++];
	t->record = *r;
	t->texts = malloc(r->account.n + r->workspace.n + r->text.n + r->data.n + 1);
	must(t->texts != NULL);
	room = t->texts;
	t->record.account = inbox_copy(&room, r->account);
	t->record.workspace = inbox_copy(&room, r->workspace);
	t->record.text = inbox_copy(&room, r->text);
	t->record.data = inbox_copy(&room, r->data);
}

void batch_act(struct engine *e, const struct act *act)
{
	struct batch *b = batch_of_turn(e);

	b->acts = grow(b->acts, b->n_acts, &b->acts_room, sizeof *b->acts);
	b->acts[b->n_acts++] = *act;
}

void batch_send(struct engine *e, struct command **command)
{
	struct batch *b = batch_of_turn(e);

	b->sends = grow(b->sends, b->n_sends, &b->sends_room, sizeof *b->sends);
	b->sends[b->n_sends++] = (struct sending){ TAKE(*command), false };
}

void reply_now(struct engine *e, struct command **command, const struct command_result *result)
{
	struct command *c = TAKE(*command);

	if (result->code < 0)
		e->stats.refused++;
	if (c->key_held)
		key_release(e, c->idem_key);
	c->reply(c->ctx, result);
	command_free(&c);
}

void batch_reply(struct engine *e, struct command **command, const struct command_result *result)
{
	struct batch *b = e->batch;
	struct answer *a;
	char *room;

	if (b == NULL && e->in_flight == NULL) {
		reply_now(e, command, result);
		return;
	}
	if (b == NULL)
		b = e->in_flight->prev; /* utlist: the head's prev is the tail */
	b->answers = grow(b->answers, b->n_answers, &b->answers_room, sizeof *b->answers);
	a = &b->answers[b->n_answers++];
	*a = (struct answer){ .command = TAKE(*command), .result = *result };
	a->texts = malloc(result->text.n + result->account.n + result->body.n + 1);
	must(a->texts != NULL);
	room = a->texts;
	a->result.text = inbox_copy(&room, result->text);
	a->result.account = inbox_copy(&room, result->account);
	a->result.body = inbox_copy(&room, result->body);
}

void reply_stopping(struct engine *e, struct command **command)
{
	struct command_result no = { .code = ERR_CANCELLED,
				     .problem = "stopping",
				     .text = STR("the daemon is stopping; ask again") };

	reply_now(e, command, &no);
}

static void give_answer(struct engine *e, struct answer *a)
{
	if (a->command != NULL)
		reply_now(e, &a->command, &a->result);
	if (a->key != NULL)
		key_release(e, a->key);
}

static void leave(struct engine *e, struct sending *s)
{
	if (s->command->kind == COMMAND_VERB)
		verb_now(e, &s->command, s->refused);
	else
		send_now(e, &s->command, s->refused);
}

static void on_durable(void *ctx)
{
	struct batch *b;
	struct engine *e;

	OBJ_CAST(b, ctx, BATCH_MAGIC);
	e = b->e;
	must(e->in_flight == b); /* the store completes in order */
	DL_DELETE(e->in_flight, b);
	e->n_in_flight--;
	KP("engine.durable");
	e->now = clock_ms();
	for (size_t i = 0; i < b->n_acts; i++)
		act_now(e, &b->acts[i]);
	for (size_t i = 0; i < b->n_sends; i++)
		leave(e, &b->sends[i]);
	KP("engine.acted");
	for (size_t i = 0; i < b->n_told; i++)
		bus_publish(e->bus, &b->told[i].record);
	if (b->n_told > 0)
		bus_wake(e->bus);
	KP("engine.told");
	for (size_t i = 0; i < b->n_answers; i++)
		give_answer(e, &b->answers[i]);
	KP("engine.answered");
	batch_free(b);
	/* What the acts could not do right away came back as items; and a turn that waited for the disk
	 * may go on. */
	if ((e->inbox.n > 0 || e->batch != NULL || e->paused || e->held != NULL || e->stopping) &&
	    e->on_post != NULL)
		e->on_post(e->on_post_ctx);
}

void batch_push(struct engine *e)
{
	while (e->held != NULL && store_has_room(e->store)) {
		struct batch *b = e->held;

		e->held = b->next;
		KP("engine.submit");
		must(store_submit(e->store, &b->commit, on_durable, b) == 0);
		KP("engine.submitted");
	}
}

void batch_submit(struct engine *e)
{
	struct batch *b = TAKE(e->batch);

	if (b != NULL) {
		DL_APPEND(e->in_flight, b);
		e->n_in_flight++;
		if (e->held == NULL)
			e->held = b;
	}
	batch_push(e);
}

static void nobody_listens(void *ctx, const struct command_result *result)
{
	(void)ctx;
	(void)result;
}

/* It will not leave.  The command stays, so that its key is set free in its turn. */
static void refuse_sending(struct engine *e, struct command *c)
{
	struct command_result no = {
		.code = ERR_DISKFULL,
		.problem = "disk_full",
		.text = STR("the disk is full, so the Idempotency-Key cannot be kept; nothing was "
			    "sent or done, ask again when there is room"),
	};

	e->stats.refused++;
	c->reply(c->ctx, &no);
	c->reply = nobody_listens;
}

void batch_refuse_waiting(struct engine *e)
{
	struct command_result no = {
		.code = ERR_DISKFULL,
		.problem = "disk_full",
		.text =
		    STR("the change is accepted but not on disk yet, because the disk is full; it "
			"will be carried out when there is room; ask again with the same "
			"Idempotency-Key, or look at the account"),
	};
	struct batch *b;

	DL_FOREACH(e->in_flight, b)
	{
		for (size_t i = 0; i < b->n_sends; i++) {
			if (!b->sends[i].refused)
				refuse_sending(e, b->sends[i].command);
			b->sends[i].refused = true;
		}
		for (size_t i = 0; i < b->n_answers; i++) {
			struct answer *a = &b->answers[i];

			if (a->command == NULL)
				continue;
			/* Asked again before it is on disk, it would be carried out again. */
			if (a->command->key_held)
				a->key = TAKE(a->command->idem_key);
			a->command->key_held = false;
			reply_now(e, &a->command, &no);
		}
	}
}

void batch_free_all(struct engine *e)
{
	struct batch *b, *next;

	if (e->batch != NULL) {
		b = TAKE(e->batch);
		DL_APPEND(e->in_flight, b);
	}
	DL_FOREACH_SAFE(e->in_flight, b, next)
	{
		for (size_t i = 0; i < b->n_sends; i++) {
			if (!b->sends[i].refused)
				reply_stopping(e, &b->sends[i].command);
		}
		for (size_t i = 0; i < b->n_answers; i++) {
			if (b->answers[i].command != NULL)
				reply_stopping(e, &b->answers[i].command);
		}
		DL_DELETE(e->in_flight, b);
		batch_free(b);
	}
}
