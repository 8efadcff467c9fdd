/* describe.c - accounts, workers, causes and rules as tables in Markdown. */
#include "describe.h"

#include <stdio.h>
#include <string.h>

#include "base/obj.h"
#include "rules.h"
#include "service_story.h"
#include "situations.h"
#include "worker_story.h"

#define NEVER "·" /* cannot come */

/* Words of one cell, with commas between them. */
struct cell {
	char text[128];
};

static void say(struct cell *c, bool really, const char *word)
{
	size_t n = strlen(c->text);

	if (really)
		snprintf(c->text + n, sizeof c->text - n, "%s%s", n > 0 ? ", " : "", word);
}

static void row(struct buf *out, const char *name)
{
	buf_printf(out, "| %s |", name);
}

static void head(struct buf *out, const char *corner, const char *(*name)(unsigned), unsigned from,
		 unsigned to)
{
	row(out, corner);
	for (unsigned n = from; n < to; n++)
		buf_printf(out, " `%s` |", name(n));
	buf_text(out, "\n|---|");
	for (unsigned n = from; n < to; n++)
		buf_text(out, "---|");
	buf_byte(out, '\n');
}

/* ---- the account ---- */

static const char *after_name(unsigned after)
{
	static const char *const names[] = {
		[AFTER_IDLE] = "then idle", [AFTER_START] = "then start",
		[AFTER_WAIT] = "then wait", [AFTER_PARK] = "then park",
		[AFTER_HOLD] = "then hold", [AFTER_DELETE] = "then delete",
	};

	return names[after];
}

static void state_words(struct cell *c, const struct story *s)
{
	const struct account *b = &s->before, *a = &s->a;
	char to[32];

	snprintf(to, sizeof to, "→ %s", state_name(a->state));
	say(c, a->state != b->state, to);
	say(c, a->state == ST_CLOSING && (b->state != ST_CLOSING || a->after != b->after),
	    after_name(a->after));
}

static struct cell account_cell(const struct story *s)
{
	const struct account *b = &s->before, *a = &s->a;
	const struct effects *fx = &s->fx;
	struct cell c = { "" };

	say(&c, fx->bug, NEVER);
	say(&c, fx->stale, "stale");
	state_words(&c, s);
	say(&c, fx->mint, "mint");
	say(&c, fx->close && !fx->abandon, "close again");
	say(&c, fx->look == LOOK_NOW, "look");
	say(&c, fx->look == LOOK_SETTLED, "look later");
	say(&c, b->fails > 0 && a->fails == 0, "forgive");
	say(&c, !b->fresh_next && a->fresh_next, "fresh next");
	say(&c, c.text[0] == '\0' && fx->changed, "remember");
	say(&c, c.text[0] == '\0' && !same_account(a, b), "note");
	say(&c, c.text[0] == '\0', "keep");
	return c;
}

/* The plainest event of its kind: evidence from a list, a failure of the kind that is tried again. */
static struct account_event plain(const struct story *s, unsigned kind)
{
	struct account_event e = { .kind = (uint8_t)kind };

	if (event_is_about_a_life(kind))
		e.generation = s->a.generation;
	if (kind == EV_REFUSED || kind == EV_DOWN)
		e.cause = RELINK_ENGINE_CRASH;
	if (kind == EV_UNCLOSED)
		e.cause = RELINK_NETWORK;
	if (kind >= EV_BORN && kind <= EV_ABSENT)
		e.source = SOURCE_LIST;
	return e;
}

static void account_row(struct buf *out, const struct situation *from, unsigned first,
			unsigned last)
{
	row(out, from->name);
	for (unsigned kind = first; kind < last; kind++) {
		struct account_event e;
		struct story s;
		struct cell c;

		story_make(&s, from);
		pass(&s, s.p.join);
		e = plain(&s, kind);
		story_step(&s, &e);
		c = account_cell(&s);
		buf_printf(out, " %s |", c.text);
	}
	buf_byte(out, '\n');
}

static bool has_life(const struct situation *at)
{
	return at->state >= ST_STARTING && at->state <= ST_CLOSING;
}

static void account_table(struct buf *out, unsigned first, unsigned last, bool lives_only)
{
	const struct situation *from;

	head(out, "in", event_name, first, last);
	for (unsigned i = 0; (from = situation(i)) != NULL; i++) {
		if (from->shown && (has_life(from) || !lives_only))
			account_row(out, from, first, last);
	}
}

static void describe_account(struct buf *out)
{
	buf_text(out, "\n### The account: what people want\n\n");
	account_table(out, EV_CONNECT, EV_PERMIT, false);
	buf_text(out, "\n### The account: permits, timers, lost workers\n\n");
	account_table(out, EV_PERMIT, EV_CREATED, false);
	buf_text(out, "\n### The account: answers to our operations\n\n");
	account_table(out, EV_CREATED, EV_BORN, true);
	buf_text(out, "\n### The account: evidence\n\n");
	account_table(out, EV_BORN, EV_LEAVE, true);
	buf_text(out, "\n### The account: its instance\n\n");
	account_table(out, EV_LEAVE, EV_EXCUSED + 1, false);
	buf_text(out, "\n### The account: automation is paused, or goes on\n\n");
	account_table(out, EV_HANDS, EV_HANDS + 1, false);
}

/* ---- the worker ---- */

