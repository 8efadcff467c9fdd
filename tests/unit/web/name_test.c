/* web_name_test.c - a name that takes for ever to resolve holds up nothing but itself.
 *
 * curl's threads call the getaddrinfo of this file, which hangs until the test lets it go on. */
#include <netdb.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "surf.h"

static sem_t go_on;
static atomic_uint n_hanging;

__attribute__((visibility("default"))) int getaddrinfo(const char *name, const char *service,
						       const struct addrinfo *hints,
						       struct addrinfo **ret_list)
{
	(void)name, (void)service, (void)hints, (void)ret_list;
	n_hanging++;
	sem_wait(&go_on);
	n_hanging--;
	return EAI_AGAIN;
}

/* Threads don't wake the loop, so it turns without sleep. */
static void until_hanging(unsigned n)
{
	uint64_t give_up = clock_ms() + 30000;

	while (n_hanging != n) {
		assert_true(clock_ms() < give_up);
		uv_run(&loop, UV_RUN_NOWAIT);
	}
}

static void let_go(void)
{
	for (unsigned n = n_hanging; n > 0; n--)
		sem_post(&go_on);
	until_hanging(0);
}

static struct relink_http_request to_nowhere(void)
{
	struct relink_http_request r = to("POST", "/");

	r.url = rs("http://hangs.test/");
	return r;
}

static void wait_is_over_at(uint64_t connect_ms, uint64_t total_ms)
{
	struct relink_http_request r = to_nowhere();
	uint64_t before = clock_ms();
	const struct got *g;

	r.connect_ms = connect_ms;
	r.total_ms = total_ms;
	g = fetch(&r);
	assert_got(g, RELINK_NETWORK, 0, "http://hangs.test:80: ");
	assert_true(g->timeout);
	assert_in_range(clock_ms() - before, 45, 5000);
	assert_int_equal(n_hanging, 1);
	let_go();
}

static void its_request_ends_in_time(void **state)
{
	(void)state;
	wait_is_over_at(50, 0);
	wait_is_over_at(0, 50);
}

static void others_go_on_meanwhile(void **state)
{
	struct relink_http_request r = to_nowhere(), other = to("GET", "/");
	struct got g = { 0 };

	(void)state;
	assert_true(ask(&g, &r));
	until_hanging(1);
	assert_got(fetch(&other), RELINK_NONE, 1, "");
	assert_int_equal(g.times, 0);
	let_go();
	until(g.times > 0);
	assert_got(&g, RELINK_NETWORK, 0, "");
	assert_false(g.timeout);
}

static void a_drop_and_the_end_do_not_wait_for_it(void **state)
{
	struct relink_http_request r = to_nowhere();
	struct got g[2] = { 0 };

	(void)state;
	assert_true(ask(&g[0], &r));
	assert_true(ask(&g[1], &r));
	until_hanging(2);
	web_drop(&web, &web, g[0].id);
	web_close(&web);
	assert_int_equal(n_hanging, 2);
	let_go();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, surf_open, surf_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_request_ends_in_time),
		TEST(others_go_on_meanwhile),
		TEST(a_drop_and_the_end_do_not_wait_for_it),
	};

	if (sem_init(&go_on, 0, 0) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
