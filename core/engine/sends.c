/*
 * sends.c - messages that are sent through us, each at most once.
 *
 * Nobody wants a message twice, so nothing here is ever repeated by itself.  With an Idempotency-Key
 * that also holds over crashes and repetitions of the client: the key is on disk before the message
 * leaves.  Sent, it gets the answer; surely not sent, it is free again; and while nobody knows, for
 * whatever reason, the same key is told so and nothing is sent.
 *
 * The record of a key keeps what was answered or, of a free one, what the backend knows the message by.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/killpoint.h"
#include "base/rng.h"
#include "engine/state.h"

/* On their way at once, to one worker and of one account: a session that hangs must not take all.
 * Their bytes stay well below what a worker's link takes, since operations go the same way. */
#define SENDS_MAX         1024
#define SENDS_ACCOUNT_MAX 32
#define SEND_BYTES_MAX    (LIMIT_LINK_QUEUE / 2)
#define SENT_ID_MAX       256
#define RETRY_SOON_MS     1000
#define RETRY_LATER_MS    30000 /* where the provider does not say */

#define UNKNOWN_ADVICE                                                                      \
	"nobody knows whether it was sent; look at the chat, and send it again with a new " \
	"Idempotency-Key if it is not there"

/* ---- what it is called ---- */

/* A backend that has seen this does not send again.  So it is not the client's word, which others may
 * use for something else, but one for each message; and the same when it is tried again. */
static void call_it(struct command *c)
{
	static const char member[] = ",\"request_id\":\"\"}";
	size_t n = strlen(c->args);
	size_t room = n + sizeof member + sizeof c->request_id;

	_Static_assert(sizeof member + sizeof c->request_id <= LIMIT_SEND - LIMIT_DRAFT, "it fits");
	if (c->request_id[0] == '\0')
		rng_hex(c->request_id, sizeof c->request_id - 1);
	must(n > 2 && c->args[n - 1] == '}');
	c->args = realloc(c->args, room);
	must(c->args != NULL);
	snprintf(c->args + n - 1, room - n + 1, ",\"request_id\":\"%s\"}", c->request_id);
}

void send_again(struct command *c, const struct inbox_key *k)
{
	struct str id = key_kept(k);

	if (c->kind == COMMAND_SEND && memcmp(k->hash, c->idem_hash, sizeof k->hash) == 0)
		str_copy(c->request_id, sizeof c->request_id, id);
}

/* ---- answers to who asked ---- */

/* On its way no longer. */
static void forget(struct engine *e, const struct command *c)
{
	struct member *m = member_by_row(e, c->row);

	if (m != NULL)
		m->n_sends--;
	e->slots[c->slot].n_sends--;
	e->slots[c->slot].send_bytes -= c->bytes;
}

