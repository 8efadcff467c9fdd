/*
 * calls.c - what is asked of workers, and what their answers mean.
 *
 * Each call has an op that remembers for whom it was made; the pool answers each call exactly once
 * (reply, deadline or lost worker), so no op is ever left behind.  A call that can't even be sent is
 * answered through the inbox like any other.
 */
#include "base/clock.h"
#include "base/json.h"
#include "base/killpoint.h"
#include "engine/state.h"

static struct op *op_new(struct engine *e, enum op_kind kind, struct instance *i)
{
	struct op *op = calloc(1, sizeof *op);

	must(op != NULL);
	op->tag = ++e->last_tag;
	op->kind = (uint8_t)kind;
	op->instance = i;
	op->slot = i->slot;
	op->asked_at = e->now;
	HASH_ADD(hh, e->ops, tag, sizeof op->tag, op);
	return op;
}

/* The call was not made: nothing happened at the provider, and the answer says so. */
static void answer_unsent(struct engine *e, const struct op *op, enum msg_method method,
			  const struct msg_error *error)
{
	struct inbox_item *item = inbox_of_reply(op->slot, method, op->tag, ERR_STATE, NULL, error);

	must(item != NULL);
	inbox_put(&e->inbox, item);
}

static void not_sent(struct engine *e, const struct op *op, enum msg_method method, int why)
{
	struct msg_error error = {
		.cause = RELINK_PROVIDER_DOWN,
		.text = why == ERR_FULL ? STR("too much is queued for the worker of this instance")
			: why == ERR_STATE ? STR("the instance does not answer")
			: why == ERR_BUSY
			    ? STR("this account works alone, and another one that does is at work")
			: why == ERR_UNAVAILABLE
			    ? STR("the worker of this instance is not running")
			    : STR("the request cannot be put into a message to the worker"),
	};
	answer_unsent(e, op, method, &error);
}

static void entered(struct engine *e, struct op *op)
{
	op->sent = true;
	e->slots[op->slot].n_open++;
	quarantine_entered(e, op);
}

/* Of a worker that is lost all are cancelled, which is no reason to replace one that was drained. */
static void left(struct engine *e, const struct op *op, int result)
{
	quarantine_left(e, op);
	if (!op->sent)
		return;
	e->slots[op->slot].n_open--;
	if (result != ERR_CANCELLED)
		slot_answered(e, &e->slots[op->slot]);
}

/* While nobody answers, only the probe is sent, and what people ask: a start or an end would wait in
 * vain, each of them, and costs the account nothing when it is not made. */
static bool waits_behind_the_probe(const struct op *op)
{
	const struct instance *i = op->instance;

	return (op->kind == OP_CREATE || op->kind == OP_CLOSE) && i->silent && !i->reachable;
}

static void send_call(struct engine *e, struct op *op, enum msg_method method, const void *params,
		      uint64_t timeout_ms)
{
	int r = waits_behind_the_probe(op) ? ERR_STATE : ERR_UNAVAILABLE;

	if (r != ERR_STATE && !quarantine_admits(e, op))
		r = ERR_BUSY;
	else if (r != ERR_STATE && slot_serves(e, op->slot))
		r = pool_call(e->pool, op->slot, method, params, op->tag, e->now + timeout_ms);
	if (r < 0)
		not_sent(e, op, method, r);
	else
		entered(e, op);
}

/* An op of an account; who must be alone has a worker of their own. */
static struct op *member_op(struct engine *e, enum op_kind kind, struct member *m)
{
	struct op *op = op_new(e, kind, m->instance);

	op->row = m->row;
	op->generation = m->a.generation;
	op->slot = slot_for(e, m->instance, m);
	return op;
}

/* An op of a life that was given up.  It is its account's like any other: who dies of it has one to
 * suspect, and what a poison account has left behind harms the quarantine only. */
static struct op *stray_op(struct engine *e, enum op_kind kind, struct stray *s)
{
	struct op *op = op_new(e, kind, s->instance);

	op->row = s->life.row;
	op->generation = s->life.generation;
	op->slot = slot_for(e, s->instance, member_by_row(e, s->life.row));
	op->stray = s;
	return op;
}

static uint64_t start_timeout(const struct instance *i)
{
	return i->provider->policy.start_deadline;
}

