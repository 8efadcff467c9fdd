/*
 * load_test.c - ten thousand sessions in one instance: time and memory, with generous bounds that
 * only a wrong algorithm passes.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "folder.h"
#include "host.h"

#define SESSIONS 10000u

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* In use; 0 where a sanitizer's allocator does not count. */
static size_t heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void connect_all(struct rig *r)
{
	char account[32], session[64], profile[32];

	r->quiet = true;
	for (unsigned i = 0; i < SESSIONS; i++) {
		snprintf(account, sizeof account, "acc_%016x", i);
		snprintf(session, sizeof session, "mock_default_1763287200_%08x", i);
		snprintf(profile, sizeof profile, "p_%016x", i);
		host_create(r, account, session, 1, profile, false, "");
	}
	host_run(10000);
}

static void list_all(struct rig *r, const char *what)
{
	uint64_t us = now_us();

	r->n_listed = 0;
	host_list(r);
	us = now_us() - us;
	host_run(100);
	assert_int_equal(r->n_listed, SESSIONS);
	print_message("%s: %u sessions listed in %.1f ms\n", what, SESSIONS, (double)us / 1000);
	assert_true(us < 500000);
}

static void ten_thousand_in_memory(void **state)
{
	size_t before = heap_bytes(), after;
	struct rig r = { 0 };
	uint64_t us = now_us();

	(void)state;
	host_rewind();
	assert_int_equal(host_open(&r, MOCK_SO, "create_ms=0ms,scan_ms=1s"), RELINK_NONE);
	connect_all(&r);
	us = now_us() - us;
	after = heap_bytes();
	print_message("%u sessions created and connected in %.0f ms\n", SESSIONS,
		      (double)us / 1000);
	if (after > 0) {
		size_t bytes = (after - before - r.room_asked * sizeof *r.asked) / SESSIONS;

		print_message("%zu bytes each\n", bytes);
		assert_true(bytes < 1024);
	}
	list_all(&r, "in memory");
	host_close(&r);
}

static void ten_thousand_in_a_folder(void **state)
{
	char config[256];
	struct rig r = { 0 };
	uint64_t us;

	(void)state;
	host_rewind();
	snprintf(config, sizeof config, "create_ms=0ms,scan_ms=1s,dir=%s", folder_make());
	us = now_us();
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	connect_all(&r);
	us = now_us() - us;
	print_message("the same with a journal in %.0f ms\n", (double)us / 1000);
	host_close(&r);
	us = now_us();
	assert_int_equal(host_open(&r, MOCK_SO, config), RELINK_NONE);
	r.quiet = true;
	us = now_us() - us;
	print_message("journal of %u sessions opened in %.1f ms\n", SESSIONS, (double)us / 1000);
	assert_true(us < 2000000);
	list_all(&r, "after opening");
	host_close(&r);
	folder_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_in_memory),
		cmocka_unit_test(ten_thousand_in_a_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
