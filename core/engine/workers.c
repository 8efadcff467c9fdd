/*
 * workers.c - the worker slots: policy/worker.h decides, the pool carries it out.
 *
 * When a worker is lost, its accounts are not: what we know of them is only the last known from then
 * on, and the list of the next worker adopts them.
 */
#include <stdio.h>

#include "base/killpoint.h"
#include "engine/state.h"

static struct worker_rules rules_of(const struct conf *c)
{
	must(c->restart_burst <= RESTART_DEATHS);
	return (struct worker_rules){ .ping_interval = c->ping_interval_ms,
				      .hello = c->hello_ms,
				      .ready = c->ready_ms,
				      .stop = c->stop_ms,
				      .restart_base = c->restart_base_ms,
				      .restart_cap = c->restart_cap_ms,
				      .window = c->restart_window_ms,
				      .cool = c->cool_ms,
				      .ping_misses = (uint32_t)c->ping_misses,
				      .burst = (uint32_t)c->restart_burst };
}

void workers_rules(struct engine *e)
{
	for (unsigned n = 0; n < e->n_slots; n++)
		e->slots[n].rules = rules_of(e->conf);
}

/* ---- effects ---- */

static void spawn(struct engine *e, struct slot *s)
{
	const struct conf_provider *p = s->provider->conf;
	char path[4096];
	struct why why = { 0 };
	int r;

	if (strchr(p->plugin, '/') != NULL)
		snprintf(path, sizeof path, "%s", p->plugin);
	else
		snprintf(path, sizeof path, "%s/%s.so", e->conf->plugin_dir, p->plugin);
	KP("engine.spawn");
	r = pool_spawn(e->pool, s->number, path, p->name, &why);
	if (r == 0) {
		s->spawned_at = e->now;
		LOG(INFO, PROC, "worker.spawned", f_u64("slot", s->number),
		    f_text("provider", p->name), f_u64("pid", pool_pid(e->pool, s->number)));
		return;
	}
	LOG(ERROR, PROC, "worker.not_spawned", f_u64("slot", s->number),
	    f_text("provider", p->name), f_text("why", why.text));
	worker_happens(e, s, WE_NOSPAWN, false);
}

/* Instance i of a provider is served by its worker i % workers, and by the quarantine. */
static bool opens(const struct slot *s, const struct instance *i)
{
	return s->quarantine || i->slot == s->number;
}

static void send_config(struct engine *e, struct slot *s)
{
	struct provider *p = s->provider;
	struct msg_config params = { .slot = s->number, .sandbox = p->conf->sandbox };
	struct msg_instance *v = calloc(p->n_instances + 1, sizeof *v);
	struct msg_pair *pairs;
	size_t n_pairs = 1;
	int r;

	for (size_t i = 0; i < p->n_instances; i++)
		n_pairs += p->instances[i].conf->config.n;
	pairs = calloc(n_pairs, sizeof *pairs);
	must(v != NULL && pairs != NULL);
	n_pairs = 0;
	for (size_t i = 0; i < p->n_instances; i++) {
		const struct conf_instance *c = p->instances[i].conf;

		if (!opens(s, &p->instances[i]))
			continue;
		v[params.instances.n].id = str_of(c->id);
		v[params.instances.n].config.v = pairs + n_pairs;
		v[params.instances.n++].config.n = c->config.n;
		for (size_t k = 0; k < c->config.n; k++)
			pairs[n_pairs++] = (struct msg_pair){ str_of(c->config.v[k].key),
							      str_of(c->config.v[k].value) };
	}
	params.instances.v = v;
	r = pool_call(e->pool, s->number, MSG_config, &params, WORKER_TAG(s->number),
		      e->now + s->rules.ready);
	if (r < 0)
		pool_kill(e->pool, s->number); /* gone follows */
	free(pairs);
	free(v);
}

static void send_ping(struct engine *e, struct slot *s)
{
	struct msg_ping params = { .seq = ++s->ping_seq };
	int r = pool_call(e->pool, s->number, MSG_ping, &params, WORKER_TAG(s->number),
			  e->now + s->rules.ping_interval);

	if (r == ERR_FULL)
		worker_happens(e, s, WE_UNSENT, false);
	else if (r < 0)
		pool_kill(e->pool, s->number);
}

/* Whom the request does not reach is stopped by SIGTERM, which asks for the same. */
static void send_stop(struct engine *e, struct slot *s)
{
	struct msg_stop params = { .grace = s->rules.stop };

	if (pool_call(e->pool, s->number, MSG_stop, &params, WORKER_TAG(s->number),
		      e->now + s->rules.stop) < 0)
		pool_terminate(e->pool, s->number);
}

