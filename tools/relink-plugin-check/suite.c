/*
 * suite.c - see suite.h.
 *
 * Where a plugin asks its backend over HTTP, nothing good can be answered here, so the checks of what a
 * session does are left out for it (skip), and the checks of bad answers are the ones that count.
 */
#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "stage.h"

#define START_MS 3600000 /* long enough for any start, in virtual time */

/* The plugin's backend would have to be there for this check. */
static void need_no_backend(void)
{
	if (stage.questions > 0)
		skip("it asks its backend over HTTP, and here is none");
}

/* A backend may know sessions that are none of ours. */
static bool is_one(const struct seen *s)
{
	return strcmp(s->session, one.session) == 0;
}

static void create_one(struct instance *in)
{
	const struct op *o = ask_and_wait(in, "create", &one);

	need_no_backend();
	if (o->answers == 0)
		fail("create was not answered by its deadline");
	if (o->cause != RELINK_NONE)
		fail("a plain create was answered with cause %d", (int)o->cause);
}

static void list_whole(struct instance *in)
{
	const struct op *o = ask_and_wait(in, "list", &(struct wish){ 0 });

	if (o->answers == 0)
		fail("list was not answered by its deadline");
	if (o->cause != RELINK_NONE || !o->complete)
		fail("a list is not complete, with cause %d", (int)o->cause);
}

/* ---- a session's life ---- */

static void an_instance_opens_and_closes(void)
{
	struct instance in;

	stage_open(&in, "check-1");
	stage_close(&in);
	stage_open(&in, "check-1");
	stage_run(60000);
	stage_close(&in);
}

static void a_create_is_answered_and_listed(void)
{
	struct instance in;
	uint64_t generation = 0;

	stage_open(&in, "check-1");
	create_one(&in);
	list_whole(&in);
	if (listed(one.session, &generation) != 1)
		fail("the session is in the list %u times", listed(one.session, &generation));
	if (generation != one.generation && generation != 0)
		fail("the list says generation %llu, created was %llu",
		     (unsigned long long)generation, (unsigned long long)one.generation);
	if (generation == 0 && (stage.plugin->caps & RELINK_CAP_FENCED) != 0)
		fail("it claims FENCED, and its list has no generation");
	stage_close(&in);
}

static void a_disconnected_session_is_gone(void)
{
	struct instance in;
	const struct op *o;
	uint64_t generation;
	size_t heard;

	stage_open(&in, "check-1");
	create_one(&in);
	o = ask_and_wait(&in, "disconnect", &one);
	if (o->answers == 0 || o->cause != RELINK_NONE)
		fail("disconnect of a session that runs was answered with cause %d", (int)o->cause);
	heard = stage.n_heard;
	list_whole(&in);
	if (listed(one.session, &generation) != 0)
		fail("it is listed after its disconnect was answered");
	stage_run(START_MS);
	for (; heard < stage.n_heard; heard++) {
		if (is_one(&stage.heard[heard]) && stage.heard[heard].state != RELINK_STATE_DOWN)
			fail("an event says state %d of it after its disconnect was answered",
			     (int)stage.heard[heard].state);
	}
	stage_close(&in);
}

static void what_does_not_exist_is_disconnected(void)
{
	struct instance in;
	const struct op *o;

	stage_open(&in, "check-1");
	o = ask_and_wait(&in, "disconnect", &one);
	need_no_backend();
	if (o->answers == 0 || o->cause != RELINK_NONE)
		fail(
		    "disconnect of a session that never was is answered with cause %d, not as done",
		    (int)o->cause);
	stage_close(&in);
}

static void health_of_what_does_not_exist_is_gone(void)
{
	struct instance in;
	const struct op *o;

	stage_open(&in, "check-1");
	o = ask_and_wait(&in, "health", &one);
	need_no_backend();
	if (o->answers == 0 || o->cause != RELINK_GONE || o->state != RELINK_STATE_UNKNOWN)
		fail("health of a session that never was: cause %d, state %d; it is GONE, UNKNOWN",
		     (int)o->cause, (int)o->state);
	stage_close(&in);
}

static void news_carry_the_life_that_they_are_of(void)
{
	struct instance in;
	unsigned told = 0;

	stage_open(&in, "check-1");
	create_one(&in);
	stage_run(START_MS);
	for (size_t i = 0; i < stage.n_heard; i++) {
		if (!is_one(&stage.heard[i]))
			continue;
		told++;
		if (stage.heard[i].generation != one.generation && stage.heard[i].generation != 0)
			fail("an event carries generation %llu, created was %llu",
			     (unsigned long long)stage.heard[i].generation,
			     (unsigned long long)one.generation);
	}
	if (told == 0)
		fail("an hour after create no event was told; PUSH promises some");
	stage_close(&in);
}

