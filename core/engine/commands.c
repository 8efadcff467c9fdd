/*
 * commands.c - what people and programs want, from a command to its answer.
 *
 * An answer is given when the change is durable.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/rng.h"
#include "engine/endpoints.h"
#include "engine/state.h"

void command_refuse(struct engine *e, struct command **c, int code, const char *problem,
		    const char *fmt, ...)
{
	struct command_result result = { .code = code, .problem = problem };
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	result.text = str_of(text);
	result.account = str_of((*c)->account);
	reply_now(e, c, &result); /* nothing was changed, so there is nothing to wait for */
}

static void accept(struct engine *e, struct command **c, const struct member *m)
{
	struct command_result result = { .account = str_of(m->id),
					 .created = (*c)->kind == COMMAND_CREATE };

	command_remember(e, *c, m);
	batch_reply(e, c, &result);
}

static void wish(struct engine *e, struct member *m, unsigned kind, const char *text)
{
	struct happening h = { .e = { .kind = (uint8_t)kind }, .text = str_of(text) };

	account_happens(e, m, &h);
}

/* ---- create ---- */

struct provider *provider_by_name(struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->n_providers; i++) {
		if (strcmp(e->providers[i].conf->name, name) == 0)
			return &e->providers[i];
	}
	return NULL;
}

static unsigned priority_of(const char *name)
{
	if (name != NULL && strcmp(name, "high") == 0)
		return PRIORITY_HIGH;
	if (name != NULL && strcmp(name, "low") == 0)
		return PRIORITY_LOW;
	return PRIORITY_NORMAL;
}

/* "acc_" and 20 characters: 100 bits, so that nobody guesses another tenant's id. */
static void mint_id(char *to, size_t size)
{
	static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
	unsigned char bytes[20];
	size_t n = 0;

	rng_bytes(bytes, sizeof bytes);
	memcpy(to, "acc_", 4);
	for (n = 4; n < size - 1 && n < 4 + sizeof bytes; n++)
		to[n] = alphabet[bytes[n - 4] & 31];
	to[n] = '\0';
}

static struct member *account_new(struct engine *e, const struct command *c, struct instance *i,
				  const char *id, struct why *why)
{
	struct account_record r = { .row = e->last_row + 1,
				    .id = str_of(id),
				    .workspace = str_of(c->workspace),
				    .provider = str_of(c->provider),
				    .instance = str_of(i->conf->id),
				    .label = str_of(c->label),
				    .metadata = str_of(c->metadata),
				    .created_at = e->now };
	struct member *m;

	if (c->workspace == NULL)
		r.workspace = STR("default");
	m = member_new(e, &r, why);
	if (m == NULL)
		return NULL;
	account_init(&m->a, rng_u64(), e->now);
	m->a.priority = (uint8_t)priority_of(c->priority);
	m->instance = i;
	if (member_add(e, m) < 0) {
		member_free(e, &m);
		why_set(why, ERR_NOMEM, "no memory for another account");
	}
	return m;
}

