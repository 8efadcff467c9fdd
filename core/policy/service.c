/* service.c - the service's table, state x event, and its actions.  Pure; see service.h. */
#include "policy/service.h"

#include "policy/backoff.h"

#define SILENCES_BELIEVED 2

struct step {
	const struct service_rules *r;
	struct service *s;
	const struct service_event *e;
	struct service_effects *fx;
};
typedef void action(struct step *);

static void set_timer(struct step *st, uint64_t ms)
{
	st->s->timer_at = ms > 0 ? st->e->now + ms : 0;
}

static void enter(struct step *st, enum service_state state, uint64_t timer_ms)
{
	st->s->state = (uint8_t)state;
	st->s->since = st->e->now;
	set_timer(st, timer_ms);
}

static void keep(struct step *st)
{
	(void)st;
}

static void bug(struct step *st)
{
	st->fx->bug = true;
}

static void spawn(struct step *st)
{
	st->fx->spawn = true;
	st->s->want = 1;
	st->s->silences = 0;
	st->s->blamed = false;
	st->s->ready_at = 0;
	enter(st, SS_STARTING, st->s->asked ? st->r->start : 0);
}

/* --- what is wanted --- */

static void want(struct step *st)
{
	st->s->want = 1;
}

static void unwant(struct step *st)
{
	st->s->want = 0;
}

static void empty(struct step *st)
{
	unwant(st);
	enter(st, SS_EMPTY, 0);
}

static void leave(struct step *st)
{
	st->fx->leave = true;
	empty(st);
}

static void end(struct step *st)
{
	st->fx->end = true;
	st->fx->down = st->s->state == SS_READY;
	enter(st, SS_ENDING, st->r->stop);
}

static void end_unwanted(struct step *st)
{
	unwant(st);
	end(st);
}

static void kill_it(struct step *st)
{
	st->fx->kill = true;
	enter(st, SS_KILLED, 0);
}

/* --- what it says --- */

/* The clock of a start runs only while somebody asks: what nobody hears is no silence. */
static void asked_starting(struct step *st)
{
	st->s->asked = true;
	set_timer(st, st->r->start);
}

static void asked(struct step *st)
{
	st->s->asked = true;
}

static void unasked(struct step *st)
{
	st->s->asked = false;
	st->s->silences = 0;
}

static void unasked_running(struct step *st)
{
	unasked(st);
	set_timer(st, 0);
}

static void heard(struct step *st)
{
	st->s->silences = 0;
	set_timer(st, 0);
	if (st->s->fails > 0 && st->e->now - st->s->ready_at >= RESTART_FORGIVEN_MS)
		st->s->fails = 0;
}

static void ready(struct step *st)
{
	st->s->ready_at = st->e->now;
	st->s->silences = 0;
	st->fx->ready = true;
	enter(st, SS_READY, 0);
}

/* An error is an answer too: it lives, and is not at fault. */
static void lives(struct step *st)
{
	st->s->silences = 0;
	set_timer(st, st->s->asked ? st->r->start : 0);
}

static void silent(struct step *st)
{
	if (st->s->asked && st->s->silences < SILENCES_BELIEVED)
		st->s->silences++;
}

static void silent_ready(struct step *st)
{
	if (st->s->asked && st->s->silences == 0)
		set_timer(st, st->r->hang);
	silent(st);
}

/* One sample is none, and without any it was perhaps not asked at all. */
static void too_late(struct step *st)
{
	if (st->s->silences < SILENCES_BELIEVED) {
		set_timer(st, st->s->asked ? st->r->start : 0);
		return;
	}
	st->fx->late = true;
	st->s->blamed = true;
	end(st);
}

static void silent_for_long(struct step *st)
{
	if (st->s->silences < SILENCES_BELIEVED) {
		set_timer(st, st->s->silences > 0 ? st->r->hang : 0);
		return;
	}
	st->fx->hangs = true;
	st->s->blamed = true;
	end(st);
}

/* --- it is gone --- */

/* When does the next one start? */
static void again(struct step *st, bool was_ready)
{
	struct service *s = st->s;

	deaths_note(&s->deaths, st->e->now);
	if (!s->want) {
		enter(st, SS_EMPTY, 0);
	} else if (st->e->unfit) {
		st->fx->held = true;
		enter(st, SS_HELD, backoff_spread(&s->rng, st->r->cool));
	} else if (deaths_within(&s->deaths, st->e->now, st->r->window) >= st->r->burst) {
		st->fx->cooling = true;
		enter(st, SS_COOLING, backoff_spread(&s->rng, st->r->cool));
	} else if (was_ready) {
		spawn(st);
	} else {
		enter(st, SS_COOLING,
		      backoff_delay(&s->rng, st->r->restart_base, st->r->restart_cap, s->fails));
		if (s->fails < 32)
			s->fails++;
	}
}

static void died_early(struct step *st)
{
	again(st, false);
}

static void died_serving(struct step *st)
{
	st->fx->down = true;
	again(st, st->e->now - st->s->ready_at >= RESTART_WAS_READY_MS);
}

static void ended(struct step *st)
{
	struct service *s = st->s;

	if (s->blamed)
		again(st, s->ready_at != 0 && s->since - s->ready_at >= RESTART_WAS_READY_MS);
	else if (s->want)
		spawn(st);
	else
		enter(st, SS_EMPTY, 0);
}

// clang-format off
static action *const table[SS_COUNT][SE_COUNT] = {
/*                 WANT   UNWANT        LEAVE  TIMER            NOSPAWN     ASKED           UNASKED          LISTED ANSWERED SILENT        GONE */
[SS_EMPTY]    = { spawn, keep,         keep,  bug,             bug,        asked,          unasked,         keep,  keep,    keep,         bug          },
[SS_STARTING] = { want,  end_unwanted, leave, too_late,        died_early, asked_starting, unasked_running, ready, lives,   silent,       died_early   },
[SS_READY]    = { want,  end_unwanted, leave, silent_for_long, bug,        asked,          unasked_running, heard, heard,   silent_ready, died_serving },
[SS_ENDING]   = { want,  unwant,       leave, kill_it,         bug,        asked,          unasked,         keep,  keep,    keep,         ended        },
[SS_KILLED]   = { want,  unwant,       leave, bug,             bug,        asked,          unasked,         keep,  keep,    keep,         ended        },
[SS_COOLING]  = { spawn, empty,        empty, spawn,           bug,        asked,          unasked,         keep,  keep,    keep,         bug          },
[SS_HELD]     = { spawn, empty,        empty, spawn,           bug,        asked,          unasked,         keep,  keep,    keep,         bug          },
};
// clang-format on

void service_init(struct service *s, uint64_t seed, uint64_t now)
{
	*s = (struct service){ .rng = seed, .since = now };
}

void service_step(const struct service_rules *r, struct service *s, const struct service_event *e,
		  struct service_effects *ret_fx)
{
	struct step st = { r, s, e, ret_fx };

	*ret_fx = (struct service_effects){ .from = s->state };
	table[s->state][e->kind](&st);
}

bool service_runs(const struct service *s)
{
	return s->state >= SS_STARTING && s->state <= SS_KILLED;
}

static const char *const state_names[SS_COUNT] = {
#define S(id, name) name,
	SERVICE_STATES(S)
#undef S
};
static const char *const event_names[SE_COUNT] = {
#define E(id, name) name,
	SERVICE_EVENTS(E)
#undef E
};

const char *service_state_name(unsigned state)
{
	return state < SS_COUNT ? state_names[state] : "?";
}

const char *service_event_name(unsigned event)
{
	return event < SE_COUNT ? event_names[event] : "?";
}
