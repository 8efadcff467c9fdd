/*
 * fake_alerts.c - the part of fake_store.c that is about alerts, and what must hold of them.
 *
 * On disk there is an alert exactly from the line that raised it to the line that cleared it: both are in
 * one commit.  And an account has one whenever its state says so, but for an incident.
 */
#include <stdio.h>

#include "sim.h"

static struct alert_kept {
	char key[LIMIT_ACCOUNT_ID + 4];
	struct alert_record r;
	char *texts[4];
	UT_hash_handle hh;
} * alerts;
static int told, kept; /* raised less cleared in this commit: by the journal, and by rows */

static struct alert_kept *find(char key[], size_t n, unsigned kind, const char *subject)
{
	struct alert_kept *k;

	snprintf(key, n, "%u/%s", kind, subject);
	HASH_FIND_STR(alerts, key, k);
	return k;
}

static void drop(struct alert_kept *k)
{
	HASH_DEL(alerts, k);
	for (unsigned n = 0; n < ARRAY_LEN(k->texts); n++)
		free(k->texts[n]);
	free(k);
}

static void put(const struct alert_record *r, char *texts[], const char *key)
{
	struct alert_kept *k = calloc(1, sizeof *k);

	must(k != NULL);
	str_copy(k->key, sizeof k->key, str_of(key));
	for (unsigned n = 0; n < ARRAY_LEN(k->texts); n++)
		k->texts[n] = str_dup(str_of(texts[n]));
	k->r = *r;
	k->r.subject = str_of(k->texts[0]);
	k->r.workspace = str_of(k->texts[1]);
	k->r.provider = str_of(k->texts[2]);
	k->r.text = str_of(k->texts[3]);
	HASH_ADD_STR(alerts, key, k);
}

void fake_alert_keep(const struct alert_record *r, char *texts[])
{
	char key[LIMIT_ACCOUNT_ID + 4];
	struct alert_kept *k = find(key, sizeof key, r->kind, texts[0]);
	bool raised = r->seq != 0;

	kept += raised ? 1 : -1;
	if (raised == (k != NULL))
		broken("an alert is raised once and cleared once", "%s %s again", key,
		       raised ? "raised" : "cleared");
	if (k != NULL)
		drop(k);
	if (raised)
		put(r, texts, key);
}

void fake_alert_told(bool raised)
{
	told += raised ? 1 : -1;
}

void fake_alerts_applied(void)
{
	if (told != kept)
		broken("an alert is told when it is stored", "told %d, stored %d", told, kept);
	told = kept = 0;
}

int fake_alerts_load(const struct store_loader *l)
{
	int r = 0;

	for (struct alert_kept *k = alerts; k != NULL && r == 0; k = k->hh.next)
		r = l->alert(l->ctx, &k->r);
	return r;
}

void fake_alerts_reset(void)
{
	while (alerts != NULL)
		drop(alerts);
	told = kept = 0;
}

static bool is_in_an_incident(const struct member *m)
{
	return m->instance != NULL && (m->instance->scope.i.state != INCIDENT_CALM ||
				       m->instance->provider->scope.i.state != INCIDENT_CALM);
}

void commit_alert_delete(struct commit *c, uint8_t kind, struct str subject)
{
	commit_alert(c, &(struct alert_record){ .kind = kind, .subject = subject });
}

void check_alert_raised(uint64_t row)
{
	const struct member *m = row != 0 ? member_by_row(sim.engine, row) : NULL;

	if (m != NULL && is_in_an_incident(m))
		broken("an incident is one alert", "and %s has another", m->id);
}

void check_alerts(const struct member *m)
{
	const struct engine *e = sim.engine;
	bool incident = is_in_an_incident(m);

	for (unsigned kind = ALERT_NEEDS_PERSON; kind <= ALERT_RECONNECT_LOOP; kind++) {
		enum alert_verdict v = alert_of(&m->a, kind);
		bool open = (m->alerts & 1u << kind) != 0;

		if (member_is_deleted(m) ? open : open != alert_is_open(e, kind, str_of(m->id)))
			broken("an account knows its alerts", "%s, %s", m->id,
			       alert_kind_name(kind));
		if (open && v == ALERT_CLEAR && e->alerts_left == 0)
			broken("who needs nobody has no alert", "%s, %s in %s", m->id,
			       alert_kind_name(kind), state_name(m->a.state));
		if (!open && v == ALERT_RAISE && !incident && e->alerts_left == 0)
			broken("who needs somebody has an alert", "%s, %s in %s", m->id,
			       alert_kind_name(kind), state_name(m->a.state));
	}
}
