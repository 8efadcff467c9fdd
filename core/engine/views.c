/*
 * views.c - what the outside may see: read models of accounts and workers, and the API's port.
 */
#include "engine/endpoints.h"
#include "engine/state.h"
#include "engine/walks.h"

/* Every reason why a queued account is not started: the first that applies.  A new one belongs here. */
static struct str waits_for(const struct engine *e, const struct member *m, char *text,
			    unsigned *ret_action)
{
	struct str waits = place_waits(e, m, text, LIMIT_WAITS, ret_action);

	if (waits.n == 0)
		waits = scans_wait(m, text, LIMIT_WAITS);
	if (waits.n == 0)
		waits = incident_waits(e, m, text, LIMIT_WAITS);
	return waits;
}

static void explain(const struct engine *e, const struct member *m, struct str waits,
		    unsigned action, struct explanation *ret_explanation)
{
	struct policy p;

	engine_policy_of(e, m, &p);
	explain_account(&p, &m->a, waits, action, e->now, ret_explanation);
}

/* `text`, of LIMIT_WAITS, must live as long as the view. */
void account_view_of(const struct engine *e, const struct member *m, char *text,
		     struct account_view *v)
{
	static const char *const priorities[] = { "high", "normal", "low" };
	const struct account *a = &m->a;
	unsigned action = ACTION_NONE;
	struct str waits = waits_for(e, m, text, &action);

	*v = (struct account_view){
		.row = m->row,
		.id = str_of(m->id),
		.workspace = str_of(m->workspace),
		.provider = str_of(m->provider),
		.instance = str_of(member_instance(m)),
		.label = str_of(m->label),
		.metadata = str_of(m->metadata),
		.session_id = str_of(m->session),
		.profile = str_of(m->profile),
		.phone = str_of(m->phone),
		.reason = waits.n > 0 ? waits : str_of(m->reason),
		.status = status_name(a->status),
		.phase = state_name(a->state),
		.cause = cause_name(a->cause),
		.user_action = action_name(a->action != ACTION_NONE ? a->action : action),
		.priority = priorities[a->priority <= PRIORITY_LOW ? a->priority : PRIORITY_LOW],
		.want_connected = a->want,
		.checking = account_checking(a),
		.flapping = account_is_flapping(a),
		.resumes = account_may_resume(a) && !a->fresh_next,
		.has_login = account_has_login(a),
		.generation = a->generation,
		.attempts = a->fails,
		.created_at = m->created_at,
		.since = a->since,
		.connected_since = a->state == ST_UP ? a->up_since : 0,
		.next_attempt_at = a->state == ST_WAITING ? a->timer_at : 0,
		.estimated_start_at = estimate_start_at(e, m),
		.incident = incident_of(e, m),
		.qr = str_of(m->qr != NULL ? m->qr->text : NULL),
		.qr_expires_at = m->qr != NULL ? m->qr->expires_at : 0,
		.qr_deadline_at = a->state == ST_QR ? a->timer_at : 0,
	};
	explain(e, m, waits, action, &v->explanation);
	health_of_member(e, m, &v->health, &v->health_since);
	v->unhealthy = m->sick && v->health.scored;
	v->is_paused = pause_view_of(e, m, &v->pause);
}

static bool port_account(void *ctx, struct str id, struct account_view *ret_view)
{
	struct engine *e;
	struct member *m;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	m = member_by_id(e, id);
	if (m == NULL)
		return false;
	account_view_of(e, m, e->waits_text, ret_view);
	stages_of_member(e, m, &ret_view->stages);
	return true;
}

static uint64_t port_accounts(void *ctx, const struct account_filter *f,
			      void (*each)(void *arg, const struct account_view *), void *arg)
{
	struct account_view v;
	uint32_t n = 0;
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	for (uint64_t row = f->after_row + 1; row <= e->last_row; row++) {
		struct member *m = member_by_row(e, row);

		if (m == NULL || member_is_deleted(m) || !account_fits(f, m))
			continue;
		if (n == f->limit)
			return row - 1;
		account_view_of(e, m, e->waits_text, &v);
		each(arg, &v);
		n++;
	}
	return 0;
}

static bool is_set(const struct cause_choice *c)
{
	return c->then != THEN_DEFAULT || c->attempts != 0;
}

