/*
 * services.c - the processes of instances that have a command: policy/service.h decides, proc
 * carries it out.
 *
 * What such a process says comes through its worker, as every word of an instance: lists make it
 * ready, silence may end it.  Its death makes the instance unreachable at once, so that nobody
 * spends an attempt on it, and the next one is asked often until it answers.
 */
#include <signal.h>
#include <stdlib.h>

#include "base/killpoint.h"
#include "base/rng.h"
#include "engine/state.h"

#define POLL_MS    500 /* between two lists, until it is ready */
#define LINE_SHOWN 500

/* ---- made ---- */

unsigned engine_services(const struct conf *conf)
{
	unsigned n = 0;

	for (size_t p = 0; p < conf->n_providers; p++) {
		for (size_t i = 0; i < conf->providers[p].n_instances; i++)
			n += conf->providers[p].instances[i].command.n > 0;
	}
	return n;
}

static struct service_rules rules_of(const struct conf *c, const struct conf_instance *in)
{
	must(c->restart_burst <= RESTART_DEATHS);
	return (struct service_rules){ .start = in->command_start_ms,
				       .stop = in->command_stop_ms,
				       .hang = in->command_hang_ms,
				       .restart_base = c->restart_base_ms,
				       .restart_cap = c->restart_cap_ms,
				       .window = c->restart_window_ms,
				       .cool = c->cool_ms,
				       .burst = (uint32_t)c->restart_burst };
}

static void service_make(struct engine *e, struct instance *i)
{
	struct service_slot *s = &e->service_slots[e->n_services];

	if (i->conf->command.n == 0)
		return;
	i->service = s;
	s->instance = i;
	s->number = e->n_services++;
	s->rules = rules_of(e->conf, i->conf);
	s->timer = (struct timer){ { HEAP_NOWHERE }, TIMER_SERVICE };
	service_init(&s->s, rng_u64(), e->now);
}

int services_make(struct engine *e)
{
	e->service_slots = calloc(engine_services(e->conf) + 1, sizeof *e->service_slots);
	if (e->service_slots == NULL)
		return ERR_NOMEM;
	for (size_t p = 0; p < e->n_providers; p++) {
		for (size_t i = 0; i < e->providers[p].n_instances; i++)
			service_make(e, &e->providers[p].instances[i]);
	}
	return 0;
}

void engine_use_services(struct engine *e, struct services *services)
{
	e->services = services;
}

/* ---- effects ---- */

static uint64_t pid_of(const struct engine *e, const struct service_slot *s)
{
	return e->services != NULL ? services_pid(e->services, s->number) : 0;
}

/* What proc is told about it; the variables are the caller's to free. */
static struct service_spec spec_of(const struct service_slot *s)
{
	const struct conf_instance *c = s->instance->conf;
	size_t n = c->command_environment.n;
	struct service_var *vars = calloc(n + 1, sizeof *vars);

	must(vars != NULL);
	for (size_t v = 0; v < n; v++)
		vars[v] = (struct service_var){ c->command_environment.v[v].key,
						c->command_environment.v[v].value };
	return (struct service_spec){ .instance = c->id,
				      .argv = (const char *const *)c->command.v,
				      .vars = vars,
				      .n_vars = n,
				      .directory = c->command_directory,
				      .user = c->command_user };
}

static void spec_free(struct service_spec *spec)
{
	free((void *)(uintptr_t)spec->vars);
}

static void set_death(struct service_slot *s, char *given)
{
	free(s->last_death);
	s->last_death = given;
}

static void tell_found(const struct engine *e, const struct service_slot *s, bool changed,
		       uint64_t at)
{
	const char *id = s->instance->conf->id;

	LOG(INFO, PROC, "service.found", f_text("instance", id), f_u64("pid", pid_of(e, s)),
	    f_u64("runs_for_ms", e->now > at ? e->now - at : 0));
	if (changed)
		LOG(WARN, PROC, "service.outdated", f_text("instance", id),
		    f_u64("pid", pid_of(e, s)),
		    f_text("why", "it was started with other settings than those of now"),
		    f_text("do", "end that process when its sessions may be interrupted; relinkd "
				 "then starts it anew"));
}

