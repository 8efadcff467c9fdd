/*
 * attacks_test.c - the corpus of attacks.def against the machine and against a real socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/obj.h"
#include "machine.h"
#include "world.h"

struct attack {
	const char *name;
	struct str before;
	const char *unit;
	unsigned times;
	struct str after;
	unsigned status;
	bool goes_on;
};

/* 99 headers, and Host before them. */
#define TEN  "X: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\n"
#define NINE "X: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\nX: y\r\n"
#define H100 TEN TEN TEN TEN TEN TEN TEN TEN TEN NINE

static const struct attack attacks[] = {
#define ATTACK(name, bytes, status) { name, STR(bytes), "", 0, STR(""), status, false },
#define FLOOD(name, before, unit, times, after, status) \
	{ name, STR(before), unit, times, STR(after), status, false },
#define FINE(name, bytes, status) { name, STR(bytes), "", 0, STR(""), status, true },
#include "attacks.def"
};

/* What must not be taken for a request behind an attack. */
#define NEXT "GET /behind HTTP/1.1\r\nHost: x\r\n\r\n"

static void write_attack(struct buf *b, const struct attack *a)
{
	buf_reset(b);
	buf_str(b, a->before);
	for (unsigned i = 0; i < a->times; i++)
		buf_text(b, a->unit);
	buf_str(b, a->after);
	buf_text(b, NEXT);
	assert_int_equal(b->failed, 0);
}

/* All that go wrong are told, not only the first. */
static unsigned n_wrong;

static void expect(const struct attack *a, size_t step, unsigned status, unsigned replies,
		   bool goes_on)
{
	unsigned wanted = a->goes_on ? 2 : 1;

	if (status == a->status && replies == wanted && goes_on == a->goes_on)
		return;
	n_wrong++;
	print_error("%s (in steps of %zu): expected status %u and %u answers, got %u and %u, and "
		    "the connection %s\n",
		    a->name, step, a->status, wanted, status, replies,
		    goes_on ? "goes on" : "is closed");
}

static void every_attack_ends_as_it_should(void **state)
{
	static const size_t steps[] = { SIZE_MAX, 65536, 7, 1 };
	struct machine m;
	struct buf b;

	(void)state;
	buf_init(&b, 8u << 20);
	for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
		write_attack(&b, &attacks[i]);
		for (size_t s = 0; s < ARRAY_LEN(steps); s++) {
			clock_virtual(1763287200000);
			machine_open(&m, true);
			assert_true(hosts_init(&m.face.hosts, "x", "http://127.0.0.1:8840", false));
			machine_feed(&m, buf_all(&b), steps[s]);
			expect(&attacks[i], steps[s], machine_status(&m), machine_replies(&m),
			       machine_goes_on(&m));
			machine_close(&m);
			clock_virtual(0);
		}
	}
	buf_fini(&b);
	assert_int_equal(n_wrong, 0);
	assert_true(ARRAY_LEN(attacks) >= 200);
}

static void every_attack_is_closed_on_a_socket(void **state)
{
	static struct reply r;
	struct api_options o;
	struct world w;
	struct client c;
	struct buf b;

	(void)state;
	o = world_options(&w);
	o.body_bytes = 64u << 10;
	world_open_with(&w, &o, 64);
	buf_init(&b, 8u << 20);
	for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
		if (attacks[i].goes_on || attacks[i].status == 421)
			continue; /* any name is good on the unix socket */
		write_attack(&b, &attacks[i]);
		client_open_unix(&c, &w);
		client_send(&c, buf_all(&b));
		client_reply(&c, &r, false);
		if (r.status != attacks[i].status)
			fail_msg("%s: expected %u, got %u", attacks[i].name, attacks[i].status,
				 r.status);
		assert_string_equal(reply_header(&r, "Connection"), "close");
		assert_true(client_is_closed(&c));
		client_close(&c);
	}
	world_until_connections(&w, 0);
	buf_fini(&b);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attack_ends_as_it_should),
		cmocka_unit_test(every_attack_is_closed_on_a_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
