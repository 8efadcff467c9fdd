/*
 * instances.c - one instance: whether it answers, whether it takes accounts, and what is shown of it.
 *
 * An instance that does not answer is asked for its list again and again, slower each time up to the
 * usual interval, and for nothing else: that one question is the probe behind which all its accounts
 * wait.  Drained is what an operator wants, and kept in the store.
 */
#include <stdlib.h>

#include "base/killpoint.h"
#include "engine/state.h"

#define FAILS_TO_GIVE_UP 3 /* questions in a row, however long the time: a machine may have slept */

struct instance *instance_by_id(struct engine *e, struct str id)
{
	for (size_t p = 0; p < e->n_providers; p++) {
		for (size_t i = 0; i < e->providers[p].n_instances; i++) {
			if (str_is(id, e->providers[p].instances[i].conf->id))
				return &e->providers[p].instances[i];
		}
	}
	return NULL;
}

/* ---- does it answer? ---- */

/* Whether a start waits for what is left of its account at this instance depends on it. */
static void set_given_up(struct engine *e, struct instance *i, bool given_up)
{
	struct member *m;
	struct stray *s;

	if (i->given_up == given_up)
		return;
	i->given_up = given_up;
	places_stir(e, i->provider);
	DL_FOREACH(e->stray_list, s)
	{
		m = s->instance == i ? member_by_row(e, s->life.row) : NULL;
		if (m != NULL)
			account_moved(e, m);
	}
	if (given_up)
		LOG(ERROR, ENGINE, "instance.given_up", f_text("instance", i->conf->id),
		    f_u64("down_since_ms", i->down_since), f_u64("accounts", i->accounts),
		    f_text("do", "its accounts move as far as they may; see to it"));
}

bool instance_is_down(const struct engine *e, const struct instance *i)
{
	if (i->reachable)
		return false;
	if (service_is_booting(e, i) && i->silent)
		return false; /* who refuses has booted */
	return i->list_fails > 0 || service_is_down(i);
}

bool instance_is_silent(const struct engine *e, const struct instance *i)
{
	return instance_is_down(e, i) && i->silent && (instance_serves(e, i) || service_is_down(i));
}

/* Was it asked often enough?  Without a process it is asked nothing, and there is no doubt. */
static bool is_surely_silent(const struct engine *e, const struct instance *i)
{
	return instance_is_silent(e, i) &&
	       (service_is_down(i) || i->list_fails >= FAILS_TO_GIVE_UP);
}

void instance_judge(struct engine *e, struct instance *i)
{
	const struct conf_provider *p = i->provider->conf;
	bool is_time = i->down_since != 0 && e->now >= i->down_since + p->move_after_ms;

	if (i->given_up && p->when_down_move)
		return; /* until it answers */
	set_given_up(e, i, p->when_down_move && is_time && is_surely_silent(e, i));
	if (p->when_down_move && i->down_since != 0 && !is_time && service_is_down(i))
		list_want(e, i, i->down_since + p->move_after_ms); /* no answer will remind us */
}

void instance_answered(struct engine *e, struct instance *i)
{
	bool news = !i->reachable || i->given_up;

	if (!i->reachable) {
		LOG(INFO, ENGINE, "instance.reachable", f_text("instance", i->conf->id));
		i->up_since = e->now;
		starts_begin_low(e, i);
	}
	i->reachable = true;
	i->silent = false;
	i->list_fails = 0;
	i->down_since = 0;
	i->answered_at = e->now;
	set_given_up(e, i, false);
	places_answered(e, i->provider, news);
}

/* Did nobody answer, or did somebody refuse? */
static bool is_silence(const struct inbox_reply *r)
{
	return r->result != ERR_STATE || r->cause == RELINK_NETWORK ||
	       r->cause == RELINK_PROVIDER_DOWN;
}

static void remember_error(struct instance *i, const struct inbox_reply *r)
{
	struct str text = r->text;
	struct buf b;

	if (text.n == 0)
		text = r->result == ERR_TIMEOUT     ? STR("no answer in time")
		       : r->result == ERR_CANCELLED ? STR("the worker died before it answered")
						    : str_of(cause_name(r->cause));
	buf_init(&b, LIMIT_REASON + 1);
	buf_add(&b, text.p, MIN_OF(text.n, 200u));
	if (b.failed == 0)
		member_set(&i->last_error, buf_all(&b));
	buf_fini(&b);
}