static void an_older_generation_is_refused(void)
{
	struct instance in;
	struct wish old = one;
	const struct op *o;
	uint64_t generation = 0;

	stage_open(&in, "check-1");
	create_one(&in);
	old.session = another_session;
	old.generation = one.generation - 1;
	o = ask_and_wait(&in, "create", &old);
	if (o->answers == 0 || o->cause != RELINK_STALE)
		fail("it claims FENCED and answers a create of an older generation with cause %d",
		     (int)o->cause);
	if (o->generation < one.generation)
		fail("STALE must say the highest generation that was seen, and says %llu",
		     (unsigned long long)o->generation);
	list_whole(&in);
	if (listed(old.session, &generation) != 0 || listed(one.session, &generation) != 1)
		fail("after the refusal the list is not what it was before");
	stage_close(&in);
}

static void a_newer_generation_ends_the_life_before(void)
{
	struct instance in;
	struct wish newer = one;
	uint64_t generation = 0;
	const struct op *o;

	stage_open(&in, "check-1");
	create_one(&in);
	newer.session = another_session;
	newer.generation = one.generation + 1;
	o = ask_and_wait(&in, "create", &newer);
	if (o->answers == 0 || o->cause != RELINK_NONE)
		fail("a newer create was answered with cause %d", (int)o->cause);
	stage_run(60000);
	list_whole(&in);
	if (listed(one.session, &generation) != 0)
		fail("it claims FENCED, and two lives of one account are listed");
	stage_close(&in);
}

static void many_at_once_are_each_answered_once(void)
{
	char session[96], account[96];
	struct wish w = one;
	struct instance in;

	stage_open(&in, "check-1");
	w.session = session;
	w.account = account;
	for (int i = 0; i < 300; i++) {
		snprintf(account, sizeof account, "%s-%d", one.account, i);
		snprintf(session, sizeof session, "%s%04x", one.session, i);
		ask(&in, "create", &w);
		ask(&in, "health", &w);
	}
	stage_run(START_MS);
	for (size_t i = 0; i < stage.n_ops; i++) {
		if (stage.ops[i].answers != 1)
			fail("a %s of 600 operations at once was not answered within an hour",
			     stage.ops[i].what);
	}
	stage_close(&in);
}

static void two_instances_do_not_mix(void)
{
	struct instance a, b;
	uint64_t generation;

	stage_open(&a, "check-1");
	stage_open(&b, "check-2");
	create_one(&a);
	list_whole(&b);
	if (listed(one.session, &generation) != 0)
		skip("both instances list one session: they have one backend, as configured");
	stage_close(&a);
	list_whole(&b);
	stage_close(&b);
}

/* An instance with nothing heard yet, in front of a backend of that mood. */
static void open_in_mood(struct instance *in, enum backend_mood mood)
{
	stage.mood = mood;
	stage.n_ops = stage.n_heard = 0;
	stage_open(in, "check-1");
}

/* ---- the end ---- */

static void ask_everything(struct instance *in)
{
	struct wish w = one;

	w.verb = "check-no-such-verb";
	ask(in, "create", &w);
	ask(in, "health", &w);
	ask(in, "disconnect", &w);
	if ((stage.plugin->caps & RELINK_CAP_LIST) != 0)
		ask(in, "list", &w);
	if ((stage.plugin->caps & RELINK_CAP_CONTROL) != 0)
		ask(in, "control", &w);
	if ((stage.plugin->caps & RELINK_CAP_WEBHOOK) != 0)
		ask(in, "webhook", &w);
	if ((stage.plugin->caps & RELINK_CAP_SEND) != 0)
		ask(in, "send", &w);
}

static void a_stop_answers_what_is_open(void)
{
	struct instance in;

	for (int mood = 0; mood < MOOD_COUNT; mood++) {
		open_in_mood(&in, (enum backend_mood)mood);
		for (int i = 0; i < 10; i++)
			ask_everything(&in);
		stage_close_begin(&in);
		stage_close_end(&in);
	}
}

static void a_stop_in_the_middle_leaves_nothing(void)
{
	struct instance in;

	for (uint64_t ms = 1; ms < 100000; ms *= 3) {
		open_in_mood(&in, MOOD_LOST);
		ask_everything(&in);
		stage_run(ms);
		stage_close(&in);
	}
}

/* ---- bad answers ---- */

