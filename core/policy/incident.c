/*
 * incident.c - the table of an incident.  Pure; see incident.h.
 *
 * The worth of a canary is that it costs one start where a thousand would fail alike.  Its verdict is
 * about the provider and not about its account.
 */
#include "policy/incident.h"

#include <stddef.h>

#include "policy/backoff.h"
#include "policy/cause.h"

#define START      60000 /* parts of a permit: `rate` parts are a millisecond's worth */
#define RAMP_FIRST 30    /* starts a minute */
#define ROUNDS_MAX 1000  /* counts no further */

struct step {
	const struct incident_rules *r;
	struct incident *i;
	uint64_t now;
};
typedef void action(struct step *);

bool incident_counts(unsigned cause)
{
	switch (cause) {
	case RELINK_GONE:
	case RELINK_ENGINE_CRASH:
	case RELINK_ENGINE_HANG:
	case RELINK_NETWORK:
	case RELINK_PROVIDER_DOWN:
	case RELINK_THROTTLED:
	case RELINK_REFUSED:
	case RELINK_REPLACED:
	case RELINK_LOGGED_OUT:
	case RELINK_UNPAIRED:
	case RELINK_AUTH_CORRUPT:
	case RELINK_CLIENT_OUTDATED:
	case RELINK_UNKNOWN:
	case RELINK_INTERNAL:
		return true;
	default:
		return false;
	}
}

bool incident_alarm(const struct incident_rules *r, uint64_t failing, uint64_t others)
{
	return r->window > 0 && failing >= r->min_accounts &&
	       failing * 100 >= (failing + others) * r->share;
}

/* ---- what the actions are made of ---- */

static void enter(struct step *s, enum incident_state state, uint64_t in_ms)
{
	s->i->state = (uint8_t)state;
	s->i->since = s->now;
	s->i->timer_at = in_ms > 0 ? s->now + in_ms : 0;
	s->i->given = s->i->ended = s->i->good = s->i->bad = 0;
	s->i->resting = false;
}

/* Canaries may go; without anybody to send, only time can tell that it is over. */
static void begin_round(struct step *s)
{
	enter(s, INCIDENT_PROBING, s->r->quiet);
}

static void rest(struct step *s)
{
	struct incident *i = s->i;

	enter(s, INCIDENT_PROBING,
	      backoff_spread(&i->rng,
			     backoff_delay(&i->rng, s->r->probe_base, s->r->probe_cap, i->rounds)));
	i->resting = true;
	if (i->rounds < ROUNDS_MAX)
		i->rounds++;
}

static void begin_ramp(struct step *s)
{
	enter(s, INCIDENT_RAMPING, s->r->ramp_step);
	s->i->rounds = 0;
	s->i->rate = RAMP_FIRST;
	s->i->parts = START;
	s->i->parts_at = s->now;
}

/* Two of three; one more good than bad of any number. */
static uint32_t enough(const struct incident_rules *r)
{
	return (r->canaries * 2 + 2) / 3;
}

static bool logouts_are_real(const struct step *s)
{
	return s->i->logouts >= 2 * s->r->canaries && s->now >= s->i->opened_at + s->r->believe;
}

/* ---- actions ---- */

static void keep(struct step *s)
{
	(void)s;
}

static void open_it(struct step *s)
{
	s->i->opened_at = s->now;
	s->i->bad_at = s->now;
	s->i->rounds = 0;
	s->i->logouts = 0;
	s->i->real = false;
	enter(s, INCIDENT_BRAKING, s->r->brake > 0 ? s->r->brake : 1);
}

static void still(struct step *s)
{
	s->i->bad_at = s->now;
}

static void canary_good(struct step *s)
{
	s->i->good++;
	s->i->logouts = 0;
	if (s->i->good >= enough(s->r))
		begin_ramp(s);
}

static void canary_bad(struct step *s)
{
	s->i->bad_at = s->now;
	s->i->bad++;
	if (!s->i->resting && s->i->bad > s->r->canaries - enough(s->r))
		rest(s);
}

static void canary_logged_out(struct step *s)
{
	s->i->logouts++;
	if (logouts_are_real(s)) {
		s->i->bad_at = s->now;
		s->i->real = true;
		begin_ramp(s);
		return;
	}
	canary_bad(s);
}

static void round_over(struct step *s)
{
	struct incident *i = s->i;
	/* the second: what seemed to fail came back by itself */
	bool well =
	    (i->good > 0 && i->bad == 0) || (i->given == 0 && s->now >= i->bad_at + s->r->quiet);

	if (i->resting)
		begin_round(s);
	else if (well)
		begin_ramp(s);
	else if (i->given > 0)
		rest(s);
	else
		i->timer_at = i->bad_at + s->r->quiet;
}

static void ramp_good(struct step *s)
{
	s->i->good++;
}

static void ramp_bad(struct step *s)
{
	s->i->bad_at = s->now;
	s->i->bad++;
	if (s->i->bad >= s->r->canaries && s->i->bad > s->i->good)
		rest(s);
}

static void ramp_logged_out(struct step *s)
{
	if (!s->i->real)
		ramp_bad(s);
}

