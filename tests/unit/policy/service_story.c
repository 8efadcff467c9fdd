/* service_story.c - verbs, rules and situations of service_story.h. */
#include "service_story.h"

#include <string.h>

#include "base/obj.h"

#define BEGINNING_MS 1700000000000ull

/* ---- rules ---- */

#define RULE(name) static bool name(const struct service_story *s)

static bool has_process(unsigned state)
{
	return state >= SS_STARTING && state <= SS_KILLED;
}

/* Which events can come: a dot is a bug of ours.  Rows and columns as in service.h. */
static bool expects(unsigned state, unsigned event)
{
	// clang-format off
	static const char *const expected[SS_COUNT] = {
		[SS_EMPTY]    = "xxx..xxxxx.",
		[SS_STARTING] = "xxxxxxxxxxx",
		[SS_READY]    = "xxxx.xxxxxx",
		[SS_ENDING]   = "xxxx.xxxxxx",
		[SS_KILLED]   = "xxx..xxxxxx",
		[SS_COOLING]  = "xxxx.xxxxx.",
		[SS_HELD]     = "xxxx.xxxxx.",
	};
	// clang-format on

	return expected[state][event] == 'x';
}

RULE(bugs_change_nothing)
{
	struct service_effects bug = { .from = s->fx.from, .bug = true };

	if (s->fx.bug == expects(s->before.state, s->e.kind))
		return false;
	return !s->fx.bug || (memcmp(&s->before, &s->s, sizeof s->s) == 0 &&
			      memcmp(&bug, &s->fx, sizeof bug) == 0);
}

RULE(timer_where_needed)
{
	switch ((enum service_state)s->s.state) {
	case SS_STARTING:
		return (s->s.timer_at != 0) == s->s.asked;
	case SS_READY:
		return (s->s.timer_at != 0) == (s->s.silences > 0 && s->r.hang > 0);
	case SS_ENDING:
	case SS_COOLING:
	case SS_HELD:
		return s->s.timer_at != 0;
	default:
		return s->s.timer_at == 0;
	}
}

RULE(timers_come_once)
{
	return s->e.kind != SE_TIMER || s->fx.bug || s->s.timer_at == 0 || s->s.timer_at > s->now;
}

RULE(one_process_at_a_time)
{
	return !s->fx.spawn || s->e.kind == SE_GONE || !has_process(s->before.state);
}

RULE(spawned_on_entry)
{
	return s->fx.spawn == (s->s.state == SS_STARTING && s->before.state != SS_STARTING);
}

RULE(wanted_by_state)
{
	if (s->s.state == SS_ENDING || s->s.state == SS_KILLED)
		return true;
	return s->s.want == (s->s.state != SS_EMPTY);
}

RULE(left_running)
{
	bool lost = has_process(s->before.state) && !has_process(s->s.state);

	return s->fx.leave == (lost && s->e.kind == SE_LEAVE) &&
	       (!lost || s->e.kind == SE_LEAVE || s->e.kind == SE_GONE || s->e.kind == SE_NOSPAWN);
}

RULE(ready_and_down)
{
	bool was = s->before.state == SS_READY, is = s->s.state == SS_READY;

	return s->fx.ready == (is && !was) && s->fx.down == (was && !is && s->e.kind != SE_LEAVE);
}

RULE(ended_for_a_reason)
{
	bool blamed = s->fx.late || s->fx.hangs;

	if (s->fx.end && s->s.state != SS_ENDING)
		return false;
	if (s->fx.kill != (s->s.state == SS_KILLED && s->before.state != SS_KILLED))
		return false;
	if (s->fx.kill && (s->before.state != SS_ENDING || s->e.kind != SE_TIMER))
		return false;
	return s->fx.end == (blamed || (s->e.kind == SE_UNWANT && has_process(s->before.state) &&
					s->before.state < SS_ENDING));
}

RULE(silence_twice)
{
	bool blamed = s->fx.late || s->fx.hangs;

	return !blamed || (s->before.silences >= 2 && s->before.asked && s->before.timer_at != 0);
}

RULE(deaths_are_counted)
{
	uint32_t deaths = s->s.deaths.n - s->before.deaths.n;

	if (s->e.kind == SE_NOSPAWN || s->e.kind == SE_GONE)
		return deaths ==
		       (s->fx.bug || (s->before.state >= SS_ENDING && !s->before.blamed) ? 0 : 1);
	return deaths == 0;
}

RULE(starts_are_paused)
{
	uint64_t wait = s->s.timer_at - s->now;

	if (s->fx.held != (s->s.state == SS_HELD && s->before.state != SS_HELD))
		return false;
	if (!s->fx.held && (s->s.state != SS_COOLING || s->before.state == SS_COOLING))
		return !s->fx.cooling;
	if (s->fx.cooling || s->fx.held)
		return wait >= s->r.cool && wait <= s->r.cool + s->r.cool / 10;
	return wait >= s->r.restart_base && wait <= s->r.restart_cap;
}

#undef RULE

static const struct {
	const char *sentence;
	bool (*holds)(const struct service_story *);
} rules[] = {
	{ "what cannot come is reported as a bug and changes nothing", bugs_change_nothing },
	{ "a timer runs while something is awaited, and nowhere else; who is not asked is not "
	  "timed",
	  timer_where_needed },
	{ "a timer that came is over, or set anew", timers_come_once },
	{ "no process is started while one may be there", one_process_at_a_time },
	{ "a process is started, or found, on entry to starting only", spawned_on_entry },
	{ "empty is not wanted; all others are, but for those that end", wanted_by_state },
	{ "a process is waited for until it is gone, or left to run on", left_running },
	{ "ready and down are told once each, in turn", ready_and_down },
	{ "it is ended when nobody wants it or it kept silent, and killed only after that",
	  ended_for_a_reason },
	{ "silence is believed when it was asked twice in vain", silence_twice },
	{ "each death is counted once, and an end that was wished is none", deaths_are_counted },
	{ "each pause is inside its bounds", starts_are_paused },
};