/* The one that an earlier core has left, or a new one.  When it is not known whether the old one still
 * runs, no other is started. */
static int find_or_start(struct engine *e, struct service_slot *s, struct why *why)
{
	struct service_spec spec = spec_of(s);
	bool changed = false;
	uint64_t at = 0;
	int r = services_find(e->services, s->number, &spec, &changed, &at, why);

	if (r == 0) {
		tell_found(e, s, changed, at);
	} else if (r == ERR_NOTFOUND) {
		r = services_start(e->services, s->number, &spec, why);
		s->starts += r == 0;
		if (r == 0)
			LOG(INFO, PROC, "service.started", f_text("instance", spec.instance),
			    f_u64("pid", pid_of(e, s)), f_text("program", spec.argv[0]));
	}
	spec_free(&spec);
	return r;
}

static void spawn(struct engine *e, struct service_slot *s)
{
	struct why why = { 0 };
	int r;

	KP("engine.service.spawn");
	r = find_or_start(e, s, &why);
	if (r == 0) {
		s->blame = NULL;
		s->started_at = e->now;
		list_want(e, s->instance, e->now);
		return;
	}
	set_death(s, str_dup(str_of(why.text)));
	LOG(ERROR, PROC, "service.not_started", f_text("instance", s->instance->conf->id),
	    f_text("why", why.text));
	service_happens(e, s, SE_NOSPAWN, r == ERR_CONFIG);
}

static void blame(const struct engine *e, struct service_slot *s, const struct service_effects *fx)
{
	s->blame = fx->late    ? "it did not give the list of its sessions in time"
		   : fx->hangs ? "it did not answer any question"
			       : "it did not end in time";
	LOG(ERROR, PROC, "service.stalled", f_text("instance", s->instance->conf->id),
	    f_u64("pid", pid_of(e, s)), f_text("why", s->blame),
	    f_u64("limit_ms", fx->late    ? s->rules.start
			      : fx->hangs ? s->rules.hang
					  : s->rules.stop),
	    f_text("so", fx->kill ? "it is killed" : "it is ended and started again"));
}

/* There is no process for now: why, and when the next one is tried. */
static void tell_pause(const struct service_slot *s, const struct service_effects *fx)
{
	const char *id = s->instance->conf->id;

	if (fx->held)
		LOG(ERROR, PROC, "service.held", f_text("instance", id),
		    f_text("why", s->last_death),
		    f_text("do", "correct it, then reload; or restart, if it is in the "
				 "configuration"),
		    f_u64("until_ms", s->s.timer_at));
	else if (fx->cooling)
		LOG(ERROR, PROC, "service.cooling", f_text("instance", id),
		    f_text("why", "it died too often; see its last words"),
		    f_u64("until_ms", s->s.timer_at));
	else if (s->s.state == SS_COOLING && fx->from != SS_COOLING)
		LOG(INFO, PROC, "service.waiting", f_text("instance", id),
		    f_u64("until_ms", s->s.timer_at));
}

static void leave(struct engine *e, struct service_slot *s)
{
	LOG(INFO, PROC, "service.left", f_text("instance", s->instance->conf->id),
	    f_u64("pid", pid_of(e, s)), f_text("so", "it runs on, and the next relinkd finds it"));
	services_leave(e->services, s->number);
}