static void port_policies(void *ctx, void (*each)(void *arg, const struct policy_view *), void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	for (size_t n = 0; n < e->n_providers; n++) {
		const struct provider *p = &e->providers[n];
		struct policy_view v = { .provider = p->conf->name, .policy = &p->policy };

		for (unsigned i = 0; i < RELINK_CAUSE_COUNT; i++)
			v.set_by[i] = is_set(&p->conf->causes.of[i])   ? SET_BY_PROVIDER
				      : is_set(&e->conf->causes.of[i]) ? SET_BY_POLICY
								       : SET_BY_NOBODY;
		each(arg, &v);
	}
}

static void slot_instances(const struct slot *s, struct buf *names, struct worker_view *v)
{
	for (size_t n = 0; n < s->provider->n_instances; n++) {
		const struct instance *i = &s->provider->instances[n];

		if (!s->quarantine && i->slot != s->number)
			continue;
		if (names->n > 0)
			buf_byte(names, ',');
		buf_text(names, i->conf->id);
		v->accounts += s->quarantine ? 0 : i->accounts;
		v->foreign_sessions += s->quarantine ? 0 : i->foreign;
	}
}

static unsigned port_workers(void *ctx, void (*each)(void *arg, const struct worker_view *),
			     void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	for (unsigned n = 0; n < e->n_slots; n++) {
		const struct slot *s = &e->slots[n];
		struct worker_view v = {
			.slot = n,
			.quarantine = s->quarantine,
			.provider = s->provider->conf->name,
			.state = worker_state_name(s->w.state),
			.plugin = str_of(s->plugin),
			.version = str_of(s->version),
			.sandbox = str_of(s->sandbox),
			.pid = e->pool != NULL ? pool_pid(e->pool, n) : 0,
			.since = s->w.since,
			.next_start_at =
			    s->w.state == WS_COOLING || s->w.state == WS_HELD ? s->w.timer_at : 0,
			.deaths = s->deaths,
			.recycled = s->recycled,
			.draining = s->draining,
			.open_ops = s->ops,
			.lag_ms = s->lag_ms,
			.rss_kib = s->rss_kib,
			.last_death = str_of(s->last_death),
		};
		struct buf names;

		if (s->quarantine && s->w.state == WS_EMPTY && s->deaths == 0)
			continue; /* it never was needed */
		if (s->quarantine)
			v.accounts = quarantined(e, s->provider);
		buf_init(&names, 65536);
		slot_instances(s, &names, &v);
		v.instances = buf_all(&names);
		each(arg, &v);
		buf_fini(&names);
	}
	return e->n_slots;
}

static int port_attempts(void *ctx, uint64_t row, uint64_t before, uint32_t limit,
			 void (*each)(void *arg, int result, const struct attempt_record *),
			 void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	return store_read_attempts(e->store, row, before, limit, each, arg);
}

static int port_deaths(void *ctx, unsigned slot, uint32_t limit,
		       void (*each)(void *arg, int result, const struct death_record *), void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	if (slot >= e->n_slots)
		return ERR_NOTFOUND;
	return store_read_deaths(e->store, slot, limit, each, arg);
}

static bool port_key(void *ctx, struct str id, struct key_view *ret_view)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	return api_key_view(e, id, ret_view);
}

static void port_keys(void *ctx, void (*each)(void *arg, const struct key_view *), void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	api_keys_each(e, each, arg);
}

static void port_key_used(void *ctx, struct str id)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	api_key_used(e, id);
}

static bool port_qr_link(void *ctx, const uint8_t digest[32], struct qr_link_view *ret_view)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	return qr_link_view(e, digest, ret_view);
}

static bool port_endpoint(void *ctx, struct str id, struct endpoint_view *ret_view)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	return endpoint_view(e, id, ret_view);
}

static void port_endpoints(void *ctx, void (*each)(void *arg, const struct endpoint_view *),
			   void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	endpoints_each(e, each, arg);
}

static uint64_t port_endpoints_version(void *ctx)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	return e->endpoints_version;
}

static bool port_instance(void *ctx, struct str id, struct instance_view *ret_view)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	return instance_view_of(e, instance_by_id(e, id), ret_view);
}

static void port_instances(void *ctx, void (*each)(void *arg, const struct instance_view *),
			   void *arg)
{
	struct instance_view v;
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	for (size_t p = 0; p < e->n_providers; p++) {
		for (size_t i = 0; i < e->providers[p].n_instances; i++) {
			instance_view_of(e, &e->providers[p].instances[i], &v);
			each(arg, &v);
		}
	}
}