static void create(struct engine *e, struct command *c)
{
	struct provider *p = provider_by_name(e, c->provider != NULL ? c->provider : "");
	struct why why = { 0 };
	struct instance *i;
	struct member *m;
	char id[LIMIT_ACCOUNT_ID + 1];

	if (p == NULL) {
		command_refuse(e, &c, ERR_NOTFOUND, "provider_not_found",
			       "there is no provider \"%s\"; add it under \"providers\" in %s",
			       c->provider != NULL ? c->provider : "",
			       e->conf->file != NULL ? e->conf->file : "the configuration");
		return;
	}
	if (c->account != NULL)
		str_copy(id, sizeof id, str_of(c->account));
	else
		mint_id(id, sizeof id);
	if (member_by_id(e, str_of(id)) != NULL) {
		command_refuse(
		    e, &c, ERR_EXISTS, "account_exists",
		    "account \"%s\" exists already; choose another id or change that one", id);
		return;
	}
	i = place_for_new(e, p);
	if (e->stats.accounts >= LIMIT_ACCOUNTS) {
		command_refuse(
		    e, &c, ERR_FULL, "provider_full",
		    "this Relink holds %u accounts, which is as many as it can; delete some",
		    LIMIT_ACCOUNTS);
		return;
	}
	if (i == NULL) {
		command_refuse(e, &c, ERR_FULL, "provider_full",
			       "all instances of provider \"%s\" are full or drained; raise their "
			       "capacity or add an instance, or resume one",
			       p->conf->name);
		return;
	}
	m = account_new(e, c, i, id, &why);
	if (m == NULL) {
		command_refuse(e, &c, why.code, "overloaded", "%s", why.text);
		return;
	}
	account_changed(e, m);
	account_journal(e, m, JOURNAL_CREATED, true, STR_NONE, STR_NONE);
	KP("engine.account.created");
	if (c->connect)
		wish(e, m, EV_CONNECT, "");
	accept(e, &c, m);
}

/* ---- the others concern an account that exists ---- */

static bool differs(const char *wished, const char *is)
{
	return wished != NULL && strcmp(wished, is) != 0;
}

static bool changes(const struct member *m, const struct command *c)
{
	return differs(c->label, m->label) || differs(c->metadata, m->metadata) ||
	       (c->priority != NULL && priority_of(c->priority) != m->a.priority);
}

static void patch(struct engine *e, struct member *m, struct command *c)
{
	if (!changes(m, c)) {
		accept(e, &c, m);
		return;
	}
	if ((c->label != NULL || c->metadata != NULL) &&
	    !member_describe(e, m, c->label, c->metadata)) {
		command_refuse(e, &c, ERR_NOMEM, "overloaded",
			       "no memory to change the account; try again");
		return;
	}
	if (c->priority != NULL) {
		m->a.priority = (uint8_t)priority_of(c->priority);
		account_changed_apart(e, m);
		account_moved(e, m);
	}
	account_changed(e, m);
	account_journal(e, m, JOURNAL_CHANGED, true, STR_NONE, STR_NONE);
	accept(e, &c, m);
}

static void drop(struct engine *e, struct member *m, struct command *c)
{
	account_journal(e, m, JOURNAL_DELETED, true, STR_NONE, STR_NONE);
	accept(e, &c, m);
	wish(e, m, EV_DELETE, "");
	qr_link_forget(e, m);
	place_forgotten(e, m);
	pause_forget(e, str_of(m->id));
	member_forget_id(e, m);
	account_changed(e, m);
}

static bool unconfigured(struct engine *e, struct member *m, struct command **c)
{
	enum command_kind kind = (*c)->kind;
	bool fresh = kind == COMMAND_REGENERATE && ((*c)->force || !account_has_login(&m->a));

	if (m->instance != NULL || (kind == COMMAND_REGENERATE && m->home != NULL && !fresh))
		return false; /* refused for what it would cost */
	if ((fresh || kind == COMMAND_CONNECT || kind == COMMAND_RECONNECT) &&
	    place_homeless(e, m, fresh))
		return false;
	command_refuse(
	    e, c, ERR_UNAVAILABLE, "provider_unavailable",
	    "account \"%s\" belongs to instance \"%s\" of provider \"%s\", which is not "
	    "configured; add it to the configuration again, or ask for a new QR code when "
	    "another instance of the provider answers and has room",
	    m->id, member_instance(m), m->provider);
	return true;
}

static void regenerate(struct engine *e, struct member *m, struct command *c)
{
	if (account_has_login(&m->a) && !c->force) {
		command_refuse(
		    e, &c, ERR_STATE, "login_would_be_lost",
		    "account \"%s\" has a login that may still be good, and a new QR code would "
		    "give it up; use reconnect to keep it, or send {\"force\":true}",
		    m->id);
		return;
	}
	wish(e, m, EV_REGENERATE, "");
	accept(e, &c, m);
}

