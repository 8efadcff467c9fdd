/*
 * alerts.c - what somebody should look at.
 *
 * An alert is a row in the store, which is written and deleted in the commit of the line that tells of it; so
 * it is told once, whenever the core dies.  Whether an account has one is also a bit at the account, since
 * that is asked after each step.
 *
 * While an account's instance or provider has an incident, that is the one alert, and none is raised for the
 * account.  When it is over, all accounts are gone through, a bounded number in a turn: those that still
 * need somebody get theirs then.
 */
#include "engine/alerts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/killpoint.h"
#include "engine/endpoints.h"
#include "engine/state.h"
#include "policy/explain.h"

#ifdef CHANGES_A_TIME /* the simulation lets every pass be cut, too */
#define LOOKED_A_TURN 8
#else
#define LOOKED_A_TURN 1024
#endif
#define KEY_MAX  (LIMIT_ACCOUNT_ID + 4)
#define TEXT_MAX 512

/* Texts lie behind the struct. */
struct alert {
	struct alert_record r;
	struct alert *prev, *next; /* oldest first */
	UT_hash_handle hh;
	char key[KEY_MAX]; /* kind and subject */
	char texts[];
};

/* ---- the table ---- */

static bool write_key(char key[KEY_MAX], unsigned kind, struct str subject)
{
	int n = snprintf(key, KEY_MAX, "%u/%.*s", kind, STR_ARG(subject));

	return n > 0 && n < KEY_MAX;
}

static struct alert *find(const struct engine *e, unsigned kind, struct str subject)
{
	struct alert *a = NULL;
	char key[KEY_MAX];

	if (e->alerts != NULL && write_key(key, kind, subject))
		HASH_FIND_STR(e->alerts, key, a);
	return a;
}

static bool is_about_an_account(unsigned kind)
{
	return kind == ALERT_NEEDS_PERSON || kind == ALERT_RECONNECT_LOOP;
}

static struct member *account_of(struct engine *e, const struct alert *a)
{
	return is_about_an_account(a->r.kind) ? member_by_id(e, a->r.subject) : NULL;
}

static void drop(struct engine *e, struct alert *a)
{
	HASH_DEL(e->alerts, a);
	DL_DELETE(e->alert_list, a);
	e->n_alerts[a->r.kind]--;
	free(a);
}

void alerts_free(struct engine *e)
{
	while (e->alert_list != NULL)
		drop(e, e->alert_list);
}

int alert_add(struct engine *e, const struct alert_record *r)
{
	struct alert *a;
	char *room;

	if (alert_kind_name(r->kind) == NULL || find(e, r->kind, r->subject) != NULL)
		return 0; /* made by a newer Relink */
	a = malloc(sizeof *a + r->subject.n + r->workspace.n + r->provider.n + r->text.n);
	if (a == NULL)
		return ERR_NOMEM;
	if (!write_key(a->key, r->kind, r->subject)) {
		free(a);
		return 0;
	}
	room = a->texts;
	a->r = *r;
	a->r.subject = inbox_copy(&room, r->subject);
	a->r.workspace = inbox_copy(&room, r->workspace);
	a->r.provider = inbox_copy(&room, r->provider);
	a->r.text = inbox_copy(&room, r->text);
	HASH_ADD_STR(e->alerts, key, a);
	DL_APPEND(e->alert_list, a);
	e->n_alerts[r->kind]++;
	return 0;
}

/* ---- what is told ---- */

