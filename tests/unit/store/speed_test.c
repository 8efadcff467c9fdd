/*
 * speed_test.c - how fast the store is here; figures are printed, and only absurd ones fail.
 *
 * On the disk under the current directory, since a RAM disk would flatter.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/obj.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ACCOUNTS 20000
#define COMMITS  20000
#else
#define ACCOUNTS 100000
#define COMMITS  100000
#endif
#define PACED 5000

static void rig_here(struct rig *rig)
{
	char cwd[1024];

	if (getenv("TMPDIR") == NULL && getcwd(cwd, sizeof cwd) != NULL && strlen(cwd) < 40)
		setenv("TMPDIR", cwd, 1);
	rig_init(rig);
}

static double seconds_since(uint64_t began_ns)
{
	return (double)(clock_mono_ns() - began_ns) / 1e9;
}

/* Of all threads, in microseconds: what is left of a figure when the machine is busy elsewhere. */
static double cpu_us(void)
{
	uv_rusage_t u;

	uv_getrusage(&u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* An account as it is in life: a session, a profile, a phone number. */
static struct account_record living_account(uint64_t n)
{
	struct account_record a = sample_account(n);

	a.label = STR("Support line Jakarta");
	a.session = STR("mock_default_1763287200_1a2b3c4d");
	a.profile = STR("p_0123456789abcdef0123456789abcdef");
	a.phone = STR("628123456789");
	a.since = a.minted_at = a.up_since = a.created_at;
	return a;
}

static void a_fleet_is_written_and_loaded(void **state)
{
	const struct store_loader loader = { NULL, ignore_account, ignore_attempt };
	struct store_facts facts;
	uint64_t began;
	double write_s, open_s, load_s, load_cpu;
	struct rig rig;

	(void)state;
	rig_here(&rig);
	rig.options.window_us = 1000;
	rig_start(&rig);
	began = clock_mono_ns();
	for (uint64_t n = 1; n <= ACCOUNTS; n++) {
		struct commit *c = commit_new(rig.store);
		struct account_record a = living_account(n);
		struct attempt_record life;
		char session[64];

		snprintf(session, sizeof session, "mock_default_1763287200_%08llx",
			 (unsigned long long)n);
		life = sample_attempt(n, 1, session);
		commit_account(c, &a);
		commit_attempt(c, &life);
		rig_submit(&rig, c);
	}
	rig_settle(&rig);
	write_s = seconds_since(began);
	rig_close(&rig);
	began = clock_mono_ns();
	rig_open(&rig);
	open_s = seconds_since(began);
	load_cpu = cpu_us();
	began = clock_mono_ns();
	assert_int_equal(store_load(rig.store, &loader, &facts, &rig.why), 0);
	load_s = seconds_since(began);
	load_cpu = (cpu_us() - load_cpu) / 1e6;
	print_message("%d accounts with a life each: written in %.2f s, opened and checked in "
		      "%.3f s, loaded in %.3f s (%.3f s of CPU)\n",
		      ACCOUNTS, write_s, open_s, load_s, load_cpu);
	assert_int_equal(facts.last_row, ACCOUNTS);
	rig_fini(&rig);
}

/* Commits of one record each, as many at a time as the store takes. */
static void report_throughput(const char *what, void (*add)(struct commit *, uint64_t n))
{
	struct store_stats stats;
	uint64_t began;
	double s, cpu;
	struct rig rig;

	rig_here(&rig);
	rig.options.window_us = 1000;
	rig_start(&rig);
	cpu = cpu_us();
	began = clock_mono_ns();
	for (uint64_t n = 1; n <= COMMITS; n++) {
		struct commit *c = commit_new(rig.store);

		add(c, n);
		rig_submit(&rig, c);
		if (n % 100 == 0)
			uv_run(&rig.loop, UV_RUN_NOWAIT);
	}
	rig_settle(&rig);
	s = seconds_since(began);
	cpu = cpu_us() - cpu;
	store_stats(rig.store, &stats);
	print_message("%s: %.0f commits/s in groups of %llu, %.1f us of CPU each\n", what,
		      COMMITS / s, COMMITS / (unsigned long long)stats.groups, cpu / COMMITS);
	assert_int_equal(rig.n_done, COMMITS);
	rig_fini(&rig);
}

static void add_line(struct commit *c, uint64_t n)
{
	struct journal_record line = sample_line(n, n % 10000 + 1);

	commit_journal(c, &line);
}

static void add_account(struct commit *c, uint64_t n)
{
	struct account_record a = living_account(n % 10000 + 1);

	commit_account(c, &a);
}

static void add_transition(struct commit *c, uint64_t n)
{
	add_account(c, n);
	add_line(c, n);
}

static void single_records_are_committed_in_company(void **state)
{
	(void)state;
	report_throughput("journal lines", add_line);
	report_throughput("account updates", add_account);
	report_throughput("transitions (account and line)", add_transition);
}

struct stopwatch {
	uint64_t began_ns, took_ns;
};

static void on_durable(void *ctx)
{
	struct stopwatch *w = ctx;

	w->took_ns = clock_mono_ns() - w->began_ns;
}

static int by_time(const void *a, const void *b)
{
	const struct stopwatch *x = a, *y = b;

	return x->took_ns < y->took_ns ? -1 : x->took_ns > y->took_ns;
}

/* 1,000 transitions a second for a while: how long until each is durable? */
struct pace {
	struct rig *rig;
	struct stopwatch all[PACED];
	uint64_t began_ns, n;
};

static void on_tick(uv_timer_t *timer)
{
	struct pace *p = timer->data;
	uint64_t due = (clock_mono_ns() - p->began_ns) / 1000000;

	for (; p->n < due && p->n < PACED; p->n++) {
		struct commit *c = commit_new(p->rig->store);
		struct stopwatch *w = &p->all[p->n];

		add_transition(c, p->n + 1);
		w->began_ns = clock_mono_ns();
		assert_int_equal(store_submit(p->rig->store, &c, on_durable, w), 0);
	}
}

static bool all_submitted(void *ctx)
{
	return ((struct pace *)ctx)->n == PACED;
}

static void latency_at_a_steady_pace(void **state)
{
	static struct pace p;
	uv_timer_t timer;
	struct rig rig;

	(void)state;
	rig_here(&rig);
	rig.options.window_us = 1000;
	rig_start(&rig);
	p.rig = &rig;
	p.began_ns = clock_mono_ns();
	uv_timer_init(&rig.loop, &timer);
	timer.data = &p;
	uv_timer_start(&timer, on_tick, 1, 1);
	rig_until(&rig, all_submitted, &p);
	uv_close((uv_handle_t *)&timer, NULL);
	rig_settle(&rig);
	qsort(p.all, PACED, sizeof p.all[0], by_time);
	print_message("1000 transitions a second: durable after %.2f ms (p50), %.2f ms (p99), "
		      "%.2f ms (worst)\n",
		      (double)p.all[PACED / 2].took_ns / 1e6,
		      (double)p.all[PACED * 99 / 100].took_ns / 1e6,
		      (double)p.all[PACED - 1].took_ns / 1e6);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fleet_is_written_and_loaded),
		cmocka_unit_test(single_records_are_committed_in_company),
		cmocka_unit_test(latency_at_a_steady_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