static void check(struct engine *e, struct member *m, struct command *c)
{
	if (m->session == NULL || !m->a.open) {
		command_refuse(e, &c, ERR_STATE, "no_session",
			       "account \"%s\" has no session to look at; connect it first", m->id);
		return;
	}
	call_health(e, m, &c);
}

static void carry_out(struct engine *e, struct command *c)
{
	struct member *m;

	if (c->kind == COMMAND_CREATE) {
		create(e, c);
		return;
	}
	if (c->kind == COMMAND_KEY_CREATE) {
		api_key_create(e, c);
		return;
	}
	if (c->kind == COMMAND_KEY_REVOKE) {
		api_key_revoke(e, c);
		return;
	}
	if (c->kind == COMMAND_PAUSE || c->kind == COMMAND_UNPAUSE) {
		pause_command(e, c);
		return;
	}
	if (c->kind == COMMAND_BULK || c->kind == COMMAND_BULK_CANCEL) {
		bulk_command(e, c);
		return;
	}
	if (c->kind == COMMAND_LINK_OPEN) {
		qr_link_open(e, c);
		return;
	}
	if (c->kind >= COMMAND_ENDPOINT_CREATE && c->kind <= COMMAND_ENDPOINT_DISABLE) {
		endpoint_command(e, c);
		return;
	}
	if (c->kind == COMMAND_DRAIN || c->kind == COMMAND_RESUME) {
		instance_command(e, c);
		return;
	}
	m = member_by_id(e, str_of(c->account));
	if (m != NULL && c->scope != NULL && strcmp(c->scope, m->workspace) != 0)
		m = NULL; /* the id went to another workspace meanwhile */
	if (m == NULL) {
		command_refuse(e, &c, ERR_NOTFOUND, "account_not_found",
			       "there is no account \"%s\"; list them with GET /v1/accounts",
			       c->account != NULL ? c->account : "");
		return;
	}
	if (c->kind == COMMAND_DELETE) {
		drop(e, m, c);
		return;
	}
	if (c->kind == COMMAND_PATCH) {
		patch(e, m, c);
		return;
	}
	if (c->kind == COMMAND_LINK_CREATE) {
		qr_link_create(e, m, c);
		return;
	}
	if (c->kind == COMMAND_LINK_REVOKE) {
		qr_link_revoke(e, m, c);
		return;
	}
	if (unconfigured(e, m, &c))
		return;
	switch (c->kind) {
	case COMMAND_CONNECT:
		wish(e, m, EV_CONNECT, "");
		accept(e, &c, m);
		break;
	case COMMAND_DISCONNECT:
		wish(e, m, EV_DISCONNECT, "");
		accept(e, &c, m);
		break;
	case COMMAND_RECONNECT:
		wish(e, m, EV_RECONNECT, "");
		accept(e, &c, m);
		break;
	case COMMAND_REGENERATE:
		regenerate(e, m, c);
		break;
	case COMMAND_CHECK:
		check(e, m, c);
		break;
	case COMMAND_VERB:
		verb_take(e, m, c);
		break;
	case COMMAND_SEND:
		send_take(e, m, c);
		break;
	default:
		must_not_reach("command kind");
	}
}

void command_begin(struct engine *e, struct command *c)
{
	if (!e->store_ok)
		command_refuse(e, &c, ERR_DISKFULL, "disk_full", "%s", e->store_why.text);
	else if (e->held != NULL)
		command_refuse(e, &c, ERR_FULL, "overloaded",
			       "too many changes wait for the disk; try again in a second");
	else if (c->kind == COMMAND_WEBHOOK)
		webhook_take(e, c);
	else
		carry_out(e, c);
}

void command_take(struct engine *e, struct command *c)
{
	e->stats.commands++;
	KP("engine.command");
	if (e->stopping)
		reply_stopping(e, &c);
	else if (c->kind != COMMAND_WEBHOOK && c->idem_key != NULL && e->store_ok)
		key_look_up(e, c);
	else
		command_begin(e, c);
}
