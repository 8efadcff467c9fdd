/*
 * incident_views.c - an incident as it is written down, told and shown: one line instead of thousands.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/killpoint.h"
#include "engine/incident.h"

#define CAUSES_BYTES 2048

void scope_count_accounts(struct scope *s)
{
	uint64_t n = 0;

	for (size_t k = 0; k < s->provider->n_instances; k++) {
		if (scope_holds(s, &s->provider->instances[k]))
			n += HASH_CNT(hh, s->provider->instances[k].marks);
	}
	s->accounts = MAX_OF(s->accounts, n); /* after a restart they are counted anew */
}

/* ---- what is kept and told ---- */

static void causes_json(const struct scope *s, struct buf *out)
{
	struct jw j = jw_to(out);

	jw_object(&j, NULL);
	for (unsigned c = 0; c < RELINK_CAUSE_COUNT; c++) {
		if (s->causes[c] > 0)
			jw_u64(&j, cause_name(c), s->causes[c]);
	}
	jw_object_end(&j);
}

unsigned scope_main_cause(const struct scope *s)
{
	unsigned most = RELINK_UNKNOWN;

	for (unsigned c = 0; c < RELINK_CAUSE_COUNT; c++) {
		if (s->causes[c] > s->causes[most])
			most = c;
	}
	return most;
}

static void name_of(const struct scope *s, struct buf *out)
{
	if (s->instance != NULL)
		buf_printf(out, "instance \"%s\"", s->instance->conf->id);
	else
		buf_printf(out, "provider \"%s\"", s->provider->conf->name);
}

static void sentence(const struct scope *s, struct buf *out)
{
	static const char *const doing[INCIDENT_STATE_COUNT] = {
		[INCIDENT_CALM] = "it is over",
		[INCIDENT_BRAKING] = "nothing starts, and nothing is concluded about them",
		[INCIDENT_PROBING] = ("canaries start to see whether it is over, and nothing is "
				      "concluded about the others"),
		[INCIDENT_RAMPING] = "canaries came up, and the others follow",
	};

	buf_printf(out, "%llu accounts of ", (unsigned long long)s->accounts);
	name_of(s, out);
	buf_printf(out, " failed together, most with %s; ", cause_name(scope_main_cause(s)));
	if (s->i.real && !scope_is_calm(s))
		buf_text(out, "the log-outs are real: each account is tried once");
	else if (s->merged_into != 0)
		buf_printf(out, "it is a part of incident %llu",
			   (unsigned long long)s->merged_into);
	else
		buf_text(out, doing[s->i.state]);
}

static void kept_free(struct engine *e, struct kept_incident *k)
{
	DL_DELETE(e->incidents, k);
	e->n_incidents--;
	free(k->texts);
	free(k);
}

void incidents_free(struct engine *e)
{
	while (e->incidents != NULL)
		kept_free(e, e->incidents);
	for (size_t p = 0; p < e->n_providers; p++) {
		for (size_t i = 0; i < e->providers[p].n_instances; i++)
			marks_free(&e->providers[p].instances[i]);
	}
}

/* Replaces the one of the same id; of the others the newest stay. */
int incident_keep(struct engine *e, const struct incident_record *r)
{
	struct kept_incident *k = calloc(1, sizeof *k), *old, *next;
	char *room = malloc(r->provider.n + r->instance.n + r->causes.n + r->text.n + 1);

	if (k == NULL || room == NULL) {
		free(k);
		free(room);
		return ERR_NOMEM;
	}
	DL_FOREACH_SAFE(e->incidents, old, next)
	{
		if (old->r.id == r->id || old->r.id + INCIDENTS_KEPT <= r->id)
			kept_free(e, old);
	}
	k->r = *r;
	k->texts = room;
	k->r.provider = inbox_copy(&room, r->provider);
	k->r.instance = inbox_copy(&room, r->instance);
	k->r.causes = inbox_copy(&room, r->causes);
	k->r.text = inbox_copy(&room, r->text);
	DL_APPEND(e->incidents, k);
	e->n_incidents++;
	e->last_incident = MAX_OF(e->last_incident, r->id);
	return 0;
}

static void tell_journal(struct engine *e, const struct incident_record *r)
{
	struct journal_record line = { .kind = r->closed_at != 0 ? JOURNAL_CALM : JOURNAL_INCIDENT,
				       .tell = true,
				       .text = r->text };
	struct buf data;
	struct jw j;

	buf_init(&data, 8192);
	j = jw_to(&data);
	jw_object(&j, NULL);
	jw_u64(&j, "incident", r->id);
	jw_text(&j, "state", incident_state_name(r->state));
	jw_str(&j, "provider", r->provider);
	if (r->instance.n > 0)
		jw_str(&j, "instance", r->instance);
	else
		jw_null(&j, "instance");
	jw_time(&j, "opened_at", r->opened_at);
	jw_u64(&j, "accounts", r->accounts);
	jw_raw(&j, "causes", r->causes);
	jw_object_end(&j);
	line.data = buf_all(&data);
	batch_journal(e, &line);
	buf_fini(&data);
}

/* One for all its accounts, from when it is told to when it is over. */
static void alert_of_incident(struct engine *e, const struct incident_record *r, unsigned cause)
{
	char number[21];

	alert_number(number, r->id);
	if (r->closed_at != 0)
		alert_clear(e, ALERT_INCIDENT, str_of(number));
	else
		alert_raise(e, ALERT_INCIDENT, str_of(number), STR_NONE, r->provider, cause,
			    r->text);
}