static void port_incidents(void *ctx, uint64_t id,
			   void (*each)(void *arg, const struct incident_view *), void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	incidents_each(e, id, each, arg);
}

static void port_alerts(void *ctx, uint64_t before,
			bool (*each)(void *arg, const struct alert_view *), void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	alerts_each(e, before, each, arg);
}

static void port_pauses(void *ctx, void (*each)(void *arg, const struct pause_view *), void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	pauses_each(e, each, arg);
}

static void port_bulk(void *ctx, void (*each)(void *arg, const struct bulk_view *), void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	bulk_each(e, each, arg);
}

/* One walk over all accounts, as port_health. */
static void port_bulk_count(void *ctx, const struct command *c, struct bulk_count *ret_count,
			    void (*each)(void *arg, struct str id), void *arg)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	bulk_count(e, c, ret_count, each, arg);
}

static int port_submit(void *ctx, struct command **command)
{
	struct command *c = TAKE(*command);
	struct inbox_item *item;
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	item = e->inbox.n < LIMIT_INBOX ? inbox_item_new(IN_COMMAND, 0, 0, NULL) : NULL;
	if (item == NULL) {
		e->stats.inbox_full++;
		command_free(&c);
		return ERR_FULL;
	}
	item->command = c;
	engine_post(e, item);
	return 0;
}

static int port_journal(void *ctx, uint64_t row, uint64_t after, uint64_t before, bool told_only,
			uint32_t limit,
			void (*each)(void *arg, int result, const struct journal_record *),
			void *arg)
{
	struct journal_query q = {
		.row = row, .after = after, .before = before, .told_only = told_only, .limit = limit
	};
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	return store_read_journal(e->store, &q, each, arg);
}

static bool port_ready(void *ctx, struct why *why)
{
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	if (e->stopping) {
		why_set(why, ERR_UNAVAILABLE, "the daemon is stopping");
		return false;
	}
	if (!e->store_ok) {
		*why = e->store_why;
		return false;
	}
	if (e->held != NULL) {
		why_set(why, ERR_FULL, "%llu changes wait for the disk",
			(unsigned long long)store_backlog(e->store));
		return false;
	}
	for (unsigned n = 0; n < e->n_slots; n++) {
		const struct slot *s = &e->slots[n];

		if (s->w.state == WS_READY || s->quarantine)
			continue;
		why_set(why, ERR_UNAVAILABLE, "worker %u of provider \"%s\" is %s%s%s", n,
			s->provider->conf->name, worker_state_name(s->w.state),
			s->last_death != NULL ? ": " : "",
			s->last_death != NULL ? s->last_death : "");
		return false;
	}
	return true;
}

static const char *port_webhook(void *ctx, struct str provider, struct str instance,
				struct why *why)
{
	char p[LIMIT_PROVIDER + 1], i[LIMIT_INSTANCE + 1];
	struct engine *e;

	OBJ_CAST(e, ctx, ENGINE_MAGIC);
	must(str_copy(p, sizeof p, provider) && str_copy(i, sizeof i, instance));
	return webhook_problem(e, p, instance.n > 0 ? i : NULL, why);
}

struct api_port engine_api_port(struct engine *e)
{
	return (struct api_port){ .ctx = e,
				  .account = port_account,
				  .accounts = port_accounts,
				  .find = walk_find,
				  .account_at = walk_account_at,
				  .health = walk_health,
				  .totals = walk_totals,
				  .policies = port_policies,
				  .workers = port_workers,
				  .attempts = port_attempts,
				  .deaths = port_deaths,
				  .key = port_key,
				  .keys = port_keys,
				  .key_used = port_key_used,
				  .qr_link = port_qr_link,
				  .endpoint = port_endpoint,
				  .endpoints = port_endpoints,
				  .endpoints_version = port_endpoints_version,
				  .instance = port_instance,
				  .instances = port_instances,
				  .incidents = port_incidents,
				  .alerts = port_alerts,
				  .pauses = port_pauses,
				  .bulk = port_bulk,
				  .bulk_count = port_bulk_count,
				  .webhook = port_webhook,
				  .submit = port_submit,
				  .journal = port_journal,
				  .ready = port_ready };
}