static void serves(struct engine *e, struct slot *s)
{
	for (size_t n = 0; n < s->provider->n_instances; n++) {
		struct instance *i = &s->provider->instances[n];

		if (i->slot != s->number)
			continue;
		list_want(e, i, e->now);
		service_asked(e, i, true);
	}
	LOG(INFO, PROC, "worker.ready", f_u64("slot", s->number),
	    f_text("provider", s->provider->conf->name), f_text("plugin", s->plugin),
	    f_text("version", s->version), f_text("sandbox", s->sandbox));
}

static void serves_no_more(struct engine *e, struct slot *s)
{
	struct member *m, *next;

	for (size_t n = 0; n < s->provider->n_instances; n++) {
		struct instance *i = &s->provider->instances[n];

		if (i->slot != s->number)
			continue;
		service_asked(e, i, false);
		i->listing.tag = 0;
		i->listed_at = 0;
		i->reachable = false;
		i->silent = service_is_down(i); /* else nobody asks it, so nobody knows */
		i->list_fails = 0;
		i->up_since = 0;
		DL_FOREACH_SAFE2(i->members, m, next, i_next)
		{
			struct happening h = { .e = { .kind = EV_LOST } };

			if (m->a.open)
				account_happens(e, m, &h);
		}
	}
	places_stir(e, s->provider);
}

static void blame(struct slot *s, char *given)
{
	free(s->blame);
	s->blame = given;
}

/* It let a time pass; which one, says the state that it was in. */
static void blame_silence(struct slot *s, unsigned state)
{
	static const char *const missing[WS_COUNT] = {
		[WS_SPAWNED] = "it did not say hello in time",
		[WS_OPENING] = "it did not open its instances in time",
		[WS_READY] = "it did not answer its pings",
		[WS_STOPPING] = "it did not stop in time",
	};

	blame(s, str_dup(str_of(missing[state])));
	LOG(ERROR, PROC, "worker.stalled", f_u64("slot", s->number),
	    f_text("provider", s->provider->conf->name), f_text("why", s->blame));
}

/* There is no process for now: why, and when the next one is tried. */
static void tell_pause(const struct slot *s, const struct worker_effects *fx)
{
	if (fx->held)
		LOG(ERROR, PROC, "worker.held", f_u64("slot", s->number),
		    f_text("provider", s->provider->conf->name), f_text("why", s->last_death),
		    f_text("do", "correct it, then reload; or restart, if it is in the "
				 "configuration"),
		    f_u64("until_ms", s->w.timer_at));
	else if (fx->cooling)
		LOG(ERROR, PROC, "worker.cooling", f_u64("slot", s->number),
		    f_text("provider", s->provider->conf->name),
		    f_text("why", "it died too often; see its last words"),
		    f_u64("until_ms", s->w.timer_at));
	else if (s->w.state == WS_COOLING && fx->from != WS_COOLING)
		LOG(INFO, PROC, "worker.waiting", f_u64("slot", s->number),
		    f_u64("until_ms", s->w.timer_at));
}

/* Somebody should see why it does not live, until it serves again or is wanted no more. */
static void alert_of_worker(struct engine *e, const struct slot *s, const struct worker_effects *fx)
{
	char number[21], text[512];

	if (e->stopping)
		return;
	alert_number(number, s->number);
	if (fx->up || s->w.state == WS_EMPTY) {
		alert_clear(e, ALERT_WORKER, str_of(number));
	} else if (fx->cooling || fx->held) {
		snprintf(text, sizeof text, "worker %u %s: %s", s->number,
			 fx->held ? "cannot work as it is configured" : "died too often",
			 s->last_death != NULL ? s->last_death : "see relinkctl worker deaths");
		alert_raise(e, ALERT_WORKER, str_of(number), STR_NONE,
			    str_of(s->provider->conf->name), RELINK_NONE, str_of(text));
	}
}

static void renew_next(struct engine *e);