static struct cell slot_cell(const struct worker_story *s)
{
	const struct worker *b = &s->before, *w = &s->w;
	const struct worker_effects *fx = &s->fx;
	struct cell c = { "" };
	char to[32];

	say(&c, fx->bug, NEVER);
	snprintf(to, sizeof to, "→ %s", worker_state_name(w->state));
	say(&c, w->state != b->state, to);
	say(&c, fx->config, "config");
	say(&c, fx->ping, "ping");
	say(&c, fx->stop, "stop");
	say(&c, fx->terminate, "terminate");
	say(&c, fx->kill, "kill");
	say(&c, fx->up, "up");
	say(&c, fx->down, "down");
	say(&c, w->state == b->state && w->want != b->want, w->want ? "want" : "unwant");
	say(&c, c.text[0] == '\0' && memcmp(b, w, sizeof *w) != 0, "note");
	say(&c, c.text[0] == '\0', "keep");
	return c;
}

static void describe_worker(struct buf *out)
{
	const struct slot_situation *from;

	buf_text(out, "\n### The worker\n\n");
	head(out, "in", worker_event_name, 0, WE_COUNT);
	for (unsigned i = 0; (from = slot_situation(i)) != NULL; i++) {
		if (!from->shown)
			continue;
		row(out, from->name);
		for (unsigned kind = 0; kind < WE_COUNT; kind++) {
			struct worker_story s;
			struct cell c;

			slot_make(&s, from);
			slot_pass(&s, 5000);
			slot_step(&s, kind, false);
			c = slot_cell(&s);
			buf_printf(out, " %s |", c.text);
		}
		buf_byte(out, '\n');
	}
}

/* ---- the service ---- */

static struct cell service_cell(const struct service_story *s)
{
	const struct service *b = &s->before, *a = &s->s;
	const struct service_effects *fx = &s->fx;
	struct cell c = { "" };
	char to[32];

	say(&c, fx->bug, NEVER);
	snprintf(to, sizeof to, "→ %s", service_state_name(a->state));
	say(&c, a->state != b->state, to);
	say(&c, fx->end, "end");
	say(&c, fx->kill, "kill");
	say(&c, fx->leave, "leave");
	say(&c, fx->ready, "ready");
	say(&c, fx->down, "down");
	say(&c, a->state == b->state && a->want != b->want, a->want ? "want" : "unwant");
	say(&c, c.text[0] == '\0' && memcmp(b, a, sizeof *a) != 0, "note");
	say(&c, c.text[0] == '\0', "keep");
	return c;
}

static void describe_service(struct buf *out)
{
	const struct service_situation *from;

	buf_text(out, "\n### The service\n\n");
	head(out, "in", service_event_name, 0, SE_COUNT);
	for (unsigned i = 0; (from = service_situation(i)) != NULL; i++) {
		if (!from->shown)
			continue;
		row(out, from->name);
		for (unsigned kind = 0; kind < SE_COUNT; kind++) {
			struct service_story s;
			struct cell c;

			service_make(&s, from);
			service_pass(&s, 5000);
			service_tell(&s, kind, false);
			c = service_cell(&s);
			buf_printf(out, " %s |", c.text);
		}
		buf_byte(out, '\n');
	}
}

/* ---- causes and rules ---- */

static const char *then_words(unsigned then)
{
	static const char *const words[] = {
		[THEN_RETRY] = "try again with backoff, on the budget; then hold",
		[THEN_PROVIDER] = "try again with backoff, at no cost",
		[THEN_SLOW] = "the slow ladder",
		[THEN_ONCE] = "try again once; then hold",
		[THEN_PARK] = "park",
		[THEN_HOLD] = "hold",
		[THEN_NOTHING] = "not a failure",
	};

	return words[then];
}

static void describe_causes(struct buf *out)
{
	buf_text(
	    out,
	    "### Causes\n\n| cause | what it says | what follows | user action at the end | login |"
	    " blames the profile | may be configured as |\n|---|---|---|---|---|---|---|\n");
	for (unsigned cause = 0; cause < RELINK_CAUSE_COUNT; cause++) {
		const struct cause_rule *rule = cause_rule(cause);

		buf_printf(out, "| `%s` | %s | %s | %s | %s | %s |", cause_name(cause),
			   cause_text(cause), then_words(rule->then), action_name(rule->action),
			   rule->login_dead ? "dead" : "", rule->blames_profile ? "yes" : "");
		for (unsigned t = 0; t < THEN_COUNT; t++) {
			if ((rule->may & 1u << t) != 0)
				buf_printf(out, " `%s`", then_name(t));
		}
		buf_text(out, " |\n");
	}
}

static void describe_rules(struct buf *out)
{
	static const struct {
		const char *of, *(*rule)(unsigned);
	} lists[] = {
		{ "An account, at any time", account_rule },
		{ "A step of an account", step_rule },
		{ "A worker slot, at any step", slot_rule },
		{ "A service, at any step", service_rule },
	};

	buf_text(out, "\n### Rules\n");
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		buf_printf(out, "\n%s:\n\n", lists[i].of);
		for (unsigned n = 0; lists[i].rule(n) != NULL; n++)
			buf_printf(out, "- %s\n", lists[i].rule(n));
	}
}

void describe_policy(struct buf *out)
{
	describe_causes(out);
	describe_account(out);
	describe_worker(out);
	describe_service(out);
	describe_rules(out);
}