/* Remember it as it is now; `tell`: subscribers hear of it. */
void incident_write_down(struct engine *e, struct scope *s, bool tell)
{
	struct incident_record r = { .state = s->i.state,
				     .real = s->i.real,
				     .provider = str_of(s->provider->conf->name),
				     .opened_at = s->i.opened_at,
				     .changed_at = e->now,
				     .closed_at = scope_is_calm(s) ? e->now : 0,
				     .rounds = s->i.rounds };
	struct buf causes, text;

	if (s->id == 0) {
		s->id = ++e->last_incident;
		tell = true;
	}
	buf_init(&causes, CAUSES_BYTES);
	buf_init(&text, 1024);
	causes_json(s, &causes);
	sentence(s, &text);
	r.id = s->id;
	r.accounts = s->accounts;
	if (s->instance != NULL)
		r.instance = str_of(s->instance->conf->id);
	r.causes = buf_all(&causes);
	r.text = buf_all(&text);
	commit_incident(batch_commit(e), &r);
	(void)incident_keep(e, &r); /* without memory for it: the store has it */
	if (tell)
		tell_journal(e, &r);
	alert_of_incident(e, &r, scope_main_cause(s));
	buf_fini(&causes);
	buf_fini(&text);
	KP("engine.incident");
}

void incident_log(const struct scope *s)
{
	struct buf text;

	buf_init(&text, 1024);
	sentence(s, &text);
	if (scope_is_calm(s))
		LOG(WARN, ENGINE, "incident.closed", f_u64("incident", s->id),
		    f_str("text", buf_all(&text)));
	else
		LOG(WARN, ENGINE, "incident.opened", f_u64("incident", s->id),
		    f_str("text", buf_all(&text)));
	buf_fini(&text);
}

/* ---- what is shown ---- */

uint64_t incident_of(const struct engine *e, const struct member *m)
{
	(void)e;
	return m->instance != NULL ? scope_of(m->instance)->id : 0;
}

struct str incident_waits(const struct engine *e, const struct member *m, char *text, size_t size)
{
	const struct scope *s = m->instance != NULL ? scope_of(m->instance) : NULL;
	struct buf b;
	bool whole;

	if (s == NULL || scope_is_calm(s) || s->id == 0 || member_is_deleted(m) ||
	    (m->a.state != ST_QUEUED && m->a.state != ST_WAITING))
		return STR_NONE;
	buf_init(&b, size);
	buf_printf(&b, "waits: incident %llu of ", (unsigned long long)s->id);
	name_of(s, &b);
	buf_printf(&b, " (%s)", cause_name(scope_main_cause(s)));
	if (s->i.state == INCIDENT_RAMPING)
		buf_printf(&b, "; accounts start again, %llu a minute",
			   (unsigned long long)s->i.rate);
	else if (s->i.resting && s->i.timer_at > e->now)
		buf_printf(&b, "; next probe in %llu s",
			   (unsigned long long)((s->i.timer_at - e->now + 999) / 1000));
	else
		buf_text(&b, "; canaries probe now");
	whole = b.failed == 0 && str_copy(text, size, buf_all(&b));
	buf_fini(&b);
	return whole ? str_of(text) : STR_NONE;
}

static struct scope *scope_by_id(struct engine *e, uint64_t id)
{
	for (size_t p = 0; p < e->n_providers; p++) {
		struct provider *pr = &e->providers[p];

		if (pr->scope.id == id)
			return &pr->scope;
		for (size_t n = 0; n < pr->n_instances; n++) {
			if (pr->instances[n].scope.id == id)
				return &pr->instances[n].scope;
		}
	}
	return NULL;
}

/* Those that are open are shown as they are now, not as they were written down. */
static void view_of(struct engine *e, const struct kept_incident *k, struct buf *causes,
		    struct incident_view *v)
{
	struct scope *s = k->r.closed_at == 0 ? scope_by_id(e, k->r.id) : NULL;

	*v = (struct incident_view){ .id = k->r.id,
				     .state = incident_state_name(k->r.state),
				     .provider = k->r.provider,
				     .instance = k->r.instance,
				     .opened_at = k->r.opened_at,
				     .changed_at = k->r.changed_at,
				     .closed_at = k->r.closed_at,
				     .accounts = k->r.accounts,
				     .failed_rounds = k->r.rounds,
				     .logouts_believed = k->r.real,
				     .causes = k->r.causes,
				     .text = k->r.text };
	if (s == NULL)
		return;
	scope_count_accounts(s);
	causes_json(s, causes);
	v->accounts = s->accounts;
	if (causes->failed == 0 && causes->n > 2)
		v->causes = buf_all(causes);
	v->next_probe_at = s->i.resting ? s->i.timer_at : 0;
	v->starts_per_minute = s->i.state == INCIDENT_RAMPING ? s->i.rate : 0;
}

static void show(struct engine *e, const struct kept_incident *k,
		 void (*each)(void *arg, const struct incident_view *), void *arg)
{
	struct incident_view v;
	struct buf causes;

	buf_init(&causes, CAUSES_BYTES);
	view_of(e, k, &causes, &v);
	each(arg, &v);
	buf_fini(&causes);
}

void incidents_each(struct engine *e, uint64_t id,
		    void (*each)(void *arg, const struct incident_view *), void *arg)
{
	const struct kept_incident *k;

	if (e->incidents == NULL)
		return;
	/* newest first; utlist: the head's prev is the tail */
	for (k = e->incidents->prev;; k = k->prev) {
		if (id == 0 || k->r.id == id)
			show(e, k, each, arg);
		if (k == e->incidents)
			break;
	}
}