void service_happens(struct engine *e, struct service_slot *s, unsigned event, bool unfit)
{
	struct service_event se = { .kind = (uint8_t)event, .unfit = unfit, .now = e->now };
	struct service_effects fx;

	service_step(&s->rules, &s->s, &se, &fx);
	must(!fx.bug);
	if (fx.from != s->s.state)
		LOG(DEBUG, PROC, "service.state", f_text("instance", s->instance->conf->id),
		    f_text("event", service_event_name(event)),
		    f_text("from", service_state_name(fx.from)),
		    f_text("to", service_state_name(s->s.state)));
	timer_set(e, &s->timer, s->s.timer_at);
	if (fx.down || event == SE_GONE || event == SE_NOSPAWN)
		instance_lost(e, s->instance);
	tell_pause(s, &fx);
	if (fx.late || fx.hangs || fx.kill)
		blame(e, s, &fx);
	if (fx.end)
		services_signal(e->services, s->number, SIGTERM);
	if (fx.kill)
		services_signal(e->services, s->number, SIGKILL);
	if (fx.leave)
		leave(e, s);
	if (fx.ready)
		LOG(INFO, PROC, "service.ready", f_text("instance", s->instance->conf->id),
		    f_u64("pid", pid_of(e, s)), f_u64("after_ms", e->now - s->started_at));
	if (fx.spawn)
		spawn(e, s);
}

/* ---- what it says ---- */

void service_asked(struct engine *e, struct instance *i, bool asked)
{
	if (i->service != NULL)
		service_happens(e, i->service, asked ? SE_ASKED : SE_UNASKED, false);
}

bool service_is_current(const struct instance *i, uint64_t asked_at)
{
	const struct service_slot *s = i->service;

	return s == NULL || (service_runs(&s->s) && asked_at >= s->started_at);
}

void service_listed(struct engine *e, struct instance *i, uint64_t asked_at, bool complete)
{
	if (i->service != NULL && service_is_current(i, asked_at))
		service_happens(e, i->service, complete ? SE_LISTED : SE_ANSWERED, false);
}

void service_refused(struct engine *e, struct instance *i, uint64_t asked_at,
		     const struct inbox_reply *r)
{
	bool silent = r->result != ERR_STATE || r->cause == RELINK_NETWORK;

	if (i->service == NULL || !service_is_current(i, asked_at) || r->result == ERR_CANCELLED)
		return;
	service_happens(e, i->service, silent ? SE_SILENT : SE_ANSWERED, false);
}

bool service_is_down(const struct instance *i)
{
	return i->service != NULL && !service_runs(&i->service->s);
}

bool service_is_booting(const struct engine *e, const struct instance *i)
{
	const struct service_slot *s = i->service;

	return s != NULL && s->s.state == SS_STARTING && s->s.deaths.n == 0 &&
	       e->now < s->started_at + s->rules.start;
}

const char *service_last_death(const struct instance *i)
{
	return i->service != NULL && i->service->last_death != NULL ? i->service->last_death : "";
}

uint64_t service_poll_ms(const struct instance *i)
{
	return i->service != NULL && i->service->s.state == SS_STARTING ? POLL_MS : 0;
}

/* ---- its end ---- */

/* One sentence for people: why we ended it, if we did, how it ended, and its last line. */
static char *death_sentence(const struct service_slot *s, const struct inbox_ended *g)
{
	struct str last = g->last_lines;
	struct buf b;
	char *z;

	buf_init(&b, 2048);
	if (s->blame != NULL)
		buf_printf(&b, "%s; ", s->blame);
	if (g->fault < 0)
		buf_str(&b, g->why);
	else if (!g->status_known)
		buf_text(&b, "ended; an earlier relinkd had started it, so how is not known");
	else if (g->signal != 0)
		buf_printf(&b, "killed by signal %d (%s)", g->signal, strsignal(g->signal));
	else
		buf_printf(&b, "exited with status %d", g->exit_status);
	while (last.n > 0 && (last.p[last.n - 1] == '\n' || last.p[last.n - 1] == ' '))
		last.n--;
	if (last.n > LINE_SHOWN) { /* the end of them tells more */
		last.p += last.n - LINE_SHOWN;
		last.n = LINE_SHOWN;
	}
	if (last.n > 0 && g->fault == 0)
		buf_printf(&b, "; it said: %.*s", STR_ARG(last));
	z = str_dup(buf_all(&b));
	buf_fini(&b);
	return z;
}

