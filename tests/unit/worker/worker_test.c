/* worker_test.c - the real relink-worker, asked through the pool: hello, config, operations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ask.h"
#include "base/clock.h"
#include "base/obj.h"

/* --- hello and config --- */

static void a_worker_says_who_it_is(void **state)
{
	const struct msg_hello *h, *other;

	(void)state;
	rig_spawn(&rig, 0, OBEDIENT);
	rig_spawn(&rig, 1, OBEDIENT);
	h = &rig_hello(&rig, 0)->hello;
	assert_true(str_is(h->plugin, "obedient"));
	assert_true(str_is(h->version, "1.2.3"));
	assert_int_equal(h->pid, pool_pid(rig.pool, 0));
	assert_int_equal(h->abi_major, RELINK_ABI_MAJOR);
	assert_int_equal(h->abi_minor, RELINK_ABI_MINOR);
	assert_int_equal(h->caps, RELINK_CAP_LIST | RELINK_CAP_CONTROL | RELINK_CAP_PUSH |
				      RELINK_CAP_SEND | RELINK_CAP_WEBHOOK);
	assert_int_equal(h->start_deadline, 5000);
	assert_int_equal(h->nonce.n, 32);
	other = &rig_hello(&rig, 1)->hello;
	h = &rig_hello(&rig, 0)->hello;
	assert_false(str_eq(h->nonce, other->nonce));
}