static void tell(struct engine *e, const struct alert_record *r, const struct member *or_null,
		 unsigned kind)
{
	struct journal_record line = { .kind = (uint8_t)kind,
				       .tell = true,
				       .status = STATUS_NEW,
				       .cause = r->cause,
				       .action = r->action,
				       .workspace = r->workspace,
				       .text = r->text };
	struct buf data;
	struct jw j;

	if (or_null != NULL) {
		line.row = or_null->row;
		line.generation = or_null->a.generation;
		line.status = or_null->a.status;
	}
	if (is_about_an_account(r->kind))
		line.account = r->subject;
	buf_init(&data, 1024);
	j = jw_to(&data);
	jw_object(&j, NULL);
	jw_u64(&j, "alert", r->seq);
	jw_text(&j, "kind", alert_kind_name(r->kind));
	jw_str(&j, "subject", r->subject);
	if (r->provider.n > 0)
		jw_str(&j, "provider", r->provider);
	else
		jw_null(&j, "provider");
	jw_time(&j, "raised_at", r->raised_at);
	jw_object_end(&j);
	line.data = buf_all(&data);
	batch_journal(e, &line);
	must(kind != JOURNAL_ALERT || line.seq == r->seq);
	buf_fini(&data);
	LOG(WARN, ENGINE, journal_kind_name(kind), f_text("kind", alert_kind_name(r->kind)),
	    f_str("subject", r->subject), f_str("text", r->text));
}

/* Given up when there is no memory for it: it comes with the next step, or with the next start. */
static bool begin(struct engine *e, struct alert_record *r, const struct member *or_null)
{
	r->seq = e->last_seq + 1;
	r->raised_at = e->now;
	if (alert_add(e, r) < 0)
		return false;
	commit_alert(batch_commit(e), r);
	tell(e, r, or_null, JOURNAL_ALERT);
	KP("engine.alert.raised");
	return true;
}

static void end(struct engine *e, struct alert *a, const struct member *or_null)
{
	tell(e, &a->r, or_null, JOURNAL_RELIEF);
	commit_alert_delete(batch_commit(e), a->r.kind, a->r.subject);
	drop(e, a);
	KP("engine.alert.cleared");
}

/* ---- accounts ---- */

static bool is_in_an_incident(const struct member *m)
{
	const struct instance *i = m->instance;

	return i != NULL &&
	       (i->scope.i.state != INCIDENT_CALM || i->provider->scope.i.state != INCIDENT_CALM);
}

static void raise_for(struct engine *e, struct member *m, unsigned kind)
{
	struct alert_record r = { .kind = (uint8_t)kind,
				  .subject = str_of(m->id),
				  .workspace = str_of(m->workspace),
				  .provider = str_of(m->provider),
				  .cause = m->a.cause,
				  .action = m->a.action };
	char text[TEXT_MAX];

	if (kind == ALERT_NEEDS_PERSON)
		snprintf(text, sizeof text, "%s. %s", explain_cause(m->a.cause),
			 explain_action(m->a.action));
	else if (account_is_flapping(&m->a))
		snprintf(text, sizeof text,
			 "It was connected and lost too often: it starts slowly now.");
	else
		snprintf(text, sizeof text,
			 "It has waited for a start %u times in a row and did not stay connected, "
			 "because %s.",
			 m->a.waits, explain_cause(m->a.cause));
	text[0] = (char)toupper((unsigned char)text[0]);
	r.text = str_of(text);
	if (begin(e, &r, m))
		m->alerts |= (uint8_t)(1u << kind);
}

static void clear_for(struct engine *e, struct member *m, unsigned kind)
{
	struct alert *a = find(e, kind, str_of(m->id));

	m->alerts &= (uint8_t) ~(1u << kind);
	if (a != NULL)
		end(e, a, m);
}

void alerts_judge(struct engine *e, struct member *m)
{
	static const uint8_t kinds[] = { ALERT_NEEDS_PERSON, ALERT_RECONNECT_LOOP };

	for (size_t n = 0; n < ARRAY_LEN(kinds); n++) {
		bool open = (m->alerts & 1u << kinds[n]) != 0;

		switch (alert_of(&m->a, kinds[n])) {
		case ALERT_RAISE:
			if (!open && !is_in_an_incident(m))
				raise_for(e, m, kinds[n]);
			break;
		case ALERT_CLEAR:
			if (open)
				clear_for(e, m, kinds[n]);
			break;
		case ALERT_KEEP:
			break;
		}
	}
}

void alerts_look(struct engine *e)
{
	e->alerts_left = e->last_row + 1;
	timer_set(e, &e->place_timer, e->now);
}

