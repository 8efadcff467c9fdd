/* worker_story.c - verbs, rules and situations of worker_story.h. */
#include "worker_story.h"

#include <string.h>

#include "base/obj.h"

#define BEGINNING_MS 1700000000000ull

/* ---- rules ---- */

#define RULE(name) static bool name(const struct worker_story *s)

static bool is_one_of(unsigned state, unsigned a, unsigned b, unsigned c)
{
	return state == a || state == b || state == c;
}

RULE(bugs_change_nothing)
{
	static const struct worker_effects none;
	struct worker_effects bug = none;

	bug.from = s->fx.from;
	bug.bug = true;
	if (s->fx.bug == slot_expects(s->before.state, s->e.kind))
		return false;
	return !s->fx.bug || (memcmp(&s->before, &s->w, sizeof s->w) == 0 &&
			      memcmp(&bug, &s->fx, sizeof bug) == 0);
}

RULE(timer_where_needed)
{
	switch ((enum worker_state)s->w.state) {
	case WS_SPAWNED:
	case WS_OPENING:
	case WS_STOPPING:
	case WS_COOLING:
	case WS_HELD:
		return s->w.timer_at != 0;
	case WS_READY:
	case WS_KILLED:
		return true; /* until the next ping, or the kill; none while an answer is awaited */
	default:
		return s->w.timer_at == 0;
	}
}

RULE(timers_come_once)
{
	return s->e.kind != WE_TIMER || s->fx.bug || s->w.timer_at == 0 || s->w.timer_at > s->now;
}

RULE(wanted_by_state)
{
	const struct worker *w = &s->w;

	if (w->state == WS_STOPPING || w->state == WS_KILLED)
		return true;
	return w->want == (w->state != WS_EMPTY);
}

RULE(spawned_on_entry)
{
	return s->fx.spawn == (s->w.state == WS_SPAWNED && s->before.state != WS_SPAWNED);
}

RULE(one_process_at_a_time)
{
	return !s->fx.spawn || s->e.kind == WE_GONE ||
	       is_one_of(s->before.state, WS_EMPTY, WS_COOLING, WS_HELD);
}

RULE(up_and_down)
{
	bool was = s->before.state == WS_READY, is = s->w.state == WS_READY;

	return s->fx.up == (is && !was) && s->fx.down == (was && !is);
}

RULE(configured_once)
{
	return s->fx.config == (s->w.state == WS_OPENING && s->before.state != WS_OPENING);
}

RULE(asked_only_where_it_can_answer)
{
	return (!s->fx.ping || s->w.state == WS_READY) &&
	       (!s->fx.stop || (s->w.state == WS_STOPPING && !s->w.want)) &&
	       (!s->fx.stop || !s->fx.kill);
}

RULE(kills_are_waited_for)
{
	bool ended = s->fx.kill || s->fx.terminate;

	if (ended && s->w.state != WS_KILLED)
		return false;
	if (s->w.state != WS_KILLED || s->before.state == WS_KILLED)
		return true;
	return s->fx.kill != s->fx.terminate && s->fx.terminate == (s->w.timer_at != 0);
}

RULE(no_process_no_marks)
{
	const struct worker *w = &s->w;

	return w->state != WS_SPAWNED || (w->ready_at == 0 && w->misses == 0 && !w->unsent &&
					  !w->refused && !w->misconfigured);
}

RULE(shown_states)
{
	return (!s->fx.cooling || s->w.state == WS_COOLING) &&
	       s->fx.held == (s->w.state == WS_HELD && s->before.state != WS_HELD);
}

RULE(starts_are_paused)
{
	uint64_t wait = s->w.timer_at - s->now;

	if (!s->fx.held && (s->w.state != WS_COOLING || s->before.state == WS_COOLING))
		return true;
	if (s->fx.cooling || s->fx.held)
		return wait >= s->r.cool && wait <= s->r.cool + s->r.cool / 10;
	return wait >= s->r.restart_base && wait <= s->r.restart_cap;
}

RULE(deaths_are_counted)
{
	uint32_t deaths = s->w.deaths.n - s->before.deaths.n;

	if (s->before.refused)
		return deaths == 0;
	if (s->e.kind == WE_GONE && is_one_of(s->before.state, WS_SPAWNED, WS_OPENING, WS_READY))
		return deaths == 1;
	return deaths <= 1;
}