void worker_happens(struct engine *e, struct slot *s, unsigned event, bool misconfigured)
{
	struct worker_event we = { .kind = (uint8_t)event,
				   .misconfigured = misconfigured,
				   .now = e->now };
	struct worker_effects fx;

	worker_step(&s->rules, &s->w, &we, &fx);
	must(!fx.bug);
	if (fx.from != s->w.state)
		LOG(DEBUG, PROC, "worker.state", f_u64("slot", s->number),
		    f_text("event", worker_event_name(event)),
		    f_text("from", worker_state_name(fx.from)),
		    f_text("to", worker_state_name(s->w.state)));
	timer_set(e, &s->timer, s->w.timer_at);
	if (fx.down)
		serves_no_more(e, s);
	tell_pause(s, &fx);
	alert_of_worker(e, s, &fx);
	if (fx.terminate || (fx.kill && fx.from == WS_STOPPING))
		blame_silence(s, fx.from);
	if (fx.terminate)
		pool_terminate(e->pool, s->number);
	if (fx.kill)
		pool_kill(e->pool, s->number);
	if (fx.stop)
		send_stop(e, s);
	if (fx.config)
		send_config(e, s);
	if (fx.ping)
		send_ping(e, s);
	if (fx.up) {
		serves(e, s);
		renew_next(e);
	}
	if (fx.spawn)
		spawn(e, s);
}

/* ---- replaced in good order ---- */

bool slot_serves(const struct engine *e, unsigned slot)
{
	return e->slots[slot].w.state == WS_READY && !e->slots[slot].draining;
}

/* Ended and wanted again: the next one starts when it is gone.  Until here it was not ended: what it
 * died of before has its own reason. */
static void recycle(struct engine *e, struct slot *s)
{
	blame(s, str_dup(str_of(s->drain_why)));
	worker_happens(e, s, WE_UNWANT, false);
	worker_happens(e, s, WE_WANT, false);
}

void slot_answered(struct engine *e, struct slot *s)
{
	bool drained = s->n_open == 0 || e->now >= s->drain_until;

	if (s->draining && drained && s->w.state == WS_READY && !e->stopping)
		recycle(e, s);
}

static void drain(struct engine *e, struct slot *s, const char *why)
{
	if (s->draining || s->w.state != WS_READY || e->stopping)
		return;
	s->draining = true;
	s->drain_until = e->now + e->conf->op_deadline_ms;
	str_copy(s->drain_why, sizeof s->drain_why, str_of(why));
	LOG(WARN, PROC, "worker.draining", f_u64("slot", s->number),
	    f_text("provider", s->provider->conf->name), f_text("why", why),
	    f_u64("open", s->n_open));
	slot_answered(e, s);
}

static void weigh(struct engine *e, struct slot *s)
{
	uint64_t limit = e->conf->worker_memory / 1024;
	char why[128];

	if (!worker_weighs(&s->rules, &s->w, s->rss_kib, limit, e->now))
		return;
	snprintf(why, sizeof why, "it used %llu MiB of memory, over worker.memory_limit",
		 (unsigned long long)s->rss_kib / 1024);
	drain(e, s, why);
}

/* The next one's turn comes when the one before serves again; when that cannot be used, the others go on
 * with what they have. */
static void renew_next(struct engine *e)
{
	for (unsigned n = 0; n < e->n_slots; n++) {
		if (e->slots[n].draining && e->slots[n].outdated != NULL)
			return;
	}
	for (unsigned n = 0; n < e->n_slots; n++) {
		if (e->slots[n].outdated != NULL && e->slots[n].w.state == WS_READY) {
			drain(e, &e->slots[n], e->slots[n].outdated);
			return;
		}
	}
}

void workers_renew(struct engine *e)
{
	for (unsigned n = 0; n < e->n_slots; n++) {
		bool changed = pool_plugin_changed(e->pool, n);

		e->slots[n].outdated = changed ? "its plugin's file was replaced" : NULL;
	}
	renew_next(e);
}

/* What is replaced again and again costs a worker only now and then. */
static void renew_for_sandbox(struct engine *e, struct slot *s)
{
	if (s->outdated != NULL || e->now - s->w.ready_at < s->rules.window)
		return;
	s->outdated =
	    "a file that it may open was replaced, and its sandbox knows only the old one";
	renew_next(e);
}

/* ---- what workers say ---- */

static void set_policy(struct engine *e, struct provider *p)
{
	engine_policy(e->conf, p->conf, p->caps, p->start_deadline, &p->policy);
}

/* What the plugin can do decides whether a start waits for proof. */
static void set_caps(struct engine *e, struct provider *p, uint64_t caps)
{
	struct member *m;

	if (p->caps == caps)
		return;
	p->caps = caps;
	for (size_t i = 0; i < p->n_instances; i++) {
		DL_FOREACH2(p->instances[i].members, m, i_next)
		account_moved(e, m);
	}
}