static void send_create(struct engine *e, struct member *m, bool resume)
{
	struct op *op = member_op(e, OP_CREATE, m);
	struct msg_create params = { .instance = str_of(m->instance->conf->id),
				     .account = str_of(m->id),
				     .session = str_of(m->session),
				     .profile = str_of(m->profile),
				     .generation = m->a.generation,
				     .resume = resume,
				     .timeout = start_timeout(m->instance),
				     .metadata = str_of(m->metadata) };
	char why[LIMIT_REASON];

	if (is_poison(e, m, why, sizeof why)) {
		answer_unsent(e, op, MSG_create,
			      &(struct msg_error){ .cause = RELINK_POISON, .text = str_of(why) });
		return;
	}
	KP("engine.create.before");
	send_call(e, op, MSG_create, &params, params.timeout);
	KP("engine.create.after");
}

static struct msg_disconnect disconnect_of(struct engine *e, struct instance *i,
					   const char *account, const char *session,
					   uint64_t generation)
{
	return (struct msg_disconnect){ .instance = str_of(i->conf->id),
					.account = str_of(account),
					.session = str_of(session),
					.generation = generation,
					.timeout = e->conf->op_deadline_ms };
}

static void send_close(struct engine *e, struct member *m)
{
	struct op *op = member_op(e, OP_CLOSE, m);
	struct msg_disconnect params =
	    disconnect_of(e, m->instance, m->id, m->session, m->a.generation);

	KP("engine.close.before");
	send_call(e, op, MSG_disconnect, &params, params.timeout);
	KP("engine.close.after");
}

void act_now(struct engine *e, const struct act *act)
{
	struct member *m = member_by_row(e, act->row);
	struct stray *s = act->kind == ACT_END ? stray_by_life(e, act->row, act->generation) : NULL;

	if (act->kind == ACT_END) {
		if (s != NULL)
			call_end(e, s);
		return;
	}

	/* The account may have moved on while the intent was written; then nothing is sent any more.
	 * What was given up before it was sent is proven absent like any other life. */
	if (m == NULL || m->instance == NULL || m->a.generation != act->generation)
		return;
	if (act->kind == ACT_CREATE && m->a.open && m->a.state == ST_STARTING)
		send_create(e, m, act->resume);
	else if (act->kind == ACT_CLOSE && m->a.state == ST_CLOSING)
		send_close(e, m);
}

void call_list(struct engine *e, struct instance *i)
{
	struct op *op = op_new(e, OP_LIST, i);
	struct msg_list params = { .instance = str_of(i->conf->id),
				   .timeout = e->conf->op_deadline_ms };

	i->listing = (struct listing){ .tag = op->tag };
	i->serial++;
	i->list_asked_at = e->now;
	e->stats.lists++;
	KP("engine.list.before");
	send_call(e, op, MSG_list, &params, params.timeout);
}

void call_end(struct engine *e, struct stray *s)
{
	struct op *op = stray_op(e, OP_END, s);
	struct msg_disconnect params =
	    disconnect_of(e, s->instance, s->account, s->session, s->life.generation);

	s->end = op;
	KP("engine.end.before");
	send_call(e, op, MSG_disconnect, &params, params.timeout);
	KP("engine.end.after");
}

void call_health(struct engine *e, struct member *m, struct command **command)
{
	struct op *op = member_op(e, command != NULL ? OP_CHECK : OP_HEALTH, m);
	struct msg_health params = { .instance = str_of(m->instance->conf->id),
				     .account = str_of(m->id),
				     .session = str_of(m->session),
				     .generation = m->a.generation,
				     .timeout = e->conf->op_deadline_ms };

	if (command != NULL)
		op->command = TAKE(*command);
	send_call(e, op, MSG_health, &params, params.timeout);
}

void call_look(struct engine *e, struct stray *s)
{
	struct op *op = stray_op(e, OP_LOOK, s);
	struct msg_health params = { .instance = str_of(s->instance->conf->id),
				     .account = str_of(s->account),
				     .session = str_of(s->session),
				     .generation = s->life.generation,
				     .timeout = e->conf->op_deadline_ms };

	s->look = op;
	send_call(e, op, MSG_health, &params, params.timeout);
}

void call_verb(struct engine *e, struct member *m, struct command **command)
{
	struct op *op = member_op(e, OP_VERB, m);
	struct msg_control params = { .instance = str_of(m->instance->conf->id),
				      .account = str_of(m->id),
				      .session = str_of(m->a.open ? m->session : NULL),
				      .generation = m->a.generation,
				      .verb = str_of((*command)->verb),
				      .args = str_of((*command)->args),
				      .timeout = e->conf->op_deadline_ms };

	op->command = TAKE(*command);
	KP("engine.verb.before");
	send_call(e, op, MSG_control, &params, params.timeout);
	KP("engine.verb.after");
}

