/* worker.c - the worker's table, state x event, and its actions.  Pure; see worker.h. */
#include "policy/worker.h"

#include "policy/backoff.h"

#define TOO_HEAVY     3
#define LAST_WORDS_MS 2000 /* after SIGTERM its watchdog takes 1.5 s (worker/main.c) */

struct step {
	const struct worker_rules *r;
	struct worker *w;
	const struct worker_event *e;
	struct worker_effects *fx;
};
typedef void action(struct step *);

static void enter(struct step *s, enum worker_state state, uint64_t timer_ms)
{
	s->w->state = (uint8_t)state;
	s->w->since = s->e->now;
	s->w->timer_at = timer_ms > 0 ? s->e->now + timer_ms : 0;
}

static void keep(struct step *s)
{
	(void)s;
}

static void bug(struct step *s)
{
	s->fx->bug = true;
}

static void spawn(struct step *s)
{
	struct worker *w = s->w;

	w->want = 1;
	w->misses = 0;
	w->heavy = 0;
	w->unsent = w->refused = w->misconfigured = false;
	w->ready_at = 0;
	s->fx->spawn = true;
	enter(s, WS_SPAWNED, s->r->hello);
}

static void want(struct step *s)
{
	s->w->want = 1;
	s->w->misconfigured = false;
}

static void unwant(struct step *s)
{
	s->w->want = 0;
}

static void empty(struct step *s)
{
	unwant(s);
	enter(s, WS_EMPTY, 0);
}

static void stop(struct step *s)
{
	unwant(s);
	s->fx->stop = true;
	s->fx->down = s->w->state == WS_READY;
	enter(s, WS_STOPPING, s->r->stop);
}

static void end_by_force(struct step *s, uint64_t timer_ms)
{
	s->fx->down = s->w->state == WS_READY;
	enter(s, WS_KILLED, timer_ms);
}

static void kill_it(struct step *s)
{
	s->fx->kill = true;
	end_by_force(s, 0);
}

static void kill_unwanted(struct step *s)
{
	unwant(s);
	kill_it(s);
}

/* Silence is best explained by who keeps it: its watchdog leaves a backtrace. */
static void terminate(struct step *s)
{
	s->fx->terminate = true;
	end_by_force(s, LAST_WORDS_MS);
}

static void no_last_words(struct step *s)
{
	s->fx->kill = true;
	s->w->timer_at = 0;
}

static void open_instances(struct step *s)
{
	s->fx->config = true;
	enter(s, WS_OPENING, s->r->ready);
}

static void ready(struct step *s)
{
	s->w->ready_at = s->e->now;
	s->fx->up = true;
	enter(s, WS_READY, s->r->ping_interval);
}

static void refused(struct step *s)
{
	s->w->refused = true;
	s->w->misconfigured = s->e->misconfigured;
	kill_it(s);
}

static void ping(struct step *s)
{
	s->fx->ping = true;
	s->w->timer_at = 0; /* the next one is due after the answer to this one */
}

static void ping_later(struct step *s)
{
	s->w->timer_at = s->r->ping_interval > 0 ? s->e->now + s->r->ping_interval : 0;
}

static void pong(struct step *s)
{
	s->w->misses = 0;
	if (s->w->fails > 0 && s->e->now - s->w->ready_at >= RESTART_FORGIVEN_MS)
		s->w->fails = 0;
	ping_later(s);
}

static void missed(struct step *s)
{
	s->w->unsent = false;
	if (++s->w->misses < s->r->ping_misses)
		ping(s);
	else
		terminate(s);
}

static void unsent(struct step *s)
{
	s->w->unsent = true;
	ping_later(s);
}

/* One that could not be sent was not answered either. */
static void ping_is_due(struct step *s)
{
	if (s->w->unsent)
		missed(s);
	else
		ping(s);
}