static void bad_answers_are_answered_once(void)
{
	struct instance in;

	for (int mood = 0; mood < MOOD_COUNT; mood++) {
		open_in_mood(&in, (enum backend_mood)mood);
		ask_everything(&in);
		stage_run(START_MS);
		for (size_t i = 0; i < stage.n_ops; i++) {
			if (stage.ops[i].answers != 1)
				fail("with a backend that %s, %s is not answered within an hour",
				     backend_mood_text(stage.mood), stage.ops[i].what);
		}
		stage_close(&in);
	}
}

/* Ask this in every mood; `judge` looks at what was answered. */
static void in_every_mood(const char *what, const struct wish *wish,
			  void (*judge)(const struct op *))
{
	struct instance in;

	for (int mood = 0; mood < MOOD_COUNT; mood++) {
		const struct op *o;
		size_t before = stage.questions;

		open_in_mood(&in, (enum backend_mood)mood);
		o = ask_and_wait(&in, what, wish);
		if (stage.questions == before)
			skip("%s asks nothing over HTTP", what);
		if (o->answers > 0)
			judge(o);
		stage_close(&in);
	}
}

static void is_no_empty_list(const struct op *o)
{
	if (o->cause == RELINK_NONE && o->complete)
		fail("a backend that %s gives a complete list of %zu sessions: everything else "
		     "would count as dead",
		     backend_mood_text(stage.mood), stage.n_listed);
}

static void no_bad_answer_is_an_empty_list(void)
{
	in_every_mood("list", &(struct wish){ 0 }, is_no_empty_list);
}

/* Of what must not happen twice: neither done, nor surely undone when it may have happened. */
static void is_not_done(const struct op *o)
{
	if (o->cause == RELINK_NONE)
		fail("with a backend that %s a %s is said to be done",
		     backend_mood_text(stage.mood), o->what);
	if ((stage.mood == MOOD_LOST || stage.mood == MOOD_RESET) && !o->unknown)
		fail("with a backend that %s a %s may have happened, so its answer must say "
		     "unknown",
		     backend_mood_text(stage.mood), o->what);
	if (stage.mood == MOOD_UNREACHABLE && o->unknown)
		fail("a %s that surely was not sent is not unknown", o->what);
}

static void no_bad_answer_is_a_created_session(void)
{
	in_every_mood("create", &one, is_not_done);
}

static void no_bad_answer_is_a_sent_message(void)
{
	struct wish w = one;

	w.args = "{\"to\":\"4915112345678\",\"text\":\"hello\",\"request_id\":\"r1\"}";
	in_every_mood("send", &w, is_not_done);
}

static void is_no_death(const struct op *o)
{
	if (stage.mood == MOOD_NOT_FOUND) /* what that means only the plugin knows */
		return;
	if (o->cause == RELINK_GONE ||
	    (o->cause == RELINK_NONE && o->state != RELINK_STATE_UNKNOWN))
		fail("with a backend that %s health says cause %d, state %d: nothing is known then",
		     backend_mood_text(stage.mood), (int)o->cause, (int)o->state);
}

static void no_bad_answer_is_a_dead_session(void)
{
	in_every_mood("health", &one, is_no_death);
}

/* ---- what anybody may send ---- */

static void a_webhook_of_a_stranger_is_refused(void)
{
	static const char *const bodies[] = {
		"",
		"{}",
		"null",
		"{\"event\":\"session_ready\",\"data\":{\"session_id\":\"x\"}}",
		"\xff\xfe",
		"[[[[[[[[",
		"{\"event\":7,\"data\":[]}"
	};
	struct instance in;

	stage_open(&in, "check-1");
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct wish w = { .body = bodies[i] };
		const struct op *o = ask_and_wait(&in, "webhook", &w);

		if (o->answers == 0)
			fail("a webhook was not answered by its deadline");
		if (o->cause == RELINK_NONE)
			fail("an unsigned webhook (%s) was taken", bodies[i]);
	}
	if (stage.n_heard > 0)
		fail("an unsigned webhook made an event");
	stage_close(&in);
}

static void an_unknown_verb_is_refused(void)
{
	struct wish w = one;
	const struct op *o;
	struct instance in;

	stage_open(&in, "check-1");
	w.verb = "check-no-such-verb";
	w.args = "{\"a\":[1,2,{\"b\":null}]}";
	o = ask_and_wait(&in, "control", &w);
	if (o->answers == 0 || o->cause == RELINK_NONE)
		fail("a verb that there is not was answered with cause %d", (int)o->cause);
	stage_close(&in);
}