const char *service_rule(unsigned n)
{
	return n < ARRAY_LEN(rules) ? rules[n].sentence : NULL;
}

/* ---- verbs ---- */

void service_begin(struct service_story *s)
{
	memset(s, 0, sizeof *s);
	s->now = BEGINNING_MS;
	s->r = (struct service_rules){ .start = 60000,
				       .stop = 15000,
				       .hang = 120000,
				       .restart_base = 1000,
				       .restart_cap = 60000,
				       .window = 60000,
				       .cool = 300000,
				       .burst = 5 };
	service_init(&s->s, 42, s->now);
}

void service_tell(struct service_story *s, enum service_event_kind kind, bool unfit)
{
	s->now++;
	s->e = (struct service_event){ .kind = (uint8_t)kind, .unfit = unfit, .now = s->now };
	s->before = s->s;
	memset(&s->fx, 0, sizeof s->fx);
	service_step(&s->r, &s->s, &s->e, &s->fx);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (!rules[i].holds(s))
			fail_msg("broken: %s (%s in %s, now %s)", rules[i].sentence,
				 service_event_name(kind), service_state_name(s->before.state),
				 service_state_name(s->s.state));
	}
}

void service_pass(struct service_story *s, uint64_t ms)
{
	s->now += ms;
}

void service_gets(struct service_story *s, enum service_event_kind kind)
{
	service_tell(s, kind, false);
	if (s->fx.bug)
		fail_msg("%s cannot come in %s", service_event_name(kind),
			 service_state_name(s->before.state));
}

void service_time_comes(struct service_story *s)
{
	assert_int_not_equal(s->s.timer_at, 0);
	if (s->now < s->s.timer_at)
		s->now = s->s.timer_at - 1;
	service_gets(s, SE_TIMER);
}

void service_to_ready(struct service_story *s)
{
	if (s->s.state != SS_STARTING)
		service_gets(s, SE_WANT);
	if (!s->s.asked)
		service_gets(s, SE_ASKED);
	service_gets(s, SE_LISTED);
	assert_service(s, "ready");
}

/* ---- situations ---- */

static void starting(struct service_story *s)
{
	service_gets(s, SE_WANT);
}

static void starting_asked(struct service_story *s)
{
	starting(s);
	service_gets(s, SE_ASKED);
}

static void starting_silent(struct service_story *s)
{
	starting_asked(s);
	service_gets(s, SE_SILENT);
	service_gets(s, SE_SILENT);
}

static void silent_once(struct service_story *s)
{
	service_to_ready(s);
	service_gets(s, SE_SILENT);
}

static void silent_twice(struct service_story *s)
{
	silent_once(s);
	service_gets(s, SE_SILENT);
}

static void ready_unasked(struct service_story *s)
{
	service_to_ready(s);
	service_gets(s, SE_UNASKED);
}

static void ending(struct service_story *s)
{
	service_to_ready(s);
	service_gets(s, SE_UNWANT);
}

static void ending_wanted(struct service_story *s)
{
	ending(s);
	service_gets(s, SE_WANT);
}

static void ending_blamed(struct service_story *s)
{
	silent_twice(s);
	service_time_comes(s);
	assert_true(s->fx.hangs);
}

static void killed(struct service_story *s)
{
	ending_blamed(s);
	service_time_comes(s);
}

static void killed_unwanted(struct service_story *s)
{
	ending(s);
	service_time_comes(s);
}

static void cooling(struct service_story *s)
{
	starting(s);
	service_gets(s, SE_GONE);
}

static void held(struct service_story *s)
{
	starting(s);
	service_tell(s, SE_GONE, true);
}

static void held_at_once(struct service_story *s)
{
	starting(s);
	service_tell(s, SE_NOSPAWN, true);
}

// clang-format off
static const struct service_situation situations[] = {
	{ "empty",                    SS_EMPTY,    true,  NULL },
	{ "starting",                 SS_STARTING, true,  starting },
	{ "starting, asked",          SS_STARTING, true,  starting_asked },
	{ "starting, silent twice",   SS_STARTING, true,  starting_silent },
	{ "ready",                    SS_READY,    true,  service_to_ready },
	{ "ready, not asked",         SS_READY,    false, ready_unasked },
	{ "ready, silent once",       SS_READY,    true,  silent_once },
	{ "ready, silent twice",      SS_READY,    true,  silent_twice },
	{ "ending, unwanted",         SS_ENDING,   true,  ending },
	{ "ending, wanted again",     SS_ENDING,   false, ending_wanted },
	{ "ending, it kept silent",   SS_ENDING,   true,  ending_blamed },
	{ "killed, it kept silent",   SS_KILLED,   true,  killed },
	{ "killed, unwanted",         SS_KILLED,   false, killed_unwanted },
	{ "cooling",                  SS_COOLING,  true,  cooling },
	{ "held",                     SS_HELD,     true,  held },
	{ "held, its program absent", SS_HELD,     false, held_at_once },
};
// clang-format on

const struct service_situation *service_situation(unsigned n)
{
	return n < ARRAY_LEN(situations) ? &situations[n] : NULL;
}

void service_make(struct service_story *s, const struct service_situation *to)
{
	service_begin(s);
	if (to->make != NULL)
		to->make(s);
	assert_service(s, service_state_name(to->state));
}
