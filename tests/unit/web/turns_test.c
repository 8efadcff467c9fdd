/* web_turns_test.c - many HTTP requests at a time: turns, bounds, drops, connections that are used
 * again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/obj.h"
#include "nomem.h"
#include "surf.h"

#define OWNER (&web) /* as in surf.c */

static unsigned n_answered;

static void count(struct got *g)
{
	(void)g;
	n_answered++;
}

static struct got *many(size_t n)
{
	struct got *all = calloc(n, sizeof *all);

	assert_non_null(all);
	n_answered = 0;
	for (size_t i = 0; i < n; i++)
		all[i].then = count;
	return all;
}

static void ask_all(struct got *all, size_t n, const struct relink_http_request *r)
{
	for (size_t i = 0; i < n; i++)
		assert_true(ask(&all[i], r));
}

static void say_nothing(struct httpd_conn *c, const char *request)
{
	(void)c, (void)request;
}

/* --- turns --- */

static void a_thousand_requests_share_32_connections(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got *all = many(1000);

	(void)state;
	ask_all(all, 1000, &r);
	assert_int_equal(web.n_active, WEB_PER_SERVER);
	until(n_answered == 1000);
	for (size_t i = 0; i < 1000; i++) {
		assert_got(&all[i], RELINK_NONE, 1, "");
		assert_string_equal(all[i].body, "ok");
	}
	assert_int_equal(httpd.n_requests, 1000);
	assert_int_equal(httpd.n_connections, WEB_PER_SERVER);
	free(all);
}

static void idle_connections_make_room_for_fresh_ones(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got *all = many(WEB_PER_SERVER), *fresh;

	(void)state;
	ask_all(all, WEB_PER_SERVER, &r);
	until(n_answered == WEB_PER_SERVER);
	assert_int_equal(httpd.n_open, WEB_PER_SERVER);
	httpd.answer = say_nothing;
	r.fresh = 1;
	fresh = many(WEB_PER_SERVER);
	ask_all(fresh, WEB_PER_SERVER, &r);
	until(httpd.n_requests == 2 * WEB_PER_SERVER && httpd.n_open == WEB_PER_SERVER);
	assert_int_equal(web_drop_all(&web, OWNER), WEB_PER_SERVER);
	free(all);
	free(fresh);
}

static void turns_come_in_the_order_of_asking(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got *all = many(WEB_PER_SERVER + 3);

	(void)state;
	httpd.answer = say_nothing;
	ask_all(all, WEB_PER_SERVER, &r);
	until(httpd.n_requests == WEB_PER_SERVER);
	for (unsigned i = 0; i < 3; i++) {
		char path[] = { '/', (char)('a' + i), '\0' };

		r = to("GET", path);
		assert_true(ask(&all[WEB_PER_SERVER + i], &r));
	}
	for (unsigned i = 0; i < 3; i++) {
		char begin[] = { 'G', 'E', 'T', ' ', '/', (char)('a' + i), '\0' };

		web_drop(&web, OWNER, all[i].id);
		until(httpd.n_requests == WEB_PER_SERVER + 1 + i);
		assert_memory_equal(httpd.last, begin, 6);
	}
	assert_int_equal(web_drop_all(&web, OWNER), WEB_PER_SERVER);
	free(all);
}

static void a_server_that_stands_still_holds_up_no_other(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got *all = many(100);
	struct httpd second;
	char url[64];

	(void)state;
	httpd.answer = say_nothing;
	ask_all(all, 100, &r);
	httpd_open(&second, &loop);
	second.text = OK_TEXT;
	snprintf(url, sizeof url, "http://127.0.0.1:%u/", second.port);
	r.url = rs(url);
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	assert_int_equal(web.n_active, WEB_PER_SERVER);
	assert_int_equal(web.n_waiting, 100 - WEB_PER_SERVER);
	assert_int_equal(web_drop_all(&web, OWNER), 100);
	httpd_close(&second);
	free(all);
}