static void refuse(struct engine *e, struct command **c, int code, const char *problem,
		   uint64_t retry_after_ms, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

static void refuse(struct engine *e, struct command **c, int code, const char *problem,
		   uint64_t retry_after_ms, const char *fmt, ...)
{
	struct command_result result = { .code = code,
					 .problem = problem,
					 .account = str_of((*c)->account),
					 .retry_after_ms = retry_after_ms };
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	result.text = str_of(text);
	batch_reply(e, c, &result);
}

void send_repeated(struct engine *e, struct command **c, const struct inbox_key *k)
{
	struct command_result result = { .account = k->account,
					 .body = key_kept(k),
					 .replayed = true };

	if (k->http_status == KEY_BEGUN || result.body.n == 0) {
		refuse(e, c, ERR_TIMEOUT, "outcome_unknown", 0,
		       "a message was begun with this Idempotency-Key, and " UNKNOWN_ADVICE);
		return;
	}
	result.account.n -= result.body.n + 1;
	reply_now(e, c, &result);
}

/* ---- taken ---- */

static bool is_connected(struct engine *e, struct member *m, struct command **c)
{
	const struct account *a = &m->a;

	if (a->state == ST_UP)
		return true;
	refuse(e, c, ERR_STATE, "not_connected", 0, "account \"%s\" is %s and cannot send; %s",
	       m->id, status_name(a->status),
	       !a->want                          ? "connect it first"
	       : a->status == STATUS_QR_SCANNING ? "scan its QR code first"
	       : a->state == ST_PARKED           ? "it needs a scan: ask for a QR code"
	       : a->state == ST_HELD             ? "it was given up: look why, and reconnect it"
						 : "wait until it is connected");
	return false;
}

static bool has_way(struct engine *e, struct member *m, struct command **c)
{
	if (!instance_serves(e, m->instance))
		refuse(e, c, ERR_UNAVAILABLE, "provider_unavailable", RETRY_SOON_MS,
		       "the worker of instance \"%s\" is not running; nothing was sent, try again",
		       m->instance->conf->id);
	else if ((m->instance->provider->caps & RELINK_CAP_SEND) == 0)
		refuse(e, c, ERR_UNSUPPORTED, "not_supported", 0,
		       "provider \"%s\" cannot send messages", m->provider);
	else
		return true;
	return false;
}

static bool has_room(struct engine *e, struct member *m, size_t bytes, struct command **c)
{
	const struct slot *s = &e->slots[slot_for(e, m->instance, m)];

	if (m->n_sends < SENDS_ACCOUNT_MAX && s->n_sends < SENDS_MAX &&
	    s->send_bytes + bytes <= SEND_BYTES_MAX)
		return true;
	e->stats.sends_refused++;
	if (m->n_sends >= SENDS_ACCOUNT_MAX)
		refuse(e, c, ERR_FULL, "throttled", RETRY_SOON_MS,
		       "%d messages of account \"%s\" are on their way; wait for their answers",
		       SENDS_ACCOUNT_MAX, m->id);
	else
		refuse(e, c, ERR_FULL, "overloaded", RETRY_SOON_MS,
		       "too many messages are on their way (at most %d, and %u MiB of files, to a "
		       "worker); nothing was sent, try again in a second",
		       SENDS_MAX, SEND_BYTES_MAX >> 20);
	return false;
}

void send_take(struct engine *e, struct member *m, struct command *c)
{
	size_t bytes = strlen(c->args);

	if (!is_connected(e, m, &c) || !has_way(e, m, &c) || !has_room(e, m, bytes, &c))
		return;
	c->row = m->row;
	c->slot = slot_for(e, m->instance, m);
	c->bytes = bytes;
	m->n_sends++;
	e->slots[c->slot].n_sends++;
	e->slots[c->slot].send_bytes += bytes;
	e->stats.sends++;
	if (c->idem_key == NULL) {
		call_send(e, m, &c);
		return;
	}
	call_it(c);
	key_keep(e, c, KEY_BEGUN, NULL);
	KP("engine.send.begun");
	batch_send(e, &c);
}

/* The account may have moved on while its key was written. */
void send_now(struct engine *e, struct command **command, bool refused)
{
	struct command *c = TAKE(*command);
	struct member *m = member_by_row(e, c->row);

	if (!refused && !e->stopping && m != NULL && m->a.state == ST_UP && m->instance != NULL) {
		call_send(e, m, &c);
		return;
	}
	forget(e, c);
	key_keep(e, c, KEY_FREE, c->request_id);
	if (e->stopping)
		refuse(e, &c, ERR_CANCELLED, "stopping", RETRY_SOON_MS,
		       "the daemon is stopping; nothing was sent, ask again");
	else
		refuse(e, &c, ERR_STATE, "not_connected", 0,
		       "account \"%s\" is no longer connected; nothing was sent", c->account);
}

void send_lost(struct engine *e, struct command **c)
{
	struct command_result lost = {
		.code = ERR_TIMEOUT,
		.problem = "outcome_unknown",
		.text = STR("the daemon stopped before the answer came: " UNKNOWN_ADVICE)
	};

	reply_now(e, c, &lost);
}

/* ---- answered ---- */

/* {"id","timestamp"}, malloc'ed; what the provider did not say, or not so that it can be read, is null. */
static char *sent_json(struct str body)
{
	json_t *said = json_loadb(body.n > 0 ? body.p : "{}", body.n > 0 ? body.n : 2, 0, NULL);
	const json_t *id = json_object_get(said, "message_id");
	const json_t *at = json_object_get(said, "timestamp");
	const char *text = json_string_length(id) <= SENT_ID_MAX ? json_string_value(id) : NULL;
	json_t *json = json_pack("{s:s?, s:o}", "id", text, "timestamp",
				 json_is_integer(at) && json_integer_value(at) > 0
				     ? json_integer(json_integer_value(at))
				     : json_null());
	char *answer = json_dumps(json, JSON_COMPACT);

	must(answer != NULL);
	json_decref(json);
	json_decref(said);
	return answer;
}

static void sent(struct engine *e, struct op *op, const struct inbox_reply *r)
{
	struct command_result result = { .account = str_of(op->command->account) };
	char *answer = sent_json(r->body);

	key_keep(e, op->command, KEY_ANSWERED, answer);
	result.body = str_of(answer);
	batch_reply(e, &op->command, &result);
	free(answer);
}

/* What subscribers and the timeline are told: whom it was for and why, never what it said. */
static void tell_failed(struct engine *e, struct member *m, const struct op *op,
			const struct inbox_reply *r, unsigned cause, bool unknown)
{
	json_t *json = json_pack("{s:s, s:s}", "to", op->command->recipient, "outcome",
				 unknown ? "unknown" : "not_sent");
	char *data = json_dumps(json, JSON_COMPACT);
	struct journal_record line = { .row = m->row,
				       .generation = op->generation,
				       .kind = JOURNAL_FAILED,
				       .from = m->a.state,
				       .to = m->a.state,
				       .status = m->a.status,
				       .cause = (uint8_t)cause,
				       .action = m->a.action,
				       .tell = true,
				       .account = str_of(m->id),
				       .workspace = str_of(m->workspace),
				       .text = words_for(r),
				       .data = str_of(data) };

	must(data != NULL);
	batch_journal(e, &line);
	free(data);
	json_decref(json);
}

static void refuse_unsent(struct engine *e, struct op *op, const struct inbox_reply *r)
{
	struct command **c = &op->command;
	struct str said = words_for(r).n > 0 ? words_for(r) : str_of(cause_text(r->cause));
	uint64_t wait = r->retry_after > 0 ? r->retry_after : RETRY_LATER_MS;

	switch (r->cause) {
	case RELINK_REFUSED:
		refuse(e, c, ERR_STATE, "message_refused", 0, "%.*s; nothing was sent",
		       STR_ARG(said));
		break;
	case RELINK_THROTTLED:
		refuse(e, c, ERR_FULL, "throttled", wait, "%.*s; nothing was sent, try again later",
		       STR_ARG(said));
		break;
	case RELINK_GONE:
		refuse(e, c, ERR_STATE, "not_connected", 0,
		       "the provider says: %.*s; nothing was sent, and the session is looked at",
		       STR_ARG(said));
		break;
	case RELINK_NETWORK:
	case RELINK_PROVIDER_DOWN:
	case RELINK_CANCELLED:
	case RELINK_CAPACITY:
		refuse(e, c, ERR_UNAVAILABLE, "provider_unavailable", RETRY_SOON_MS,
		       "%.*s; nothing was sent, try again", STR_ARG(said));
		break;
	default:
		refuse(e, c, ERR_STATE, "provider_error", 0, "%.*s; it was not sent",
		       STR_ARG(said));
		break;
	}
}

void send_answered(struct engine *e, struct op *op, const struct inbox_reply *r)
{
	struct member *m = member_by_row(e, op->row);
	bool unknown = r->result < 0 && (r->result != ERR_STATE || r->unknown);
	unsigned cause = r->cause;

	forget(e, op->command);
	if (r->result == 0) {
		sent(e, op, r);
		return;
	}
	if (cause == RELINK_NONE)
		cause = RELINK_NETWORK;
	e->stats.sends_failed++;
	if (m != NULL && !member_is_deleted(m)) {
		tell_failed(e, m, op, r, cause, unknown);
		if (m->a.generation == op->generation)
			health_send_failed(e, m, op->asked_at, cause);
	}
	if (unknown) {
		/* its key stays as it is: begun */
		refuse(e, &op->command, ERR_TIMEOUT, "outcome_unknown", 0, "%.*s: " UNKNOWN_ADVICE,
		       STR_ARG(words_for(r)));
		return;
	}
	key_keep(e, op->command, KEY_FREE, op->command->request_id);
	refuse_unsent(e, op, r);
}