/* It is gone and still wanted: when does the next one start? */
static void again(struct step *s, bool was_ready)
{
	struct worker *w = s->w;

	if (!w->refused) /* which is an orderly answer and gets an orderly backoff */
		deaths_note(&w->deaths, s->e->now);
	w->misconfigured |= s->e->misconfigured;
	if (!w->want) {
		enter(s, WS_EMPTY, 0);
	} else if (w->misconfigured) {
		s->fx->held = true;
		enter(s, WS_HELD, backoff_spread(&w->rng, s->r->cool));
	} else if (deaths_within(&w->deaths, s->e->now, s->r->window) >= s->r->burst) {
		s->fx->cooling = true;
		enter(s, WS_COOLING, backoff_spread(&w->rng, s->r->cool));
	} else if (was_ready) {
		spawn(s);
	} else {
		enter(s, WS_COOLING,
		      backoff_delay(&w->rng, s->r->restart_base, s->r->restart_cap, w->fails));
		if (w->fails < 32)
			w->fails++;
	}
}

static void died_early(struct step *s)
{
	again(s, false);
}

static void died_serving(struct step *s)
{
	s->fx->down = true;
	again(s, s->e->now - s->w->ready_at >= RESTART_WAS_READY_MS);
}

/* We ended it: because it was silent, refused (still wanted), or because nobody wants it. */
static void died_killed(struct step *s)
{
	again(s, s->w->ready_at != 0 && s->w->since - s->w->ready_at >= RESTART_WAS_READY_MS);
}

static void ended(struct step *s)
{
	if (s->w->want)
		spawn(s);
	else
		enter(s, WS_EMPTY, 0);
}

// clang-format off
static action *const table[WS_COUNT][WE_COUNT] = {
/*                 WANT   UNWANT         TIMER          NOSPAWN     HELLO           OPENED  REFUSED  PONG   MISSED  UNSENT  GONE */
[WS_EMPTY]    = { spawn, keep,          bug,           bug,        bug,            bug,    bug,     keep,  keep,   bug,    bug          },
[WS_SPAWNED]  = { want,  kill_unwanted, terminate,     died_early, open_instances, bug,    bug,     keep,  keep,   bug,    died_early   },
[WS_OPENING]  = { want,  kill_unwanted, terminate,     bug,        kill_it,        ready,  refused, keep,  keep,   bug,    died_early   },
[WS_READY]    = { want,  stop,          ping_is_due,   bug,        kill_it,        bug,    bug,     pong,  missed, unsent, died_serving },
[WS_STOPPING] = { want,  unwant,        kill_it,       bug,        keep,           keep,   keep,    keep,  keep,   bug,    ended        },
[WS_KILLED]   = { want,  unwant,        no_last_words, bug,        keep,           keep,   keep,    keep,  keep,   bug,    died_killed  },
[WS_COOLING]  = { spawn, empty,         spawn,         bug,        bug,            bug,    bug,     keep,  keep,   bug,    bug          },
[WS_HELD]     = { spawn, empty,         spawn,         bug,        bug,            bug,    bug,     keep,  keep,   bug,    bug          },
};
// clang-format on

bool worker_weighs(const struct worker_rules *r, struct worker *w, uint64_t used, uint64_t limit,
		   uint64_t now)
{
	if (w->state != WS_READY || limit == 0 || used <= limit) {
		w->heavy = 0;
		return false;
	}
	if (w->heavy < TOO_HEAVY)
		w->heavy++;
	return w->heavy == TOO_HEAVY && now - w->ready_at >= r->window;
}

void worker_init(struct worker *w, uint64_t seed, uint64_t now)
{
	*w = (struct worker){ .rng = seed, .since = now };
}

void worker_step(const struct worker_rules *r, struct worker *w, const struct worker_event *e,
		 struct worker_effects *ret_fx)
{
	struct step s = { r, w, e, ret_fx };

	*ret_fx = (struct worker_effects){ .from = w->state };
	table[w->state][e->kind](&s);
}

static const char *const state_names[WS_COUNT] = {
#define S(id, name) name,
	WORKER_STATES(S)
#undef S
};
static const char *const event_names[WE_COUNT] = {
#define E(id, name) name,
	WORKER_EVENTS(E)
#undef E
};

const char *worker_state_name(unsigned state)
{
	return state < WS_COUNT ? state_names[state] : "?";
}

const char *worker_event_name(unsigned event)
{
	return event < WE_COUNT ? event_names[event] : "?";
}