static void ramp_on(struct step *s)
{
	struct incident *i = s->i;

	if (i->rate >= s->r->full && s->now >= i->bad_at + s->r->quiet) {
		enter(s, INCIDENT_CALM, 0);
		return;
	}
	if (i->rate < s->r->full)
		i->rate *= 2;
	i->good = i->bad = 0;
	i->timer_at = s->now + s->r->ramp_step;
}

static void dissolve(struct step *s)
{
	enter(s, INCIDENT_CALM, 0);
}

/* A timer that is not set, or the end of what has not begun: the caller's bug, and changes nothing. */
static void bug(struct step *s)
{
	(void)s;
}

// clang-format off
static action *const table[INCIDENT_STATE_COUNT][IE_COUNT] = {
	/*                     ALARM    GOOD         BAD         LOGOUT             TIMER        MERGED */
	[INCIDENT_CALM]    = { open_it, keep,        keep,       keep,              bug,         keep     },
	[INCIDENT_BRAKING] = { still,   keep,        still,      still,             begin_round, dissolve },
	[INCIDENT_PROBING] = { still,   canary_good, canary_bad, canary_logged_out, round_over,  dissolve },
	[INCIDENT_RAMPING] = { still,   ramp_good,   ramp_bad,   ramp_logged_out,   ramp_on,     dissolve },
};
// clang-format on

bool incident_expects(unsigned state, unsigned event)
{
	return table[state][event] != bug;
}

void incident_init(struct incident *i, uint64_t seed)
{
	*i = (struct incident){ .rng = seed };
}

bool incident_step(const struct incident_rules *r, struct incident *i, unsigned event, uint64_t now)
{
	struct step s = { r, i, now };
	unsigned state = i->state;
	bool resting = i->resting;

	table[state][event](&s);
	return i->state != state || i->resting != resting;
}

void incident_restore(const struct incident_rules *r, struct incident *i, unsigned state,
		      uint64_t opened_at, uint64_t rounds, uint64_t now)
{
	struct step s = { r, i, now };

	if (state == INCIDENT_CALM || state >= INCIDENT_STATE_COUNT)
		return;
	open_it(&s);
	i->opened_at = opened_at < now ? opened_at : now;
	i->rounds = rounds < ROUNDS_MAX ? (uint32_t)rounds : ROUNDS_MAX;
}

/* ---- permits ---- */

static uint64_t parts_at(const struct incident *i, uint64_t now)
{
	uint64_t full = START * 2ull, passed = now > i->parts_at ? now - i->parts_at : 0;
	uint64_t parts = passed > full / i->rate ? full : i->parts + passed * i->rate;

	return parts > full ? full : parts;
}

bool incident_permits(const struct incident_rules *r, const struct incident *i, uint64_t now,
		      uint64_t *ret_wait_ms)
{
	*ret_wait_ms = 0;
	switch ((enum incident_state)i->state) {
	case INCIDENT_CALM:
		return true;
	case INCIDENT_PROBING:
		return !i->resting && i->given < r->canaries;
	case INCIDENT_RAMPING:
		if (parts_at(i, now) >= START)
			return true;
		*ret_wait_ms = (START - parts_at(i, now) + i->rate - 1) / i->rate;
		return false;
	case INCIDENT_BRAKING:
	case INCIDENT_STATE_COUNT:
		break;
	}
	return false;
}

void incident_takes(const struct incident_rules *r, struct incident *i, uint64_t now)
{
	if (i->state == INCIDENT_PROBING && !i->resting && i->given == 0)
		i->timer_at = now + r->round;
	if (i->state == INCIDENT_RAMPING) {
		uint64_t parts = parts_at(i, now);

		i->parts = parts > START ? parts - START : 0; /* a person's may come without */
		i->parts_at = now;
	}
	i->given++;
}

bool incident_may_end(const struct incident_rules *r, const struct incident *i)
{
	switch ((enum incident_state)i->state) {
	case INCIDENT_CALM:
		return true;
	case INCIDENT_PROBING:
		return !i->resting && i->given + i->ended < r->canaries;
	case INCIDENT_RAMPING:
		return i->ended < 2 * i->given + r->canaries; /* starts must keep up */
	case INCIDENT_BRAKING:
	case INCIDENT_STATE_COUNT:
		break;
	}
	return false;
}

void incident_still(struct incident *i, uint64_t now)
{
	if (i->state != INCIDENT_CALM)
		i->bad_at = now;
}

/* ---- names ---- */

const char *incident_state_name(unsigned state)
{
	static const char *const names[INCIDENT_STATE_COUNT] = {
#define S(id, n, name) [n] = name,
		INCIDENT_STATES(S)
#undef S
	};

	return state < INCIDENT_STATE_COUNT ? names[state] : "?";
}

const char *incident_event_name(unsigned event)
{
	static const char *const names[IE_COUNT] = {
#define E(id, name) [IE_##id] = name,
		INCIDENT_EVENTS(E)
#undef E
	};

	return event < IE_COUNT ? names[event] : "?";
}