static void tell_end(const struct engine *e, const struct service_slot *s,
		     const struct inbox_ended *g, bool died)
{
	const struct log_field fields[] = { f_text("instance", s->instance->conf->id),
					    f_u64("pid", g->pid),
					    f_u64("ran_ms", e->now - s->started_at),
					    f_bool("was_ready", s->s.ready_at != 0),
					    f_u64("deaths", s->deaths),
					    f_text("how", s->last_death),
					    { 0 } };
	enum log_level level = died ? LOG_ERROR : LOG_INFO;

	if (log_wants(level, LOG_SUB_PROC))
		log_fields(level, LOG_SUB_PROC, died ? "service.died" : "service.ended", fields);
}

void service_ended(struct engine *e, unsigned number, const struct inbox_ended *g)
{
	struct service_slot *s;
	bool died;

	must(number < e->n_services);
	s = &e->service_slots[number];
	died = s->s.want && !e->stopping;
	if (!service_runs(&s->s))
		return; /* it was left meanwhile */
	s->deaths += died;
	set_death(s, death_sentence(s, g));
	s->blame = NULL;
	KP("engine.service.gone");
	tell_end(e, s, g, died);
	service_happens(e, s, SE_GONE,
			g->fault == ERR_CONFIG || (g->status_known && g->signal == 0 &&
						   g->exit_status == EXIT_MISCONFIGURED));
}

/* ---- begin and end ---- */

/* Also at a reload: those that wait or are held are tried at once. */
void services_want(struct engine *e)
{
	for (unsigned n = 0; n < e->n_services; n++)
		service_happens(e, &e->service_slots[n], SE_WANT, false);
}

static void tell_other(void *ctx, const char *instance, uint64_t pid)
{
	(void)ctx;
	LOG(WARN, PROC, "service.unconfigured", f_text("instance", instance), f_u64("pid", pid),
	    f_text("why",
		   "an earlier relinkd started it, and the instance has no command any more"),
	    f_text("do", "end that process, or write the command again"));
}

static void look_for_others(struct engine *e)
{
	const char **ids = calloc(e->n_services + 1, sizeof *ids);

	must(ids != NULL);
	for (unsigned n = 0; n < e->n_services; n++)
		ids[n] = e->service_slots[n].instance->conf->id;
	services_others(e->services, ids, e->n_services, tell_other, NULL);
	free(ids);
}

void services_begin(struct engine *e)
{
	if (e->services != NULL)
		look_for_others(e);
	services_want(e);
}

/* The workers are gone: end those that end with us, and leave the others to the next core. */
void services_end(struct engine *e)
{
	for (unsigned n = 0; n < e->n_services && !e->services_ending; n++) {
		struct service_slot *s = &e->service_slots[n];

		service_happens(e, s,
				s->instance->conf->command_ends_with_relinkd ? SE_UNWANT : SE_LEAVE,
				false);
	}
	e->services_ending = true;
}

bool services_are_gone(const struct engine *e)
{
	for (unsigned n = 0; n < e->n_services; n++) {
		if (e->service_slots[n].s.state != SS_EMPTY)
			return false;
	}
	return true;
}

void services_drop(struct engine *e)
{
	for (unsigned n = 0; n < e->n_services; n++) {
		struct service_slot *s = &e->service_slots[n];

		/* Whoever could not wait for it: it ends by itself, in good order. */
		if (service_runs(&s->s) && s->instance->conf->command_ends_with_relinkd)
			services_signal(e->services, s->number, SIGTERM);
		free(s->last_death);
	}
	free(e->service_slots);
}

void service_view_of(const struct engine *e, const struct instance *i,
		     struct service_view *ret_view)
{
	const struct service_slot *s = i->service;

	must(s != NULL);
	*ret_view = (struct service_view){
		.state = service_state_name(s->s.state),
		.pid = pid_of(e, s),
		.since = s->s.since,
		.starts = s->starts,
		.deaths = s->deaths,
		.next_start_at =
		    s->s.state == SS_COOLING || s->s.state == SS_HELD ? s->s.timer_at : 0,
		.last_death = str_of(s->last_death),
	};
}