void instance_failed(struct engine *e, struct instance *i, const struct inbox_reply *r)
{
	bool new = i->reachable || i->list_fails == 0;

	/* that one which starts does not answer yet is nothing to tell */
	if (i->reachable || (new &&service_poll_ms(i) == 0))
		LOG(WARN, ENGINE, "instance.unreachable", f_text("instance", i->conf->id),
		    f_text("cause", cause_name(r->cause)), f_str("text", r->text));
	if (i->list_fails < UINT32_MAX)
		i->list_fails++;
	i->reachable = false;
	i->up_since = 0;
	i->silent = is_silence(r) || service_is_down(i);
	if (i->down_since == 0)
		i->down_since = e->now;
	remember_error(i, r);
	instance_judge(e, i);
	if (new || i->given_up)
		places_stir(e, i->provider);
}

void instance_lost(struct engine *e, struct instance *i)
{
	if (i->reachable)
		LOG(WARN, ENGINE, "instance.unreachable", f_text("instance", i->conf->id),
		    f_text("text", "its process is gone, or about to go"));
	i->reachable = false;
	i->up_since = 0;
	i->silent = true;
	if (i->down_since == 0)
		i->down_since = e->now;
	instance_judge(e, i);
	places_stir(e, i->provider);
}

/* ---- drain and resume ---- */

static void drain(struct engine *e, struct instance *i, bool drained)
{
	if ((i->drained_at != 0) == drained)
		return;
	i->drained_at = drained ? e->now : 0;
	instance_keep(e, i);
	i->emptied = false;
	LOG(WARN, ENGINE, drained ? "instance.draining" : "instance.resumed",
	    f_text("instance", i->conf->id), f_u64("accounts", i->accounts),
	    f_u64("open", i->open));
	places_stir(e, i->provider);
}

/* Is nothing of ours left there? */
static bool is_empty(const struct instance *i)
{
	return i->open == 0 && i->strays == 0;
}

static void look_whether_empty(struct instance *i)
{
	bool emptied = i->drained_at != 0 && is_empty(i);

	if (emptied && !i->emptied)
		LOG(WARN, ENGINE, "instance.drained", f_text("instance", i->conf->id),
		    f_text("text", "nothing of ours is left there"));
	i->emptied = emptied;
}

void instances_go_on(struct engine *e)
{
	for (size_t p = 0; p < e->n_providers; p++) {
		for (size_t i = 0; i < e->providers[p].n_instances; i++)
			look_whether_empty(&e->providers[p].instances[i]);
	}
}

void instance_command(struct engine *e, struct command *c)
{
	struct instance *i = instance_by_id(e, str_of(c->instance));
	struct command_result done = { .account = str_of(c->instance) };

	if (i == NULL) {
		command_refuse(e, &c, ERR_NOTFOUND, "instance_not_found",
			       "there is no instance \"%s\"; list them with GET /v1/instances",
			       c->instance != NULL ? c->instance : "");
		return;
	}
	drain(e, i, c->kind == COMMAND_DRAIN);
	if (c->kind == COMMAND_RESUME)
		canary_resume(e, i);
	command_remember_as(e, c, str_of(i->conf->id));
	batch_reply(e, &c, &done);
}

/* ---- what is shown ---- */

static const char *state_of(const struct engine *e, const struct instance *i)
{
	if (i->drained_at != 0)
		return is_empty(i) ? "drained" : "draining";
	if (i->reachable && instance_serves(e, i))
		return i->halted_at != 0 ? "halted" : "up";
	return instance_is_down(e, i) ? "down" : "not_asked";
}

bool instance_view_of(const struct engine *e, const struct instance *i, struct instance_view *v)
{
	if (i == NULL)
		return false;
	*v = (struct instance_view){
		.id = str_of(i->conf->id),
		.provider = i->provider->conf->name,
		.state = state_of(e, i),
		.slot = i->slot,
		.reachable = i->reachable && instance_serves(e, i),
		.given_up = i->given_up,
		.canary = i->conf->canary,
		.halted_at = i->halted_at,
		.halted_why = str_of(i->halted_why),
		.drained_at = i->drained_at,
		.up_since = i->up_since,
		.down_since = i->down_since,
		.answered_at = i->answered_at,
		.boot_id = str_of(i->boot_id),
		.capacity = i->conf->capacity,
		.accounts = i->accounts,
		.open = i->open,
		.starting = i->starting,
		.queued = i->queued,
		.starts_allowed = start_slots(i),
		.qr_waiting = i->scans,
		.qr_allowed = i->conf->max_qr_waiting,
		.ending = i->strays,
		.foreign_sessions = i->foreign,
		.listed_at = i->listed_at,
		.list_age_ms =
		    i->listed_at != 0 && e->now > i->listed_at ? e->now - i->listed_at : 0,
		.list_failures = i->list_fails,
		.last_error = str_of(i->list_fails > 0 ? i->last_error : NULL),
		.has_service = i->service != NULL,
	};
	if (i->service != NULL)
		service_view_of(e, i, &v->service);
	v->drained_is_known = estimate_drained(e, i, &v->queue_drained_in_ms);
	return true;
}