void call_send(struct engine *e, struct member *m, struct command **command)
{
	struct op *op = member_op(e, OP_SEND, m);
	struct msg_send params = { .instance = str_of(m->instance->conf->id),
				   .account = str_of(m->id),
				   .session = str_of(m->session),
				   .generation = m->a.generation,
				   .args = str_of((*command)->args),
				   .timeout = e->conf->send_deadline_ms };

	op->command = TAKE(*command);
	KP("engine.send.before");
	send_call(e, op, MSG_send, &params, params.timeout);
	KP("engine.send.after");
	free(TAKE(op->command->args));
}

void call_webhook(struct engine *e, struct instance *i, struct command **command)
{
	struct op *op = op_new(e, OP_WEBHOOK, i);
	struct command *c = TAKE(*command);
	struct msg_pair headers[COMMAND_HEADERS_MAX];
	struct msg_webhook params = { .instance = str_of(i->conf->id),
				      .headers = { .v = headers, .n = c->n_headers },
				      .body = str_of(c->args),
				      .timeout = e->conf->op_deadline_ms };

	for (size_t n = 0; n < c->n_headers; n++)
		headers[n] =
		    (struct msg_pair){ str_of(c->headers[n].name), str_of(c->headers[n].value) };
	op->command = c;
	send_call(e, op, MSG_webhook, &params, params.timeout);
}

/* ---- answers ---- */

struct str words_for(const struct inbox_reply *r)
{
	if (r->text.n > 0)
		return r->text;
	if (r->result == ERR_TIMEOUT)
		return STR("no answer in time");
	if (r->result == ERR_CANCELLED)
		return STR("the worker died before it answered");
	return STR_NONE;
}

static void life_answered(struct engine *e, const struct op *op, const struct inbox_reply *r,
			  unsigned good, unsigned bad, unsigned unknown)
{
	struct member *m = member_by_row(e, op->row);
	struct happening h = { .e = { .generation = op->generation,
				      .source = SOURCE_ASKED,
				      .cause = r->cause,
				      .retry_after = r->retry_after,
				      .floor = r->generation },
			       .text = words_for(r) };

	if (m == NULL)
		return;
	if (r->result == 0)
		h.e.kind = (uint8_t)good;
	else if (r->result == ERR_STATE && !r->unknown)
		h.e.kind = (uint8_t)bad;
	else
		h.e.kind = (uint8_t)unknown;
	if (h.e.kind != good && h.e.cause == RELINK_NONE)
		h.e.cause = r->result == ERR_STATE ? RELINK_UNKNOWN : RELINK_NETWORK;
	account_happens(e, m, &h);
}

static void close_answered(struct engine *e, const struct op *op, struct inbox_reply *r)
{
	if (r->result == ERR_STATE && r->cause == RELINK_GONE)
		r->result = 0; /* not found is fine */
	life_answered(e, op, r, EV_CLOSED, EV_UNCLOSED, EV_UNCLOSED);
}

static void end_answered(struct engine *e, const struct op *op)
{
	struct stray *s = op->stray;

	if (s == NULL)
		return;
	s->end = NULL;
	orphan_answered(&s->o, &e->orphan_rules, e->now, &e->rng);
	list_want(e, s->instance, s->o.quiet_until + 1);
}

static const int event_of_state[RELINK_STATE_COUNT] = {
	[RELINK_STATE_UNKNOWN] = -1,      [RELINK_STATE_STARTING] = EV_BORN,
	[RELINK_STATE_QR] = EV_QR,        [RELINK_STATE_AUTHENTICATED] = EV_AUTH,
	[RELINK_STATE_CONNECTED] = EV_UP, [RELINK_STATE_DOWN] = EV_DOWN,
};

int event_of(unsigned state)
{
	return state < RELINK_STATE_COUNT ? event_of_state[state] : -1;
}

/* What a quarantine lacks, the instance may have. */
static void answer_heard(struct engine *e, const struct op *op, const struct inbox_reply *r)
{
	if (op->slot == op->instance->slot)
		instance_heard(e, op->instance, op->asked_at, r);
}