#undef RULE

static const struct {
	const char *sentence;
	bool (*holds)(const struct worker_story *);
} rules[] = {
	{ "what cannot come is reported as a bug and changes nothing", bugs_change_nothing },
	{ "a timer runs while something is awaited, and nowhere else", timer_where_needed },
	{ "a timer that came is over, or set anew", timers_come_once },
	{ "an empty slot is not wanted; all others are, but for those that end", wanted_by_state },
	{ "a process is spawned on entry to spawned only", spawned_on_entry },
	{ "no process is spawned while one may be there", one_process_at_a_time },
	{ "up and down are told once each, in turn", up_and_down },
	{ "each process gets its configuration once", configured_once },
	{ "only who serves is pinged, only who is not wanted is stopped",
	  asked_only_where_it_can_answer },
	{ "who is ended by force is killed until it is gone: at once, or after its last words",
	  kills_are_waited_for },
	{ "a new process has no past", no_process_no_marks },
	{ "cooling and held are told when they begin", shown_states },
	{ "each pause is inside its bounds", starts_are_paused },
	{ "each death is counted once, and a refusal is none", deaths_are_counted },
};

const char *slot_rule(unsigned n)
{
	return n < ARRAY_LEN(rules) ? rules[n].sentence : NULL;
}

/* Which events can come: a dot is a bug of ours.  Rows and columns as in worker.h. */
bool slot_expects(unsigned state, unsigned event)
{
	// clang-format off
	static const char *const expected[WS_COUNT] = {
		[WS_EMPTY]    = "xx.....xx..",
		[WS_SPAWNED]  = "xxxxx..xx.x",
		[WS_OPENING]  = "xxx.xxxxx.x",
		[WS_READY]    = "xxx.x..xxxx",
		[WS_STOPPING] = "xxx.xxxxx.x",
		[WS_KILLED]   = "xxx.xxxxx.x",
		[WS_COOLING]  = "xxx....xx..",
		[WS_HELD]     = "xxx....xx..",
	};
	// clang-format on

	return expected[state][event] == 'x';
}

/* ---- verbs ---- */

void slot_begin(struct worker_story *s)
{
	memset(s, 0, sizeof *s);
	s->now = BEGINNING_MS;
	s->r = (struct worker_rules){ .ping_interval = 3000,
				      .hello = 10000,
				      .ready = 10000,
				      .stop = 10000,
				      .restart_base = 1000,
				      .restart_cap = 60000,
				      .window = 60000,
				      .cool = 300000,
				      .ping_misses = 3,
				      .burst = 5 };
	worker_init(&s->w, 42, s->now);
}

void slot_step(struct worker_story *s, enum worker_event_kind kind, bool misconfigured)
{
	s->now++;
	s->e = (struct worker_event){ .kind = (uint8_t)kind,
				      .misconfigured = misconfigured,
				      .now = s->now };
	s->before = s->w;
	memset(&s->fx, 0, sizeof s->fx);
	worker_step(&s->r, &s->w, &s->e, &s->fx);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (!rules[i].holds(s))
			fail_msg("broken: %s (%s in %s, now %s)", rules[i].sentence,
				 worker_event_name(kind), worker_state_name(s->before.state),
				 worker_state_name(s->w.state));
	}
}

void slot_pass(struct worker_story *s, uint64_t ms)
{
	s->now += ms;
}

void slot_gets(struct worker_story *s, enum worker_event_kind kind)
{
	slot_step(s, kind, false);
	if (s->fx.bug)
		fail_msg("%s cannot come in %s", worker_event_name(kind),
			 worker_state_name(s->before.state));
}

void slot_time_comes(struct worker_story *s)
{
	assert_int_not_equal(s->w.timer_at, 0);
	if (s->now < s->w.timer_at)
		s->now = s->w.timer_at - 1;
	slot_gets(s, WE_TIMER);
}

void slot_dies_misconfigured(struct worker_story *s)
{
	slot_step(s, WE_GONE, true);
	assert_false(s->fx.bug);
}

void slot_refuses(struct worker_story *s, bool misconfigured)
{
	slot_step(s, WE_REFUSED, misconfigured);
	assert_true(s->fx.kill);
	assert_slot(s, "killed");
}

