/*
 * fold.c - what each verb of the journal does.
 *
 * Lines are facts: what was decided, for whom, with every time worked out.  Nothing is decided
 * here, so a reader needs no configuration to come to the same world.
 */
#include "fold.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "line.h"

struct context {
	struct world *world;
	const struct line *line;
	struct account *account; /* of `account=`; NULL: the line has none */
};

/* Returned by a verb for a line that makes no sense. */
#define SKIP 1

static struct life *life_of(const struct context *c)
{
	if (c->account == NULL)
		return NULL;
	return life_find(c->account, line_get(c->line, "session"), line_number(c->line, "gen"));
}

/* boot id= class=: the service started; no session of before is left. */
static int on_boot(const struct context *c)
{
	struct world *w = c->world;
	struct relink_str id = line_get(c->line, "id");
	struct life *l;

	if (id.n >= sizeof w->boot_id)
		return SKIP;
	while ((l = world_next_life(w, NULL)) != NULL) {
		life_end(w, l, RELINK_GONE, HOW_SILENT);
	}
	w->boot = c->line->boot;
	memcpy(w->boot_id, id.p, id.n);
	w->boot_id[id.n] = '\0';
	w->fenced = str_is(line_get(c->line, "class"), "fenced");
	w->down_until = 0;
	return 0;
}

/* open pid= instance= by=: a plugin attached. */
static int on_open(const struct context *c)
{
	c->world->openers = line_number(c->line, "by");
	return 0;
}

static int set_base(char **base, struct relink_str json)
{
	char *copy = json.n > 0 ? strndup(json.p, json.n) : NULL;

	if (json.n > 0 && copy == NULL)
		return -ENOMEM;
	free(*base);
	*base = copy;
	return 0;
}

/* behave [account=] from=verb|metadata|script json=: what is scripted changes.  Metadata and the
 * `script` key begin anew, the verb is laid over what is there. */
static int on_behave(const struct context *c)
{
	struct relink_str json = line_get(c->line, "json");
	bool anew = !str_is(line_get(c->line, "from"), "verb");
	struct script *s = world_make_script(c->world, c->account);
	char **base = c->account != NULL ? &c->account->base : &c->world->base;
	struct script next;
	json_t *patch;
	char why[200];
	int r = 0;

	if (s == NULL)
		return -ENOMEM;
	patch = json.n > 0 ? json_loadb(json.p, json.n, 0, NULL) : json_object();
	next = *s;
	if (anew)
		script_clear(&next);
	if (!script_merge(&next, patch, c->account == NULL, why, sizeof why))
		r = SKIP;
	else if (anew)
		r = set_base(base, json);
	if (r == 0)
		*s = next;
	json_decref(patch);
	return r;
}

/* The fault that the operation met will come once less. */
static void take_fault(const struct context *c, enum op op)
{
	enum fault f;

	if (fault_of(line_get(c->line, "fault"), &f))
		layers_take_fault(world_layers(c->world, c->account), op, f);
}

static void take_drop(const struct context *c)
{
	if (line_number(c->line, "drop") != 0)
		layers_take_timed(world_layers(c->world, c->account), KNOB_DROP_AFTER_MS,
				  KNOB_DROP_TIMES);
}

static void read_plan(const struct context *c, struct life *l)
{
	enum relink_cause cause = RELINK_NETWORK;
	enum how how = HOW_VANISH;

	l->up = line_number(c->line, "up");
	l->drop = line_number(c->line, "drop");
	cause_of(line_get(c->line, "cause"), &cause);
	how_of(line_get(c->line, "how"), &how);
	l->drop_cause = (uint8_t)cause;
	l->drop_how = (uint8_t)how;
}