void worker_said_hello(struct engine *e, struct slot *s, const struct inbox_hello *h)
{
	str_copy(s->plugin, sizeof s->plugin, h->plugin);
	str_copy(s->version, sizeof s->version, h->version);
	s->provider->start_deadline = h->start_deadline;
	set_caps(e, s->provider, h->caps);
	set_policy(e, s->provider);
	KP("engine.hello");
	worker_happens(e, s, WE_HELLO, false);
}

static void refused(struct engine *e, struct slot *s, const struct inbox_reply *r)
{
	struct buf b;

	LOG(ERROR, PROC, "worker.refused", f_u64("slot", s->number),
	    f_text("provider", s->provider->conf->name), f_text("cause", cause_name(r->cause)),
	    f_str("why", r->text));
	buf_init(&b, 1024);
	buf_printf(&b, "it cannot open its instances: %.*s", (int)MIN_OF(r->text.n, 500),
		   r->text.p);
	blame(s, str_dup(buf_all(&b)));
	buf_fini(&b);
	worker_happens(e, s, WE_REFUSED, r->cause == RELINK_MISCONFIGURED);
}

void worker_answered(struct engine *e, struct slot *s, struct inbox_reply *r)
{
	switch ((enum msg_method)r->method) {
	case MSG_config:
		if (r->result == 0) {
			KP("engine.worker.ready");
			str_copy(s->sandbox, sizeof s->sandbox, r->text);
			worker_happens(e, s, WE_OPENED, false);
		} else if (r->result == ERR_STATE) {
			refused(e, s, r);
		}
		break; /* deadline and death have events of their own */
	case MSG_ping:
		if (r->result == 0) {
			s->ponged_at = e->now;
			s->lag_ms = r->lag;
			s->ops = r->ops;
			s->rss_kib = r->rss;
			death_not_yet(s);
			worker_happens(e, s, WE_PONG, false);
			quarantine_ends(e, s);
			weigh(e, s);
			if (r->outdated)
				renew_for_sandbox(e, s);
			slot_answered(e, s);
		} else if (r->result == ERR_TIMEOUT) {
			worker_happens(e, s, WE_MISSED, false);
		}
		break;
	default:
		break;
	}
}

static void tell_end(const struct engine *e, const struct slot *s, const struct inbox_gone *g,
		     bool died)
{
	const struct log_field fields[] = { f_u64("slot", s->number),
					    f_text("provider", s->provider->conf->name),
					    f_text("plugin", s->plugin),
					    f_text("version", s->version),
					    f_u64("pid", g->pid),
					    f_u64("ran_ms", e->now - s->spawned_at),
					    f_bool("was_ready", g->was_ready),
					    f_u64("deaths", s->deaths),
					    f_text("how", s->last_death),
					    { 0 } };
	enum log_level level = died ? LOG_ERROR : LOG_INFO;

	if (log_wants(level, LOG_SUB_PROC))
		log_fields(level, LOG_SUB_PROC, died ? "worker.died" : "worker.ended", fields);
}

/* An end that was wished, or that followed from a refusal, is none of its deaths. */
void worker_gone(struct engine *e, struct slot *s, struct inbox_gone *g)
{
	bool recycled = s->draining && s->w.state == WS_STOPPING;
	bool died = s->w.want && !s->w.refused && !e->stopping && !recycled;
	int kind = -1;

	s->deaths += died;
	if (died)
		kind = DEATH_DIED;
	else if (recycled && !e->stopping)
		kind = DEATH_RECYCLED;
	else if (s->w.refused && !e->stopping)
		kind = DEATH_REFUSED;
	death_note(e, s, g, kind);
	s->recycled += recycled && !e->stopping;
	s->draining = false;
	s->outdated = NULL;
	s->sandbox[0] = '\0';
	blame(s, NULL);
	KP("engine.worker.gone");
	tell_end(e, s, g, died);
	worker_happens(e, s, WE_GONE, g->signal == 0 && g->exit_status == EXIT_MISCONFIGURED);
}

void workers_start(struct engine *e)
{
	for (unsigned n = 0; n < e->n_slots; n++) {
		if (!e->slots[n].quarantine || e->slots[n].w.want)
			worker_happens(e, &e->slots[n], WE_WANT, false);
	}
}

void workers_stop(struct engine *e)
{
	for (unsigned n = 0; n < e->n_slots; n++)
		worker_happens(e, &e->slots[n], WE_UNWANT, false);
}