static void at_most_256_requests_are_on_their_way(void **state)
{
	struct httpd servers[9];
	struct got *all[9];
	unsigned n_requests = 0;

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		struct relink_http_request r = to("GET", "/");
		char url[64];

		httpd_open(&servers[i], &loop);
		servers[i].answer = say_nothing;
		snprintf(url, sizeof url, "http://127.0.0.1:%u/", servers[i].port);
		r.url = rs(url);
		all[i] = many(WEB_PER_SERVER);
		ask_all(all[i], WEB_PER_SERVER, &r);
	}
	assert_int_equal(web.n_active, WEB_ACTIVE);
	assert_int_equal(web.n_waiting, WEB_PER_SERVER);
	while (n_requests < WEB_ACTIVE) {
		uv_run(&loop, UV_RUN_ONCE);
		n_requests = 0;
		for (unsigned i = 0; i < 9; i++)
			n_requests += servers[i].n_requests;
	}
	assert_int_equal(servers[8].n_connections, 0);
	web_drop(&web, OWNER, all[0][0].id);
	until(servers[8].n_requests == 1);
	assert_int_equal(web_drop_all(&web, OWNER), 9 * WEB_PER_SERVER - 1);
	for (unsigned i = 0; i < 9; i++) {
		httpd_close(&servers[i]);
		free(all[i]);
	}
}

static void a_request_that_gets_no_turn_in_time_was_not_sent(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got *all = many(WEB_PER_SERVER), last = { 0 };

	(void)state;
	httpd.answer = say_nothing;
	ask_all(all, WEB_PER_SERVER, &r);
	r.total_ms = 50;
	assert_true(ask(&last, &r));
	until(last.times > 0);
	assert_got(&last, RELINK_NETWORK, 0, "no turn among the requests before it within 50 ms");
	assert_true(last.timeout);
	assert_int_equal(web_drop_all(&web, OWNER), WEB_PER_SERVER);
	free(all);
}

/* --- bounds --- */

static void at_most_4096_requests_wait(void **state)
{
	struct relink_http_request r = to("GET", "/");
	size_t n = WEB_PER_SERVER + WEB_WAITING_MAX;
	struct got *all = many(n), one_more = { 0 };

	(void)state;
	ask_all(all, n, &r);
	assert_false(ask(&one_more, &r));
	web_drop(&web, OWNER, all[n - 1].id);
	assert_true(ask(&one_more, &r));
	until(n_answered == n - 1 && one_more.times > 0);
	assert_int_equal(all[n - 1].times, 0);
	assert_int_equal(web.n_waiting, 0);
	free(all);
}

static void at_most_64_mib_wait(void **state)
{
	static char body[WEB_BODY_MAX];
	struct relink_http_request r = to("POST", "/");
	struct got *all = many(WEB_PER_SERVER + 8), small = { 0 };

	(void)state;
	httpd.answer = say_nothing;
	ask_all(all, WEB_PER_SERVER, &r);
	r.body = (struct relink_str){ body, sizeof body };
	ask_all(all + WEB_PER_SERVER, 7, &r);
	assert_false(ask(&all[WEB_PER_SERVER + 7], &r));
	r.body.n = 0;
	assert_true(ask(&small, &r));
	assert_int_equal(web_drop_all(&web, OWNER), WEB_PER_SERVER + 8);
	free(all);
}

/* --- drops --- */

static void a_refused_request_can_be_dropped_before_it_is_told(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got refused = { 0 };

	(void)state;
	r.url = rs("nonsense");
	assert_true(ask(&refused, &r));
	web_drop(&web, OWNER, refused.id);
	r = to("GET", "/");
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	assert_int_equal(refused.times, 0);
}

static void a_waiting_request_that_is_dropped_is_never_sent(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got *all = many(WEB_PER_SERVER + 3);

	(void)state;
	ask_all(all, WEB_PER_SERVER + 3, &r);
	web_drop(&web, OWNER, all[WEB_PER_SERVER + 1].id);
	until(n_answered == WEB_PER_SERVER + 2);
	assert_int_equal(httpd.n_requests, WEB_PER_SERVER + 2);
	assert_int_equal(all[WEB_PER_SERVER + 1].times, 0);
	free(all);
}