static void a_plugin_that_cannot_be_used_ends_the_worker_with_78_and_a_sentence(void **state)
{
	static const struct {
		const char *plugin, *part;
	} cases[] = {
		{ PLUGINS "/bad_major.so", "built for plugin ABI 2.0" },
		{ PLUGINS "/not_there.so", "cannot be loaded" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		const struct obituary *o;

		rig_spawn(&rig, i, cases[i].plugin);
		o = &rig_gone(&rig, i)->gone;
		assert_int_equal(o->exit_status, 78);
		assert_true(str_holds(o->last_lines, cases[i].part));
		assert_true(str_holds(o->report, cases[i].part));
		assert_int_equal(rig_count(&rig, SEEN_HELLO, i), 0);
	}
}

static void config_opens_the_instances_with_their_keys(void **state)
{
	struct msg_pair pairs[] = { pair("word", "hi"),    pair("token", "t0p"),
				    pair("number", "7"),   pair("truth", "yes"),
				    pair("wait", "250ms"), pair("size", "1KiB") };
	struct msg_instance in = { .id = STR("one"), .config = { pairs, ARRAY_LEN(pairs) } };
	const struct seen *s;

	(void)state;
	rig_spawn(&rig, 0, OBEDIENT);
	s = configure(&in, 1);
	assert_int_equal(s->result, 0);
	assert_int_equal(s->config.opened, 1);
	s = control("conf");
	assert_true(str_is(s->control.body, "hi|t0p|7|1|250|1024|3"));
	pool_kill(rig.pool, 0);
	assert_true(rig_gone(&rig, 0)->gone.was_ready);
	assert_int_equal(logged("opened one"), 1);
	assert_int_equal(logged("t0p"), 0);
}

static void config_that_is_refused_says_why_and_leaves_nothing_open(void **state)
{
	struct msg_pair unknown = pair("wrod", "hi"), refuse = pair("word", "refuse"),
			silent = pair("word", "refuse silently");
	const struct {
		struct msg_instance second;
		enum relink_cause cause;
		const char *part;
	} cases[] = {
		{ { .id = STR("two"), .config = { &unknown, 1 } },
		  RELINK_MISCONFIGURED,
		  "instance \"two\": plugin \"obedient\" has no key \"wrod\"" },
		{ { .id = STR("two"), .config = { &refuse, 1 } },
		  RELINK_PROVIDER_DOWN,
		  "instance \"two\": the word is \"refuse\"; choose another" },
		{ { .id = STR("two"), .config = { &silent, 1 } },
		  RELINK_MISCONFIGURED,
		  "instance \"two\": plugin \"obedient\" gives no reason" },
		{ { .id = STR("one") }, RELINK_MISCONFIGURED, "instance \"one\" is there twice" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct msg_instance instances[] = { { .id = STR("one") }, cases[i].second };
		const struct seen *s;

		rig_open(&rig, WORKER, 1);
		rig_spawn(&rig, 0, OBEDIENT);
		s = configure(instances, 2);
		assert_error(s, cases[i].cause, cases[i].part);
		assert_error(create("now", 1, LATER_MS), RELINK_MISCONFIGURED,
			     "has no instance \"one\"");
		assert_true(stop(LATER_MS)->stop.stopped);
		assert_int_equal(rig_gone(&rig, 0)->gone.exit_status, 0);
		assert_false(rig_gone(&rig, 0)->gone.was_ready);
		rig_close(&rig);
	}
}

static void a_plugin_may_use_the_host_from_its_open(void **state)
{
	struct msg_pair tick = pair("word", "tick");
	struct msg_instance in = { .id = STR("one"), .config = { &tick, 1 } };

	(void)state;
	rig_spawn(&rig, 0, OBEDIENT);
	configure(&in, 1);
	assert_true(str_is(rig_event(&rig, 0)->event.session, "tick"));
}

static void config_is_taken_once(void **state)
{
	struct msg_instance in = { .id = STR("three") };

	(void)state;
	start(OBEDIENT);
	assert_error(configure(&in, 1), RELINK_INTERNAL, "config came twice");
	assert_int_equal(create("now", 1, LATER_MS)->result, 0);
}

/* --- operations --- */

static void a_create_reaches_the_plugin_and_its_event_the_core(void **state)
{
	const struct seen *s;

	(void)state;
	start(OBEDIENT);
	s = create("now", 7, LATER_MS);
	assert_int_equal(s->result, 0);
	assert_true(s->create.accepted);
	s = rig_event(&rig, 0);
	assert_true(str_is(s->event.instance, "one"));
	assert_true(str_is(s->event.session, "now"));
	assert_true(str_is(s->event.account, "a1"));
	assert_int_equal(s->event.generation, 7);
	assert_int_equal(s->event.state, RELINK_STATE_CONNECTED);
}

static void a_webhook_reaches_the_plugin_and_its_message_the_core(void **state)
{
	struct msg_pair headers[] = { { STR("x-a"), STR("1") }, { STR("x-b"), STR("2") } };
	struct msg_webhook params = { .instance = STR("one"),
				      .headers = { .v = headers, .n = 2 },
				      .body = STR("hello"),
				      .timeout = 5000 };
	const struct seen *s;

	(void)state;
	start(OBEDIENT);
	s = ask(MSG_webhook, &params);
	assert_int_equal(s->result, 0);
	s = rig_find(&rig, SEEN_MESSAGE, 0); /* it comes before the answer */
	assert_non_null(s);
	assert_true(str_is(s->message.instance, "one"));
	assert_true(str_is(s->message.session, "s1"));
	assert_int_equal(s->message.generation, 4);
	assert_int_equal(s->message.kind, RELINK_MESSAGE_RECEIVED);
	assert_true(str_is(s->message.json, "x-a=1 x-b=2 hello"));

	params.body = STR("forged");
	s = ask(MSG_webhook, &params);
	assert_error(s, RELINK_REFUSED, "not genuine");
	params.body = STR("huge");
	s = ask(MSG_webhook, &params);
	assert_int_equal(s->result, 0);
	assert_int_equal(rig_count(&rig, SEEN_MESSAGE, 0), 1);
}

static void a_plugin_gets_what_the_core_said(void **state)
{
	struct msg_create params = create_of("echo", 9, 5000);
	const struct seen *s;
	unsigned left;

	(void)state;
	start(OBEDIENT);
	params.resume = true;
	params.metadata = STR("{\"k\":1}");
	s = ask(MSG_create, &params);
	assert_error(s, RELINK_THROTTLED, "a1 p1 9 1 {\"k\":1} ");
	assert_false(s->error.unknown);
	left = (unsigned)strtoul(strrchr(s->error.text.p, ' '), NULL, 10);
	assert_in_range(left, 4000, 5000);
}

static void an_answer_may_come_later(void **state)
{
	(void)state;
	start(OBEDIENT);
	assert_true(create("later", 1, LATER_MS)->create.accepted);
}

static void an_answer_that_never_comes_is_unknown_at_its_deadline(void **state)
{
	uint64_t before = clock_ms();
	const struct seen *s;

	(void)state;
	start(OBEDIENT);
	s = create("never", 1, 50);
	assert_true(clock_ms() >= before + 50);
	assert_error(s, RELINK_ENGINE_HANG, "no answer within 50 ms");
	assert_true(s->error.unknown);
}

static void an_answer_that_comes_too_late_is_counted_and_dropped(void **state)
{
	(void)state;
	start(OBEDIENT);
	assert_error(create("late", 1, 50), RELINK_ENGINE_HANG, "no answer within 50 ms");
	rig_until(&rig, logged("answered create only after its 50 ms were over (1 of these") == 1);
	assert_int_equal(rig_stats(&rig).late_replies, 0);
	assert_int_equal(create("now", 2, LATER_MS)->result, 0);
}

static void a_second_answer_is_counted_and_dropped(void **state)
{
	(void)state;
	start(OBEDIENT);
	assert_int_equal(create("twice", 1, LATER_MS)->result, 0);
	rig_until(&rig, logged("was answered before or never was (1 of these") == 1);
	assert_int_equal(create("twice", 2, LATER_MS)->result, 0);
	rig_until(&rig, logged("was answered before or never was (2 of these") == 1);
	assert_int_equal(rig_stats(&rig).late_replies, 0);
}

static void an_operation_of_another_instance_is_not_answered(void **state)
{
	struct msg_control one = verb_of("one", "foreign"), two = verb_of("two", "foreign");
	uint64_t unanswered;

	(void)state;
	start(OBEDIENT);
	one.timeout = 200;
	unanswered = send_only(MSG_control, &one);
	assert_int_equal(ask(MSG_control, &two)->result, 0);
	assert_int_equal(logged("of another instance (1 of these"), 1);
	assert_int_equal(logged("in an operation that is no list"), 1);
	assert_error(rig_reply(&rig, unanswered), RELINK_ENGINE_HANG, "no answer");
}

static void texts_that_no_frame_takes_are_made_fit(void **state)
{
	const struct seen *s;

	(void)state;
	start(OBEDIENT);
	s = create("dirty", 1, LATER_MS);
	assert_error(s, RELINK_UNKNOWN, "\xef\xbf\xbd\xef\xbf\xbd dirt");
	s = rig_event(&rig, 0);
	assert_int_equal(s->event.text.n, LIMIT_REASON / 3 * 3);
	assert_true(str_is_utf8(s->event.text));
	assert_true(str_is(s->event.phone, "+49 \xef\xbf\xbd"));
	assert_int_equal(s->event.state, RELINK_STATE_UNKNOWN);
	assert_int_equal(s->event.cause, RELINK_UNKNOWN);
	assert_int_equal(s->event.qr_expires, 86400000);
}

static void events_that_make_no_sense_are_counted_and_dropped(void **state)
{
	(void)state;
	start(OBEDIENT);
	assert_error(create("nonsense", 1, LATER_MS), RELINK_INTERNAL, "without a result");
	assert_int_equal(rig_count(&rig, SEEN_EVENT, 0), 0);
	assert_int_equal(logged("(4 of these so far)"), 1);
}

static void a_generation_goes_into_one_create(void **state)
{
	const struct seen *s;

	(void)state;
	start(OBEDIENT);
	assert_int_equal(create("now", 5, LATER_MS)->result, 0);
	s = create("now", 5, LATER_MS);
	assert_error(s, RELINK_STALE, "generation 5 was created before");
	assert_false(s->error.unknown);
	assert_int_equal(s->error.generation, 5);
	assert_error(create("other", 4, LATER_MS), RELINK_STALE, "the highest is 5");
	assert_int_equal(create("now", 6, LATER_MS)->result, 0);
	assert_true(str_is(control("creates")->control.body, "2"));
}

static void health_tells_what_a_session_is(void **state)
{
	static const struct {
		const char *session;
		enum relink_state state;
		enum relink_cause cause;
	} answers[] = {
		{ "here", RELINK_STATE_CONNECTED, RELINK_NONE },
		{ "gone", RELINK_STATE_UNKNOWN, RELINK_GONE },
		{ "down", RELINK_STATE_DOWN, RELINK_ENGINE_CRASH },
	};
	struct msg_health params = { .instance = STR("one"),
				     .account = STR("a1"),
				     .timeout = LATER_MS };
	const struct seen *s;

	(void)state;
	start(OBEDIENT);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		params.session = str_of(answers[i].session);
		s = ask(MSG_health, &params);
		assert_int_equal(s->result, 0);
		assert_int_equal(s->health.state, answers[i].state);
		assert_int_equal(s->health.cause, answers[i].cause);
	}
	params.session = STR("unreachable");
	s = ask(MSG_health, &params);
	assert_error(s, RELINK_NETWORK, "");
	assert_true(s->error.unknown);
}

static void disconnect_is_passed_on(void **state)
{
	struct msg_disconnect params = { .instance = STR("one"),
					 .account = STR("a1"),
					 .session = STR("s"),
					 .timeout = LATER_MS };

	(void)state;
	start(OBEDIENT);
	assert_true(ask(MSG_disconnect, &params)->disconnect.ended);
}

static void a_long_list_comes_in_parts_before_its_answer(void **state)
{
	struct msg_pair pairs[] = { pair("sessions", "2500") };
	struct msg_instance in = { .id = STR("one"), .config = { pairs, 1 } };
	struct msg_list params = { .instance = STR("one"), .timeout = LATER_MS };
	static const size_t parts[] = { 1000, 1000, 500 };
	const struct seen *reply;
	size_t n = 0;

	(void)state;
	rig_spawn(&rig, 0, OBEDIENT);
	configure(&in, 1);
	reply = ask(MSG_list, &params);
	assert_int_equal(reply->list.total, 2500);
	assert_true(reply->list.complete);
	assert_true(str_is(reply->list.boot_id, "boot-1"));
	for (const struct seen *s = rig.v; s < reply; s++) {
		if (s->kind != SEEN_LISTED)
			continue;
		assert_int_equal(s->tag, reply->tag);
		assert_int_equal(s->listed.n, parts[n]);
		n++;
	}
	assert_int_equal(n, 3);
	assert_int_equal(rig_count(&rig, SEEN_LISTED, 0), 3);
}

static void an_empty_list_has_no_parts(void **state)
{
	struct msg_pair pairs[] = { pair("sessions", "0") };
	struct msg_instance in = { .id = STR("one"), .config = { pairs, 1 } };
	struct msg_list params = { .instance = STR("one"), .timeout = LATER_MS };
	const struct seen *reply;

	(void)state;
	rig_spawn(&rig, 0, OBEDIENT);
	configure(&in, 1);
	reply = ask(MSG_list, &params);
	assert_int_equal(reply->list.total, 0);
	assert_true(reply->list.complete);
	assert_int_equal(rig_count(&rig, SEEN_LISTED, 0), 0);
}

static void verbs_are_the_plugins_own(void **state)
{
	(void)state;
	start(OBEDIENT);
	assert_error(control("sing"), RELINK_MISCONFIGURED, "no such verb");
	assert_error(control("big"), RELINK_INTERNAL, "over 64 KiB or not UTF-8");
}

static struct msg_send letter(const char *args)
{
	return (struct msg_send){ .instance = STR("one"),
				  .account = STR("a"),
				  .session = STR("s1"),
				  .generation = 1,
				  .args = str_of(args),
				  .timeout = LATER_MS };
}

static void a_message_is_sent_or_not_or_nobody_knows(void **state)
{
	struct msg_send m = letter("hello");
	const struct seen *s;

	(void)state;
	start(OBEDIENT);
	s = ask(MSG_send, &m);
	assert_int_equal(s->result, 0);
	assert_true(str_is(s->sent.body, "{\"message_id\":\"m1\"}"));
	m = letter("odd"); /* it was sent all the same */
	s = ask(MSG_send, &m);
	assert_int_equal(s->result, 0);
	assert_int_equal(s->sent.body.n, 0);
	m = letter("lost");
	s = ask(MSG_send, &m);
	assert_error(s, RELINK_ENGINE_HANG, "no answer");
	assert_true(s->error.unknown);
}

static void what_a_worker_does_not_have_is_refused(void **state)
{
	struct msg_list list = { .instance = STR("one"), .timeout = LATER_MS };
	struct msg_control verb = verb_of("nowhere", "conf");
	struct msg_send message = letter("hello");

	(void)state;
	start(PLUGINS "/smallest.so");
	assert_error(ask(MSG_list, &list), RELINK_MISCONFIGURED, "the plugin smallest has no list");
	assert_error(ask(MSG_control, &verb), RELINK_MISCONFIGURED, "no instance \"nowhere\"");
	verb = verb_of("one", "conf");
	assert_error(ask(MSG_control, &verb), RELINK_MISCONFIGURED, "has no control");
	assert_error(ask(MSG_send, &message), RELINK_MISCONFIGURED, "has no send");
}

/* --- ping --- */

static void a_ping_tells_lag_open_operations_and_memory(void **state)
{
	struct msg_ping params = { .seq = 42 };
	struct msg_create never = create_of("never", 1, LATER_MS);
	const struct seen *s;

	(void)state;
	start(OBEDIENT);
	send_only(MSG_create, &never);
	ask(MSG_ping, &params);
	control("block"); /* for 200 ms */
	s = ask(MSG_ping, &params);
	assert_int_equal(s->ping.seq, 42);
	assert_in_range(s->ping.lag, 190, 10000);
	assert_int_equal(s->ping.ops, 1);
	assert_in_range(s->ping.rss, 1000, 1000000);
	ask(MSG_ping, &params);
	assert_in_range(ask(MSG_ping, &params)->ping.lag, 0, 150);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, ask_open, ask_close)

/* An argument is a pattern: only the tests that it fits. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_says_who_it_is),
		TEST(a_plugin_that_cannot_be_used_ends_the_worker_with_78_and_a_sentence),
		TEST(config_opens_the_instances_with_their_keys),
		cmocka_unit_test(config_that_is_refused_says_why_and_leaves_nothing_open),
		TEST(a_plugin_may_use_the_host_from_its_open),
		TEST(config_is_taken_once),
		TEST(a_create_reaches_the_plugin_and_its_event_the_core),
		TEST(a_webhook_reaches_the_plugin_and_its_message_the_core),
		TEST(a_plugin_gets_what_the_core_said),
		TEST(an_answer_may_come_later),
		TEST(an_answer_that_never_comes_is_unknown_at_its_deadline),
		TEST(an_answer_that_comes_too_late_is_counted_and_dropped),
		TEST(a_second_answer_is_counted_and_dropped),
		TEST(an_operation_of_another_instance_is_not_answered),
		TEST(texts_that_no_frame_takes_are_made_fit),
		TEST(events_that_make_no_sense_are_counted_and_dropped),
		TEST(a_generation_goes_into_one_create),
		TEST(health_tells_what_a_session_is),
		TEST(disconnect_is_passed_on),
		TEST(a_long_list_comes_in_parts_before_its_answer),
		TEST(an_empty_list_has_no_parts),
		TEST(verbs_are_the_plugins_own),
		TEST(what_a_worker_does_not_have_is_refused),
		TEST(a_message_is_sent_or_not_or_nobody_knows),
		TEST(a_ping_tells_lag_open_operations_and_memory),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
