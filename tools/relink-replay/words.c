/* words.c - see words.h. */
#include "words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/obj.h"

static const char *profile_words(uint64_t v)
{
	static const char *const words[] = { "none", "new", "good", "suspect", "dead" };

	return v < ARRAY_LEN(words) ? words[v] : "?";
}

static const char *after_words(uint64_t v)
{
	static const char *const words[] = { "idle", "start", "wait", "park", "hold", "delete" };

	return v < ARRAY_LEN(words) ? words[v] : "?";
}

static const char *source_words(uint64_t v)
{
	static const char *const words[] = { "nobody", "pushed", "listed", "asked" };

	return v < ARRAY_LEN(words) ? words[v] : "?";
}

static const char *look_words(uint64_t v)
{
	static const char *const words[] = { "no", "once settled", "now" };

	return v < ARRAY_LEN(words) ? words[v] : "?";
}

static const char *brake_words(uint64_t v)
{
	static const char *const words[] = { "none", "soft", "keep" };

	return v < ARRAY_LEN(words) ? words[v] : "?";
}

static const char *state_words(uint64_t v)
{
	return v < ST_COUNT ? state_name((unsigned)v) : "?";
}

static const char *event_words(uint64_t v)
{
	return v < EV_COUNT ? event_name((unsigned)v) : "?";
}

static const char *status_words(uint64_t v)
{
	return v < STATUS_COUNT ? status_name((unsigned)v) : "?";
}

static const char *cause_words(uint64_t v)
{
	return v == RELINK_NONE ? "none" : v < RELINK_CAUSE_COUNT ? cause_name((unsigned)v) : "?";
}

static const char *action_words(uint64_t v)
{
	return v == ACTION_NONE ? "none" : v < ACTION_COUNT ? action_name((unsigned)v) : "?";
}

/* Members of the same name mean the same in all structs. */
static const struct {
	const char *member;
	const char *(*words)(uint64_t);
} spoken[] = {
	{ "state", state_words },   { "from", state_words },
	{ "kind", event_words },    { "status", status_words },
	{ "cause", cause_words },   { "action", action_words },
	{ "suspect", cause_words }, { "suspect_source", source_words },
	{ "source", source_words }, { "profile", profile_words },
	{ "after", after_words },   { "look", look_words },
	{ "brake", brake_words },   { "kept_cause", cause_words },
};

static const char *const times[] = { "since",       "timer_at",     "minted_at", "up_since",
				     "evidence_at", "absent_since", "now",       "at" };

void words_time(struct buf *b, uint64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	char text[40];
	struct tm tm;

	if (ms == 0)
		buf_text(b, "none");
	else if (gmtime_r(&s, &tm) == NULL ||
		 strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		buf_u64(b, ms);
	else
		buf_printf(b, "%s.%03uZ", text, (unsigned)(ms % 1000));
}

void words_value(struct buf *b, enum values_of of, unsigned member, uint64_t value)
{
	const char *name = values_name(of, member);

	for (size_t i = 0; i < ARRAY_LEN(spoken); i++) {
		if (strcmp(name, spoken[i].member) == 0) {
			buf_text(b, spoken[i].words(value));
			return;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		if (strcmp(name, times[i]) == 0) {
			words_time(b, value);
			return;
		}
	}
	buf_u64(b, value);
}

/* What went on around it. */
static void say_circumstances(struct buf *b, const struct account_event *e)
{
	if (e->brake != BRAKE_NONE)
		buf_printf(b, ", brake %s", brake_words(e->brake));
	if (e->excused)
		buf_text(b, ", excused");
	if (e->crowded)
		buf_text(b, ", crowded");
	if (e->hands_off)
		buf_text(b, ", hands off");
	if (e->bulk)
		buf_text(b, ", bulk");
	if (e->failed_life != 0)
		buf_printf(b, ", life %llu failed", (unsigned long long)e->failed_life);
}

static void say_event(struct buf *b, const struct account_event *e)
{
	buf_text(b, event_words(e->kind));
	if (event_is_about_a_life(e->kind))
		buf_printf(b, " of life %llu", (unsigned long long)e->generation);
	if (e->source != SOURCE_NONE)
		buf_printf(b, ", %s", source_words(e->source));
	if (e->cause != RELINK_NONE)
		buf_printf(b, ", cause %s", cause_words(e->cause));
	if (e->retry_after != 0)
		buf_printf(b, ", retry after %llu ms", (unsigned long long)e->retry_after);
	if (e->floor != 0)
		buf_printf(b, ", saw life %llu", (unsigned long long)e->floor);
	if (e->cut_off)
		buf_text(b, ", cut off");
	if (e->bare)
		buf_text(b, ", bare");
	say_circumstances(b, e);
}

/* What of the account is new, and what is to be done. */
static void say_rest(struct buf *b, const struct recorded *s)
{
	struct values before;

	values_of_account(&before, &s->before);
	for (unsigned i = 0; i < values_count(OF_EFFECTS); i++) {
		const char *name = values_name(OF_EFFECTS, i);

		if (s->effects.v[i] == 0 || strcmp(name, "from") == 0)
			continue;
		buf_printf(b, "; %s", name);
		if (strcmp(name, "look") == 0 || strcmp(name, "abandoned") == 0 ||
		    strcmp(name, "kept_cause") == 0) {
			buf_byte(b, ' ');
			words_value(b, OF_EFFECTS, i, s->effects.v[i]);
		}
	}
	for (unsigned i = 0; i < values_count(OF_ACCOUNT); i++) {
		const char *name = values_name(OF_ACCOUNT, i);

		if (s->after.v[i] == before.v[i] || strcmp(name, "state") == 0 ||
		    strcmp(name, "rng") == 0 || strcmp(name, "since") == 0)
			continue;
		buf_printf(b, "; %s: ", name);
		words_value(b, OF_ACCOUNT, i, s->after.v[i]);
	}
}

static uint64_t state_after(const struct recorded *s)
{
	for (unsigned i = 0; i < values_count(OF_ACCOUNT); i++) {
		if (strcmp(values_name(OF_ACCOUNT, i), "state") == 0)
			return s->after.v[i];
	}
	return ST_COUNT;
}

void words_step(struct buf *b, const struct recorded *s)
{
	words_time(b, s->event.now);
	buf_printf(b, " account %llu", (unsigned long long)s->row);
	if (s->id[0] != '\0')
		buf_printf(b, " (%s)", s->id);
	if (s->provider.n > 0)
		buf_printf(b, " at %.*s", STR_ARG(s->provider));
	buf_printf(b, ": %s, ", state_words(s->before.state));
	say_event(b, &s->event);
	buf_printf(b, " -> %s", state_words(state_after(s)));
	say_rest(b, s);
}

void words_difference(struct buf *b, const struct difference *d)
{
	buf_printf(b, "%s of the %s was ", values_name(d->of, d->member), values_struct(d->of));
	words_value(b, d->of, d->member, d->was);
	buf_text(b, " and is ");
	words_value(b, d->of, d->member, d->is);
}