static void a_message_without_a_session_is_not_sent(void)
{
	struct wish w = one;
	const struct op *o;
	struct instance in;

	stage_open(&in, "check-1");
	w.args = "{\"to\":\"4915112345678\",\"text\":\"hello\",\"request_id\":\"r1\"}";
	o = ask_and_wait(&in, "send", &w);
	if (o->answers == 0 || o->cause == RELINK_NONE)
		fail("a message of a session that never was is answered with cause %d",
		     (int)o->cause);
	stage_close(&in);
}

static void odd_texts_do_no_harm(void)
{
	static char longest[129], metadata[4097];
	static const char *const texts[] = {
		"", "{", "[1,2,3]", "\"x\"", "\xff\xff", "{\"a\":\xc3}"
	};
	struct wish w = one;
	struct instance in;

	memset(longest, 'x', 128);
	memcpy(longest, one.session, strlen(one.session));
	memset(metadata, ' ', 4096);
	overwrite(metadata, "{\"k\":\"");
	overwrite(metadata + 4094, "\"}");
	stage_open(&in, "check-1");
	w.account = w.session = w.profile = longest;
	w.metadata = metadata;
	ask(&in, "create", &w);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char session[96];

		snprintf(session, sizeof session, "%s%04zx", one.session, i);
		w.session = session;
		w.metadata = w.args = texts[i];
		w.verb = texts[i];
		w.body = texts[i];
		ask(&in, "create", &w);
		ask(&in, "health", &w);
		if ((stage.plugin->caps & RELINK_CAP_CONTROL) != 0 && texts[i][0] != '\0')
			ask(&in, "control", &w);
		if ((stage.plugin->caps & RELINK_CAP_SEND) != 0)
			ask(&in, "send", &w);
	}
	stage_run(START_MS);
	stage_close(&in);
}

static void dump_line(void *arg, const char *line)
{
	size_t *n = arg;

	*n += strlen(line);
}

static void a_report_can_be_written(void)
{
	struct instance in;
	size_t n = 0;

	if (stage.plugin->dump == NULL)
		skip("it has no dump()");
	stage_open(&in, "check-1");
	ask_everything(&in);
	stage.plugin->dump(in.self, dump_line, &n);
	stage_close(&in);
}

const struct check suite[] = {
	{ "an instance opens, idles and closes", 0, an_instance_opens_and_closes },
	{ "a create is answered, and then listed", RELINK_CAP_LIST,
	  a_create_is_answered_and_listed },
	{ "a disconnected session is gone", RELINK_CAP_LIST, a_disconnected_session_is_gone },
	{ "what does not exist is disconnected already", 0, what_does_not_exist_is_disconnected },
	{ "health of what does not exist is GONE", 0, health_of_what_does_not_exist_is_gone },
	{ "events carry session and generation", RELINK_CAP_PUSH,
	  news_carry_the_life_that_they_are_of },
	{ "an older generation is refused as STALE", RELINK_CAP_FENCED | RELINK_CAP_LIST,
	  an_older_generation_is_refused },
	{ "a newer generation ends the life before", RELINK_CAP_FENCED | RELINK_CAP_LIST,
	  a_newer_generation_ends_the_life_before },
	{ "600 operations at once are each answered once", 0, many_at_once_are_each_answered_once },
	{ "two instances do not mix", RELINK_CAP_LIST, two_instances_do_not_mix },
	{ "close answers what is open, and leaves nothing", 0, a_stop_answers_what_is_open },
	{ "so does a close in the middle of things", 0, a_stop_in_the_middle_leaves_nothing },
	{ "with a bad backend each operation is answered once", 0, bad_answers_are_answered_once },
	{ "no bad answer is taken for an empty list", RELINK_CAP_LIST,
	  no_bad_answer_is_an_empty_list },
	{ "no bad answer is taken for a created session", 0, no_bad_answer_is_a_created_session },
	{ "no bad answer is taken for a sent message", RELINK_CAP_SEND,
	  no_bad_answer_is_a_sent_message },
	{ "a message without a session is not sent", RELINK_CAP_SEND,
	  a_message_without_a_session_is_not_sent },
	{ "no bad answer is taken for a dead session", 0, no_bad_answer_is_a_dead_session },
	{ "a webhook that nobody signed is refused", RELINK_CAP_WEBHOOK,
	  a_webhook_of_a_stranger_is_refused },
	{ "a verb that there is not is refused", RELINK_CAP_CONTROL, an_unknown_verb_is_refused },
	{ "odd texts do no harm", 0, odd_texts_do_no_harm },
	{ "a report can be written at any time", 0, a_report_can_be_written },
	{ 0 },
};