static void health_answered(struct engine *e, const struct op *op, const struct inbox_reply *r)
{
	struct member *m = member_by_row(e, op->row);
	struct happening h = { .e = { .generation = op->generation,
				      .source = SOURCE_ASKED,
				      .at = op->asked_at,
				      .cause = r->cause },
			       .text = r->text };
	int kind = event_of(r->state);

	answer_heard(e, op, r);
	if (m == NULL || r->result < 0)
		return; /* unknown is not dead */
	if (kind < 0 && r->cause == RELINK_GONE)
		kind = EV_ABSENT;
	if (kind < 0)
		return;
	health_checked(e, m, op->generation, kind == EV_DOWN || kind == EV_ABSENT);
	h.e.kind = (uint8_t)kind;
	account_happens(e, m, &h);
}

static void look_answered(struct engine *e, const struct op *op, const struct inbox_reply *r)
{
	answer_heard(e, op, r);
	if (op->stray == NULL)
		return;
	op->stray->look = NULL;
	if (r->result < 0)
		return;
	if (event_of(r->state) >= 0)
		stray_seen(e, op->stray, op->asked_at);
	else if (r->cause == RELINK_GONE)
		stray_absent(e, op->stray, op->asked_at);
}

static void check_replied(struct engine *e, struct op *op, const struct inbox_reply *r)
{
	static const char *const names[RELINK_STATE_COUNT] = {
		"unknown", "starting", "qr", "authenticated", "connected", "down"
	};
	struct command_result result = { .account = str_of(op->command->account) };
	struct buf body;
	struct jw j;

	buf_init(&body, 4096);
	if (r->result < 0) {
		result.code = r->result == ERR_STATE ? ERR_UNAVAILABLE : r->result;
		result.problem =
		    r->cause == RELINK_PROVIDER_DOWN ? "provider_unavailable" : "provider_error";
		result.text = words_for(r);
		reply_now(e, &op->command, &result);
	} else {
		j = jw_to(&body);
		jw_object(&j, NULL);
		jw_text(&j, "state", names[r->state < RELINK_STATE_COUNT ? r->state : 0]);
		jw_text(&j, "cause", cause_name(r->cause));
		jw_str(&j, "text", r->text);
		jw_object_end(&j);
		result.body = buf_all(&body);
		reply_now(e, &op->command, &result); /* it is what the provider says, not we */
	}
	buf_fini(&body);
}

void call_answered(struct engine *e, struct inbox_reply *r)
{
	struct op *op;

	HASH_FIND(hh, e->ops, &r->tag, sizeof r->tag, op);
	must(op != NULL); /* the pool answers each call once */
	HASH_DEL(e->ops, op);
	left(e, op, r->result);
	meter_op(e, op, r);
	if (r->result == ERR_CANCELLED || r->result == ERR_TIMEOUT)
		death_lost_op(e, op);
	switch ((enum op_kind)op->kind) {
	case OP_CREATE:
		KP("engine.create.answered");
		life_answered(e, op, r, EV_CREATED, EV_REFUSED, EV_UNKNOWN);
		break;
	case OP_CLOSE:
		KP("engine.close.answered");
		close_answered(e, op, r);
		break;
	case OP_END:
		end_answered(e, op);
		break;
	case OP_LIST:
		list_answered(e, op->instance, op, r);
		break;
	case OP_HEALTH:
		health_answered(e, op, r);
		break;
	case OP_LOOK:
		look_answered(e, op, r);
		break;
	case OP_CHECK:
		health_answered(e, op, r);
		check_replied(e, op, r);
		break;
	case OP_VERB:
		verb_answered(e, op, r);
		break;
	case OP_SEND:
		KP("engine.send.answered");
		send_answered(e, op, r);
		break;
	case OP_WEBHOOK:
		webhook_answered(e, op, r);
		break;
	case OP_KINDS:
		break;
	}
	command_free(&op->command);
	free(op);
}

void checks_end(struct engine *e)
{
	struct op *op, *next;

	HASH_ITER(hh, e->ops, op, next)
	{
		if (op->kind != OP_CHECK)
			continue;
		reply_stopping(e, &op->command);
		op->kind = OP_HEALTH; /* what it tells counts all the same */
	}
}

void ops_free(struct engine *e)
{
	struct op *op, *next;

	HASH_ITER(hh, e->ops, op, next)
	{
		HASH_DEL(e->ops, op);
		if (op->command != NULL && op->kind == OP_SEND)
			send_lost(e, &op->command);
		else if (op->command != NULL && op->kind == OP_VERB)
			verb_lost(e, &op->command);
		else if (op->command != NULL)
			reply_stopping(e, &op->command);
		free(op);
	}
}