void alerts_go_on(struct engine *e)
{
	struct member *m;

	if (e->alerts_left == 0 || e->stopping || !e->store_ok || e->held != NULL)
		return;
	for (unsigned n = 0; n < LOOKED_A_TURN && e->alerts_left > 0; n++) {
		e->alerts_row = e->alerts_row < e->last_row ? e->alerts_row + 1 : 0;
		e->alerts_left--;
		m = member_by_row(e, e->alerts_row);
		if (m != NULL)
			alerts_judge(e, m);
		turn_breathe(e);
	}
	if (e->alerts_left > 0)
		timer_set(e, &e->place_timer, e->now);
}

/* ---- others ---- */

bool alert_is_open(const struct engine *e, unsigned kind, struct str subject)
{
	return find(e, kind, subject) != NULL;
}

void alert_number(char text[21], uint64_t number)
{
	snprintf(text, 21, "%llu", (unsigned long long)number);
}

void alert_raise(struct engine *e, unsigned kind, struct str subject, struct str workspace,
		 struct str provider, unsigned cause, struct str text)
{
	struct alert_record r = { .kind = (uint8_t)kind,
				  .subject = subject,
				  .workspace = workspace,
				  .provider = provider,
				  .cause = (uint8_t)cause,
				  .text = text };

	if (find(e, kind, subject) == NULL)
		(void)begin(e, &r, NULL);
}

void alert_clear(struct engine *e, unsigned kind, struct str subject)
{
	struct alert *a = find(e, kind, subject);

	if (a != NULL)
		end(e, a, NULL);
}

/* ---- after a restart ---- */

static bool is_open_incident(const struct engine *e, uint64_t id)
{
	for (size_t p = 0; p < e->n_providers; p++) {
		const struct provider *pr = &e->providers[p];

		if (pr->scope.id == id)
			return true;
		for (size_t n = 0; n < pr->n_instances; n++) {
			if (pr->instances[n].scope.id == id)
				return true;
		}
	}
	return false;
}

/* What it is about may not be configured any more. */
static bool is_there(struct engine *e, const struct alert *a)
{
	struct endpoint_view endpoint;
	uint64_t n;

	switch (a->r.kind) {
	case ALERT_INCIDENT:
		return str_to_u64(a->r.subject, INT64_MAX, &n) && is_open_incident(e, n);
	case ALERT_WORKER:
		return str_to_u64(a->r.subject, INT64_MAX, &n) && n < e->n_slots;
	case ALERT_OUTBOX:
		return endpoint_view(e, a->r.subject, &endpoint) && endpoint.enabled;
	default:
		return account_of(e, a) != NULL;
	}
}

void alerts_begin(struct engine *e)
{
	struct alert *a, *next;
	struct member *m;

	DL_FOREACH_SAFE(e->alert_list, a, next)
	{
		m = account_of(e, a);
		if (m != NULL)
			m->alerts |= (uint8_t)(1u << a->r.kind);
		else if (!is_there(e, a))
			end(e, a, NULL);
	}
	if (e->last_row > 0)
		alerts_look(e);
}

/* ---- what is shown ---- */

void alerts_each(const struct engine *e, uint64_t before,
		 bool (*each)(void *arg, const struct alert_view *), void *arg)
{
	const struct alert *a = e->alert_list != NULL ? e->alert_list->prev : NULL;

	for (; a != NULL; a = a == e->alert_list ? NULL : a->prev) {
		struct alert_view v = { .id = a->r.seq,
					.kind = alert_kind_name(a->r.kind),
					.subject = a->r.subject,
					.is_account = is_about_an_account(a->r.kind),
					.workspace = a->r.workspace,
					.provider = a->r.provider,
					.cause = cause_name(a->r.cause),
					.user_action = action_name(a->r.action),
					.raised_at = a->r.raised_at,
					.text = a->r.text };

		if ((before == 0 || v.id < before) && !each(arg, &v))
			return;
	}
}
