/* memory_test.c - without memory a worker is not started and a call is not made, and no more. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "nomem.h"
#include "rig.h"

#define LATER_MS 20000
#define CALLS    400 /* enough for the table of calls and the heap to grow */

static struct rig rig;

static int open_rig(void **state)
{
	(void)state;
	rig_open(&rig, FAKE_WORKER, 2);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static void a_worker_is_started_or_it_is_not(void **state)
{
	unsigned n = 0;
	bool came;

	(void)state;
	do {
		struct why why = { 0 };
		int r;

		nomem_after(n++);
		r = pool_spawn(rig.pool, 0, "polite", "test", &why);
		came = nomem_came();
		if (r < 0) {
			assert_true(came);
			assert_int_equal(r, ERR_UNAVAILABLE);
			assert_true(why.text[0] != '\0');
			assert_int_equal(pool_pid(rig.pool, 0), 0);
		}
	} while (came);
	assert_true(n > 1);
	rig_hello(&rig, 0);
}

static void a_call_is_made_or_it_is_not(void **state)
{
	struct msg_ping params = { 0 };
	uint64_t made = 0;
	unsigned failed = 0;

	(void)state;
	rig_spawn(&rig, 0, "polite");
	rig_hello(&rig, 0);
	while (made < CALLS) {
		unsigned n = 0;
		bool came;
		int r;

		/* without turning the loop: nothing is answered meanwhile */
		do {
			nomem_after(n++);
			r = rig_call(&rig, 0, MSG_ping, &params, made + 1, LATER_MS);
			came = nomem_came();
			assert_true(r == 0 || (came && r == ERR_FULL));
			failed += r < 0;
			made += r == 0;
		} while (r < 0);
	}
	assert_true(failed > CALLS);
	for (uint64_t tag = 1; tag <= made; tag++)
		assert_int_equal(rig_reply(&rig, tag)->result, 0);
	assert_int_equal(rig_count(&rig, SEEN_REPLY, 0), made);
}

static void what_we_have_no_memory_to_read_is_not_the_worker_s_fault(void **state)
{
	(void)state;
	rig_spawn(&rig, 0, "polite");
	nomem_after(0); /* for its hello */
	assert_int_equal(rig_gone(&rig, 0)->gone.signal, SIGKILL);
	assert_true(nomem_came());
	assert_int_equal(rig_gone(&rig, 0)->gone.killed, KILLED_WANT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_is_started_or_it_is_not),
		TEST(a_call_is_made_or_it_is_not),
		TEST(what_we_have_no_memory_to_read_is_not_the_worker_s_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
