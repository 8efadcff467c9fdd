/* life.c - how one session begins, goes on by itself and ends. */
#include "life.h"

#include "world.h"

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t or_never(uint64_t at)
{
	return at != 0 ? at : AGENDA_NEVER;
}

static uint64_t next_code_at(const struct life *l)
{
	return l->refresh != 0 ? l->qr + (l->code + 1) * l->refresh : AGENDA_NEVER;
}

/* When the session leaves the state that it is in, whatever the QR code does. */
static uint64_t leaves_at(const struct life *l)
{
	uint64_t drop = or_never(l->drop);

	switch ((enum relink_state)l->state) {
	case RELINK_STATE_UNKNOWN:
		return l->begins;
	case RELINK_STATE_STARTING:
		return earlier(drop, l->qr != 0 ? l->qr : or_never(l->up));
	case RELINK_STATE_QR:
		return earlier(drop, or_never(l->scan));
	case RELINK_STATE_AUTHENTICATED:
		return earlier(drop, or_never(l->up));
	case RELINK_STATE_CONNECTED:
		return drop;
	case RELINK_STATE_DOWN:
	case RELINK_STATE_COUNT:
		break;
	}
	return AGENDA_NEVER;
}

static uint64_t due_at(const struct life *l)
{
	uint64_t at = leaves_at(l);

	return l->state == RELINK_STATE_QR ? earlier(at, next_code_at(l)) : at;
}

void life_plan(struct world *w, struct life *l)
{
	agenda_set(&w->agenda, l, due_at(l));
}

static void tell(const struct world *w, const struct life *l)
{
	if (w->tell != NULL)
		w->tell(w->tell_arg, l);
}

static void enter(struct world *w, struct life *l, enum relink_state state, uint64_t at)
{
	l->state = (uint8_t)state;
	l->since = at;
	if (state == RELINK_STATE_STARTING) {
		w->n_alive++;
		l->profile->open++;
	} else {
		tell(w, l);
	}
}

/* After a long sleep only the newest code is told, not every one that nobody saw. */
static void renew_code(const struct world *w, struct life *l, uint64_t until)
{
	l->code = (uint32_t)((until - l->qr) / l->refresh);
	tell(w, l);
}

void life_step(struct world *w, struct life *l, uint64_t until)
{
	uint64_t at = leaves_at(l);

	if (at > until) {
		renew_code(w, l, until);
	} else if (l->drop != 0 && l->drop <= at && !life_is_pending(l)) {
		life_end(w, l, (enum relink_cause)l->drop_cause, (enum how)l->drop_how);
		return;
	} else if (life_is_pending(l)) {
		enter(w, l, RELINK_STATE_STARTING, at);
	} else if (l->state == RELINK_STATE_STARTING && l->qr != 0) {
		enter(w, l, RELINK_STATE_QR, at);
	} else if (l->state == RELINK_STATE_QR) {
		l->profile->owner = l->account;
		world_set_login(w, l->profile, LOGIN_GOOD);
		enter(w, l, RELINK_STATE_AUTHENTICATED, at);
	} else {
		enter(w, l, RELINK_STATE_CONNECTED, at);
	}
	life_plan(w, l);
}

static bool kills_login(enum relink_cause cause)
{
	return cause == RELINK_LOGGED_OUT || cause == RELINK_UNPAIRED ||
	       cause == RELINK_AUTH_CORRUPT;
}

void life_end(struct world *w, struct life *l, enum relink_cause cause, enum how how)
{
	if (life_is_alive(l)) {
		w->n_alive--;
		l->profile->open--;
		if (kills_login(cause))
			world_set_login(w, l->profile, LOGIN_NONE);
		l->state = RELINK_STATE_DOWN;
		l->cause = (uint8_t)cause;
		l->since = w->now;
		if (how != HOW_SILENT)
			tell(w, l);
		if (how == HOW_DOWN) {
			life_plan(w, l);
			return;
		}
	}
	world_drop_life(w, l);
}

struct life *life_listed(const struct account *a, struct relink_str session, uint64_t generation)
{
	for (struct life *l = a->lives; l != NULL; l = l->next) {
		if (life_is_listed(l) && str_is(session, l->session) &&
		    (generation == 0 || l->generation == generation))
			return l;
	}
	return NULL;
}

struct life *life_find(const struct account *a, struct relink_str session, uint64_t generation)
{
	struct life *l = life_listed(a, session, generation);

	if (l != NULL && l->generation == generation)
		return l;
	for (l = a->lives; l != NULL; l = l->next) {
		if (l->generation == generation && str_is(session, l->session))
			return l;
	}
	return NULL;
}

uint64_t life_code_expires_ms(const struct life *l, uint64_t now)
{
	uint64_t at = next_code_at(l);

	if (at == AGENDA_NEVER)
		return 0;
	return at > now ? at - now : 1;
}