/* create ... result=: with ok a session begins, now or at `applies`. */
static int on_create(const struct context *c)
{
	const struct line *line = c->line;
	struct life *l;

	if (c->account == NULL)
		return SKIP;
	if (str_is(line_get(line, "result"), "ok")) {
		l = world_make_life(c->world, c->account, line_get(line, "profile"),
				    line_get(line, "session"));
		if (l == NULL)
			return -ENOMEM;
		l->generation = line_number(line, "gen");
		if (l->generation > c->account->highest)
			c->account->highest = l->generation;
		l->begins = line_number(line, "applies");
		if (l->begins == 0)
			l->begins = line->at;
		else
			layers_take_timed(world_layers(c->world, c->account),
					  KNOB_CREATE_LATE_APPLY_MS, KNOB_CREATE_LATE_TIMES);
		/* made elsewhere, where instances share them */
		if (str_is(line_get(line, "login"), "good") && l->profile->login == LOGIN_NONE) {
			l->profile->owner = c->account;
			l->profile->login = LOGIN_GOOD;
		}
		l->qr = line_number(line, "qr");
		l->scan = line_number(line, "scan");
		l->refresh = line_number(line, "refresh");
		read_plan(c, l);
		if (l->up != 0)
			take_drop(c);
		life_plan(c->world, l);
		world_advance(c->world, c->world->now);
	}
	take_fault(c, OP_CREATE);
	return 0;
}

/* scan ... up= [drop= cause= how=]: somebody scanned the code. */
static int on_scan(const struct context *c)
{
	struct life *l = life_of(c);

	if (l == NULL || l->state != RELINK_STATE_QR)
		return SKIP;
	if (l->up == 0) /* else its drop was counted with the create */
		take_drop(c);
	l->scan = c->world->now;
	read_plan(c, l);
	life_plan(c->world, l);
	world_advance(c->world, c->world->now);
	return 0;
}

/* end ... why= cause= how=: the session is over. */
static int on_end(const struct context *c)
{
	struct life *l = life_of(c);
	enum relink_cause cause;
	enum how how;

	if (l == NULL || !cause_of(line_get(c->line, "cause"), &cause) ||
	    !how_of(line_get(c->line, "how"), &how))
		return SKIP;
	life_end(c->world, l, cause, how);
	return 0;
}

/* DOUBLE ...: a create came for the id of a living session, which now lives on unlisted. */
static int on_double(const struct context *c)
{
	struct life *l = life_of(c);

	if (l == NULL)
		return SKIP;
	l->listed = false;
	return 0;
}

/* logout profile=: the phone unlinked a profile that no session has open. */
static int on_logout(const struct context *c)
{
	struct profile *p = world_profile(c->world, line_get(c->line, "profile"));

	if (p == NULL || p->login != LOGIN_GOOD)
		return SKIP;
	world_set_login(c->world, p, LOGIN_REVOKED);
	return 0;
}

static int on_down(const struct context *c)
{
	uint64_t until = line_number(c->line, "until");

	c->world->down_until = until != 0 ? until : UINT64_MAX;
	return 0;
}

static int on_up(const struct context *c)
{
	c->world->down_until = 0;
	return 0;
}

static int on_disconnect(const struct context *c)
{
	take_fault(c, OP_DISCONNECT);
	return 0;
}

static int on_health(const struct context *c)
{
	take_fault(c, OP_HEALTH);
	return 0;
}

static int on_list(const struct context *c)
{
	take_fault(c, OP_LIST);
	return 0;
}

/* send ... result= request=: with sent one more message went out. */
static int on_send(const struct context *c)
{
	take_fault(c, OP_SEND);
	if (!str_is(line_get(c->line, "result"), "sent"))
		return 0;
	return world_send(c->world, line_get(c->line, "session"), line_get(c->line, "request"));
}

static const struct {
	const char *verb;
	int (*apply)(const struct context *);
} verbs[] = {
	{ "create", on_create }, { "disconnect", on_disconnect },
	{ "health", on_health }, { "list", on_list },
	{ "end", on_end },       { "scan", on_scan },
	{ "behave", on_behave }, { "DOUBLE", on_double },
	{ "logout", on_logout }, { "down", on_down },
	{ "up", on_up },         { "open", on_open },
	{ "boot", on_boot },     { "send", on_send },
};

static int apply(struct world *w, const struct line *line)
{
	struct relink_str id = line_get(line, "account");
	struct context c = { .world = w, .line = line };

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (!str_is(line->verb, verbs[i].verb))
			continue;
		world_advance(w, line->at);
		if (id.n > 0) {
			c.account = world_make_account(w, id);
			if (c.account == NULL)
				return -ENOMEM;
		}
		return verbs[i].apply(&c);
	}
	return SKIP;
}

int fold_line(struct world *w, char *text, size_t n)
{
	struct line line;
	int r = line_parse(&line, text, n) ? apply(w, &line) : SKIP;

	if (r == SKIP) {
		w->skipped++;
		return 0;
	}
	return r;
}