static void a_request_on_its_way_that_is_dropped_ends_its_connection(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got g = { 0 };

	(void)state;
	assert_true(ask(&g, &r));
	web_drop(&web, OWNER, g.id); /* before curl did anything */
	httpd.answer = say_nothing;
	assert_true(ask(&g, &r));
	until(httpd.n_requests == 1);
	web_drop(&web, OWNER, g.id);
	until(httpd.n_open == 0);
	assert_int_equal(g.times, 0);
}

static void drops_of_nothing_do_nothing(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got g = { 0 };

	(void)state;
	web_drop(&web, OWNER, 0);
	web_drop(&web, OWNER, 77);
	assert_true(ask(&g, &r));
	web_drop(&web, &g, g.id); /* another owner's */
	assert_int_equal(web_drop_all(&web, &g), 0);
	until(g.times > 0);
	assert_got(&g, RELINK_NONE, 1, "");
	web_drop(&web, OWNER, g.id);
}

static void drop_all_others(struct got *g)
{
	struct got *all = g->arg;

	n_answered++;
	for (size_t i = 0; i < 40; i++)
		web_drop(&web, OWNER, all[i].id);
}

/* Itself, some that wait, some on their way, and some whose answers came with its own. */
static void a_callback_may_drop_everything(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got *all = many(40), again = { 0 };

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		all[i].then = drop_all_others;
		all[i].arg = all;
	}
	ask_all(all, 40, &r);
	until(n_answered > 0);
	assert_true(ask(&again, &r));
	until(again.times > 0);
	assert_int_equal(n_answered, 1);
	free(all);
}

static void ask_again(struct got *g)
{
	struct got *next = g->arg;
	struct relink_http_request r = to("GET", "/");

	if (next != NULL)
		assert_true(ask(next, &r));
}

static void a_callback_may_ask_again(void **state)
{
	struct got chain[5] = { 0 };
	struct relink_http_request r = to("GET", "/");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(chain); i++) {
		chain[i].then = ask_again;
		chain[i].arg = i + 1 < ARRAY_LEN(chain) ? &chain[i + 1] : NULL;
	}
	assert_true(ask(&chain[0], &r));
	until(chain[4].times > 0);
	assert_int_equal(httpd.n_connections, 1);
	r.url = rs("nonsense"); /* also from that of one that was refused */
	memset(chain, 0, sizeof chain);
	chain[0].then = ask_again;
	chain[0].arg = &chain[1];
	assert_true(ask(&chain[0], &r));
	until(chain[1].times > 0);
	assert_got(&chain[1], RELINK_NONE, 1, "");
}

static void close_web(struct got *g)
{
	struct relink_http_request r = to("GET", "/");
	struct got late = { 0 };

	n_answered++;
	(void)g;
	web_close(&web);
	assert_false(ask(&late, &r));
}

static void a_callback_may_close_all_of_it(void **state)
{
	struct relink_http_request r = to("GET", "/");
	struct got *all = many(40);

	(void)state;
	for (size_t i = 0; i < 40; i++)
		all[i].then = close_web;
	ask_all(all, 40, &r);
	until(n_answered > 0);
	assert_int_equal(n_answered, 1);
	until(httpd.n_open == 0);
	assert_int_equal(n_answered, 1);
	free(all);
}

/* --- connections that are used again --- */

static void a_connection_is_used_again_unless_a_request_wants_its_own(void **state)
{
	struct relink_http_request r = to("POST", "/");

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_got(fetch(&r), RELINK_NONE, 1, "");
	assert_int_equal(httpd.n_connections, 1);
	r.fresh = 1;
	for (unsigned i = 0; i < 5; i++)
		assert_got(fetch(&r), RELINK_NONE, 1, "");
	assert_int_equal(httpd.n_connections, 6);
	r.fresh = 0;
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	assert_int_equal(httpd.n_connections, 6);
}

static void close_at_the_second(struct httpd_conn *c, const char *request)
{
	(void)request;
	if (c->n_requests == 2)
		httpd_end(c, HTTPD_CLOSE);
	else
		httpd_say(c, OK_TEXT);
}

static void a_request_that_meets_a_closing_connection_is_sent_again(void **state)
{
	struct relink_http_request r = to("GET", "/");

	(void)state;
	httpd.answer = close_at_the_second;
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	assert_int_equal(httpd.n_requests, 3);
	assert_int_equal(httpd.n_connections, 2);
}

