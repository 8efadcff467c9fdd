/* situations.c - the accounts of situations.h; the worst known case of each state is among them. */
#include "situations.h"

#include <string.h>

#include "base/obj.h"

static void start_fails(struct story *s)
{
	answer(s, EV_CREATED);
	push(s, EV_BORN);
	life_ends(s, RELINK_ENGINE_CRASH);
}

/* One failed start, and the wait after it. */
static void waiting(struct story *s)
{
	to_starting(s);
	start_fails(s);
	assert_state(s, "waiting");
}

static void idle(struct story *s)
{
	waiting(s);
	they_ask(s, EV_DISCONNECT);
}

static void queued(struct story *s)
{
	waiting(s);
	time_comes(s);
}

static void queued_by_a_person(struct story *s)
{
	they_ask(s, EV_CONNECT);
}

static void starting(struct story *s)
{
	queued(s);
	permit(s);
}

static void starting_answered(struct story *s)
{
	starting(s);
	answer(s, EV_CREATED);
}

static void starting_born(struct story *s)
{
	starting_answered(s);
	list(s, EV_BORN);
}

static void starting_unknown(struct story *s)
{
	starting(s);
	answer(s, EV_UNKNOWN);
}

static void starting_suspected(struct story *s)
{
	starting_born(s);
	push_down(s, RELINK_ENGINE_CRASH);
}

static void qr(struct story *s)
{
	starting_answered(s);
	push(s, EV_QR);
}

static void auth(struct story *s)
{
	qr(s);
	push(s, EV_AUTH);
}

static void auth_no_more_up(struct story *s)
{
	to_up(s);
	list(s, EV_AUTH);
}

static void up(struct story *s)
{
	auth(s);
	push(s, EV_UP);
}

static void up_suspected(struct story *s)
{
	up(s);
	push_down(s, RELINK_ENGINE_CRASH);
}

static void up_missed_once(struct story *s)
{
	up(s);
	list(s, EV_ABSENT);
	pass(s, s->p.settle);
}

static void up_after_a_restart(struct story *s)
{
	up(s);
	restart(s);
}

/* --- closing, after a first disconnect without answer --- */

static void closing(struct story *s)
{
	assert_state(s, "closing");
	answer_with(s, EV_UNCLOSED, RELINK_NETWORK);
	assert_state(s, "closing");
}

static void closing_to_idle(struct story *s)
{
	up(s);
	they_ask(s, EV_DISCONNECT);
	closing(s);
}

static void closing_to_start(struct story *s)
{
	up(s);
	they_ask(s, EV_RECONNECT);
	closing(s);
}

static void goes_down(struct story *s, enum relink_cause cause)
{
	up(s);
	push_down(s, cause);
	list_down(s, cause);
	closing(s);
}

static void closing_to_wait(struct story *s)
{
	goes_down(s, RELINK_ENGINE_CRASH);
}

static void closing_to_park(struct story *s)
{
	goes_down(s, RELINK_LOGGED_OUT);
}

static void closing_to_hold(struct story *s)
{
	goes_down(s, RELINK_BANNED);
}

static void closing_to_delete(struct story *s)
{
	up(s);
	they_ask(s, EV_DELETE);
	closing(s);
}

static void closing_sent(struct story *s)
{
	closing_to_wait(s);
	time_comes(s);
}

/* --- without a life again --- */

static void waiting_slowly(struct story *s)
{
	to_starting(s);
	answer_with(s, EV_REFUSED, RELINK_THROTTLED);
}

static void waiting_replaced(struct story *s)
{
	to_up(s);
	life_ends(s, RELINK_REPLACED);
}

static void parked(struct story *s)
{
	qr(s);
	time_comes(s);
	answer(s, EV_CLOSED);
}

static void parked_logged_out(struct story *s)
{
	to_up(s);
	life_ends(s, RELINK_LOGGED_OUT);
}

static void parked_suspect(struct story *s)
{
	starting(s);
	start_fails(s);
	next_try(s);
	start_fails(s);
	assert_int_equal(s->a.profile, PROFILE_SUSPECT);
}

static void held(struct story *s)
{
	up(s);
	life_ends(s, RELINK_BANNED);
}

static void held_for_its_budget(struct story *s)
{
	waiting(s);
	while (s->a.state == ST_WAITING) {
		next_try(s);
		answer_with(s, EV_REFUSED, RELINK_UNKNOWN);
	}
}

static void deleted(struct story *s)
{
	idle(s);
	they_ask(s, EV_DELETE);
}

// clang-format off
static const struct situation situations[] = {
	{ "idle",                  ST_IDLE,     true,  idle },
	{ "new",                   ST_IDLE,     false, NULL },
	{ "queued",                ST_QUEUED,   true,  queued },
	{ "queued by a person",    ST_QUEUED,   false, queued_by_a_person },
	{ "starting",              ST_STARTING, true,  starting },
	{ "starting, suspected",   ST_STARTING, true,  starting_suspected },
	{ "starting, fresh",       ST_STARTING, false, to_starting },
	{ "starting, answered",    ST_STARTING, false, starting_answered },
	{ "starting, born",        ST_STARTING, false, starting_born },
	{ "starting, unknown",     ST_STARTING, false, starting_unknown },
	{ "qr",                    ST_QR,       true,  qr },
	{ "qr, fresh",             ST_QR,       false, to_qr },
	{ "auth",                  ST_AUTH,     true,  auth },
	{ "auth, was up",          ST_AUTH,     false, auth_no_more_up },
	{ "up",                    ST_UP,       true,  up },
	{ "up, suspected",         ST_UP,       true,  up_suspected },
	{ "up, missed once",       ST_UP,       false, up_missed_once },
	{ "up, without a failure", ST_UP,       false, to_up },
	{ "up after a restart",    ST_UP,       false, up_after_a_restart },
	{ "closing, then idle",    ST_CLOSING,  true,  closing_to_idle },
	{ "closing, then start",   ST_CLOSING,  true,  closing_to_start },
	{ "closing, then wait",    ST_CLOSING,  true,  closing_to_wait },
	{ "closing, then park",    ST_CLOSING,  true,  closing_to_park },
	{ "closing, then hold",    ST_CLOSING,  true,  closing_to_hold },
	{ "closing, then delete",  ST_CLOSING,  true,  closing_to_delete },
	{ "closing, sent again",   ST_CLOSING,  false, closing_sent },
	{ "waiting",               ST_WAITING,  true,  waiting },
	{ "waiting, throttled",    ST_WAITING,  false, waiting_slowly },
	{ "waiting, replaced",     ST_WAITING,  false, waiting_replaced },
	{ "parked",                ST_PARKED,   true,  parked },
	{ "parked, logged out",    ST_PARKED,   false, parked_logged_out },
	{ "parked, suspect",       ST_PARKED,   false, parked_suspect },
	{ "held",                  ST_HELD,     true,  held },
	{ "held for its budget",   ST_HELD,     false, held_for_its_budget },
	{ "deleted",               ST_DELETED,  true,  deleted },
};
// clang-format on

const struct situation *situation(unsigned n)
{
	return n < ARRAY_LEN(situations) ? &situations[n] : NULL;
}

const struct situation *situation_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(situations); i++) {
		if (strcmp(situations[i].name, name) == 0)
			return &situations[i];
	}
	fail_msg("no situation is called %s", name);
	return NULL;
}

void story_make(struct story *s, const struct situation *to)
{
	story_begin(s);
	if (to->make != NULL)
		to->make(s);
	assert_string_equal(state_name(s->a.state), state_name(to->state));
}