void slot_to_ready(struct worker_story *s)
{
	if (s->w.state != WS_SPAWNED)
		slot_gets(s, WE_WANT);
	slot_gets(s, WE_HELLO);
	slot_gets(s, WE_OPENED);
	assert_slot(s, "ready");
}

/* ---- situations ---- */

static void spawned(struct worker_story *s)
{
	slot_gets(s, WE_WANT);
}

static void opening(struct worker_story *s)
{
	spawned(s);
	slot_gets(s, WE_HELLO);
}

static void pinged(struct worker_story *s)
{
	slot_to_ready(s);
	slot_time_comes(s);
}

static void ping_unsent(struct worker_story *s)
{
	pinged(s);
	slot_gets(s, WE_UNSENT);
}

static void missed_two(struct worker_story *s)
{
	pinged(s);
	slot_gets(s, WE_MISSED);
	slot_gets(s, WE_MISSED);
}

static void stopping(struct worker_story *s)
{
	slot_to_ready(s);
	slot_gets(s, WE_UNWANT);
}

static void stopping_wanted(struct worker_story *s)
{
	stopping(s);
	slot_gets(s, WE_WANT);
}

static void terminated(struct worker_story *s)
{
	missed_two(s);
	slot_pass(s, 5000);
	slot_gets(s, WE_MISSED);
}

static void killed(struct worker_story *s)
{
	terminated(s);
	slot_time_comes(s);
}

static void refused(struct worker_story *s)
{
	opening(s);
	slot_refuses(s, false);
}

static void misconfigured(struct worker_story *s)
{
	opening(s);
	slot_refuses(s, true);
}

static void killed_unwanted(struct worker_story *s)
{
	spawned(s);
	slot_gets(s, WE_UNWANT);
}

static void cooling(struct worker_story *s)
{
	spawned(s);
	slot_gets(s, WE_GONE);
}

static void cooling_for_long(struct worker_story *s)
{
	for (unsigned n = 0; n < s->r.burst; n++) {
		if (s->w.state == WS_COOLING)
			slot_time_comes(s);
		slot_to_ready(s);
		slot_pass(s, 2000);
		slot_gets(s, WE_GONE);
	}
}

static void held(struct worker_story *s)
{
	misconfigured(s);
	slot_gets(s, WE_GONE);
}

static void held_by_its_exit(struct worker_story *s)
{
	spawned(s);
	slot_dies_misconfigured(s);
}

// clang-format off
static const struct slot_situation situations[] = {
	{ "empty",                     WS_EMPTY,    true,  NULL },
	{ "spawned",                   WS_SPAWNED,  true,  spawned },
	{ "opening",                   WS_OPENING,  true,  opening },
	{ "ready",                     WS_READY,    true,  slot_to_ready },
	{ "ready, pinged",             WS_READY,    false, pinged },
	{ "ready, a ping unsent",      WS_READY,    false, ping_unsent },
	{ "ready, two pings missed",   WS_READY,    true,  missed_two },
	{ "stopping",                  WS_STOPPING, true,  stopping },
	{ "stopping, wanted again",    WS_STOPPING, true,  stopping_wanted },
	{ "killed, last words",        WS_KILLED,   true,  terminated },
	{ "killed, wanted",            WS_KILLED,   false, killed },
	{ "killed, refused",           WS_KILLED,   true,  refused },
	{ "killed, misconfigured",     WS_KILLED,   true,  misconfigured },
	{ "killed, unwanted",          WS_KILLED,   true,  killed_unwanted },
	{ "cooling",                   WS_COOLING,  true,  cooling },
	{ "cooling for long",          WS_COOLING,  false, cooling_for_long },
	{ "held",                      WS_HELD,     true,  held },
	{ "held by its exit status",   WS_HELD,     false, held_by_its_exit },
};
// clang-format on

const struct slot_situation *slot_situation(unsigned n)
{
	return n < ARRAY_LEN(situations) ? &situations[n] : NULL;
}

void slot_make(struct worker_story *s, const struct slot_situation *to)
{
	slot_begin(s);
	if (to->make != NULL)
		to->make(s);
	assert_slot(s, worker_state_name(to->state));
}