static void close_at_the_second_and_be_gone(struct httpd_conn *c, const char *request)
{
	if (c->n_requests == 2)
		httpd_deaf(c->httpd);
	close_at_the_second(c, request);
}

static void what_was_sent_once_stays_sent(void **state)
{
	struct relink_http_request r = to("GET", "/");

	(void)state;
	httpd.answer = close_at_the_second_and_be_gone;
	assert_got(fetch(&r), RELINK_NONE, 1, "");
	assert_got(fetch(&r), RELINK_NETWORK, 1, "");
	assert_int_equal(httpd.n_requests, 2);
}

static void a_fresh_request_is_sent_once(void **state)
{
	struct relink_http_request r = to("POST", "/");

	(void)state;
	assert_got(fetch(&r), RELINK_NONE, 1, ""); /* leaves a connection */
	r.fresh = 1;
	httpd.text = NULL;
	httpd.then = HTTPD_CLOSE;
	assert_got(fetch(&r), RELINK_NETWORK, 1, "without an answer");
	assert_int_equal(httpd.n_requests, 2);
	httpd.then = HTTPD_RESET;
	assert_got(fetch(&r), RELINK_NETWORK, 1, "");
	assert_int_equal(httpd.n_requests, 3);
	assert_int_equal(httpd.n_connections, 3);
}

/* --- want of memory --- */

static void a_request_is_taken_or_it_is_not(void **state)
{
	const struct relink_header h = { rs("A"), rs("b") };
	struct relink_http_request r = to("POST", "/");
	unsigned failed = 0;
	bool came;

	(void)state;
	r.headers = &h;
	r.n_headers = 1;
	do {
		struct got g = { 0 };
		bool taken;

		nomem_after(failed);
		taken = ask(&g, &r);
		came = nomem_came();
		assert_true(came || taken);
		if (taken) {
			until(g.times > 0);
			assert_int_equal(g.cause, came ? RELINK_INTERNAL : RELINK_NONE);
			assert_int_equal(g.sent, !came);
		}
		failed += came;
	} while (came);
	assert_in_range(failed, 5, 20);
}

static void a_socket_that_cannot_be_watched_ends_at_its_deadline(void **state)
{
	struct relink_http_request r = to("GET", "/");

	(void)state;
	r.total_ms = 50;
	for (unsigned n = 0; n < 3; n++) { /* the handle, the table, its buckets */
		struct got g = { 0 };

		assert_true(ask(&g, &r));
		nomem_after(n);
		until(g.times > 0);
		assert_true(nomem_came());
		assert_got(&g, RELINK_NETWORK, 0, "no whole answer");
	}
	assert_got(fetch(&r), RELINK_NONE, 1, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, surf_open, surf_close)

/* An argument is a pattern: only the tests that it fits. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_thousand_requests_share_32_connections),
		TEST(idle_connections_make_room_for_fresh_ones),
		TEST(turns_come_in_the_order_of_asking),
		TEST(a_server_that_stands_still_holds_up_no_other),
		TEST(at_most_256_requests_are_on_their_way),
		TEST(a_request_that_gets_no_turn_in_time_was_not_sent),
		TEST(at_most_4096_requests_wait),
		TEST(at_most_64_mib_wait),
		TEST(a_refused_request_can_be_dropped_before_it_is_told),
		TEST(a_waiting_request_that_is_dropped_is_never_sent),
		TEST(a_request_on_its_way_that_is_dropped_ends_its_connection),
		TEST(drops_of_nothing_do_nothing),
		TEST(a_callback_may_drop_everything),
		TEST(a_callback_may_ask_again),
		TEST(a_callback_may_close_all_of_it),
		TEST(a_connection_is_used_again_unless_a_request_wants_its_own),
		TEST(a_request_that_meets_a_closing_connection_is_sent_again),
		TEST(what_was_sent_once_stays_sent),
		TEST(a_fresh_request_is_sent_once),
		TEST(a_request_is_taken_or_it_is_not),
		TEST(a_socket_that_cannot_be_watched_ends_at_its_deadline),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
