/*
 * peer.c - the reconnect rules of other projects, on the same fleet and with the same people.
 *
 * Each rule is what that project's code does at the place that is named.  What differs from Relink and is
 * not a rule of reconnecting is left out, in the peer's favour: it is one process with its sessions, so
 * no call, answer or event between them is ever lost; it never leaves a browser behind; a start of a
 * poison account fails and hurts nobody else; and QR codes end after the same time as Relink's.
 */
#include <stdlib.h>
#include <utlist.h>

#include "relink/plugin.h"
#include "sim.h"

#define NEVER UINT64_MAX

struct rule {
	const char *name;
	uint64_t (*wait)(unsigned tries); /* until the next try; NEVER: it gives up */
	bool qr_is_success;               /* a start that ends at a QR counts as one that worked */
	bool deletes_login;               /* when the backend says that it is logged out */
};

/* WAHA, src/core/engines/webjs/session.webjs.core.ts: START_ATTEMPT_DELAY_SECONDS = 2, no cap, no
 * jitter; LOGOUT ends it. */
static uint64_t two_seconds(unsigned tries)
{
	(void)tries;
	return 2000;
}

/* blazz, whatsapp-service/src/services/AutoReconnect.js: 5 tries, 5 s doubled each time, no jitter; reasons
 * with LOGOUT are not retried; initialize() returns at a QR too, and that clears the counter. */
static uint64_t five_tries(unsigned tries)
{
	return tries < 5 ? 5000ull << tries : NEVER;
}

/* Evolution API, whatsapp.baileys.service.ts: connectToWhatsapp() at once for every close but 401, 402, 403
 * and 406; those emit logout.instance, which deletes the credentials. */
static uint64_t at_once(unsigned tries)
{
	(void)tries;
	return 0;
}

/* wppconnect-server, src/util/createSessionUtil.ts: status CLOSED, client.close(), nothing more. */
static uint64_t nothing(unsigned tries)
{
	(void)tries;
	return NEVER;
}

static const struct rule rules[] = {
	{ "fixed-2s", two_seconds, false, false },
	{ "five-tries", five_tries, true, false },
	{ "immediate", at_once, false, true },
	{ "none", nothing, false, false },
};
const char *const peer_names[] = { "fixed-2s", "five-tries", "immediate", "none", NULL };

struct peer_account {
	struct event ev; /* the next try, or the end of a QR */
	uint32_t generation;
	uint8_t tries;
};
static struct peer_account *peers;
static const struct rule *rule;

static uint32_t number_of(const struct peer_account *a)
{
	return (uint32_t)(a - peers);
}

static void drop_lives(uint32_t n)
{
	struct session *l, *next;

	LL_FOREACH_SAFE(sim.phones[n].lives, l, next)
	fleet_end(l);
}

static void start(uint32_t n)
{
	struct phone *p = &sim.phones[n];
	char profile[16], id[32];
	unsigned cause;

	if (!fleet_answers(p->instance))
		return; /* the process is dead; it starts all when it is back */
	snprintf(profile, sizeof profile, "p%u", n);
	snprintf(id, sizeof id, "s%u-%u", n, ++peers[n].generation);
	(void)fleet_create(n, p->instance, id, peers[n].generation, profile_hash(profile), &cause);
}

static void on_try(struct event *ev)
{
	struct peer_account *a = (struct peer_account *)(void *)ev;

	drop_lives(number_of(a));
	start(number_of(a));
}

static void on_qr_over(struct event *ev)
{
	struct peer_account *a = (struct peer_account *)(void *)ev;

	drop_lives(number_of(a));
	people_see_stop(number_of(a));
}

static void lost(struct session *l)
{
	uint32_t n = l->account;
	struct peer_account *a = &peers[n];
	struct phone *p = &sim.phones[n];
	bool logged_out = l->cause == RELINK_LOGGED_OUT;
	uint64_t ms = logged_out ? NEVER : rule->wait(a->tries);

	if (logged_out && rule->deletes_login) {
		sim.f.credentials_lost += p->good;
		p->good = false;
	}
	cancel(&a->ev);
	fleet_end(l);
	if (ms == NEVER) {
		a->tries = 0;
		people_see_stop(n);
		return;
	}
	if (a->tries < 255)
		a->tries++;
	after(ms, &a->ev, on_try);
}

static void told(struct session *l)
{
	struct peer_account *a = &peers[l->account];

	if (l->state == RELINK_STATE_DOWN) {
		lost(l);
	} else if (l->state == RELINK_STATE_QR) {
		if (rule->qr_is_success)
			a->tries = 0;
		after(sim.s->qr_deadline, &a->ev, on_qr_over);
	} else {
		cancel(&a->ev);
		if (l->state == RELINK_STATE_CONNECTED)
			a->tries = 0;
	}
}

/* The process begins, and opens all its sessions at once. */
static void back(unsigned instance)
{
	for (uint32_t n = instance; n < sim.s->accounts; n += (uint32_t)sim.s->instances) {
		cancel(&peers[n].ev);
		peers[n].tries = 0;
		drop_lives(n);
		start(n);
	}
}

static void click(uint32_t n, bool insists)
{
	(void)insists;
	cancel(&peers[n].ev);
	peers[n].tries = 0;
	drop_lives(n);
	start(n);
}

static const struct driver peer = { told, back, click };

const struct driver *peer_begin(const char *name)
{
	rule = NULL;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (strcmp(rules[i].name, name) == 0)
			rule = &rules[i];
	}
	if (rule == NULL)
		return NULL;
	peers = calloc(sim.s->accounts, sizeof *peers);
	must(peers != NULL);
	for (uint64_t n = 0; n < sim.s->accounts; n++)
		peers[n].ev.node.slot = HEAP_NOWHERE;
	for (uint32_t n = 0; n < sim.s->accounts; n++) {
		if (sim.phones[n].lives == NULL)
			start(n);
	}
	return &peer;
}

void peer_end(void)
{
	for (uint64_t n = 0; n < sim.s->accounts; n++)
		cancel(&peers[n].ev);
	free(peers);
	peers = NULL;
}
