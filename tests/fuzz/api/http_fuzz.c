/*
 * http_fuzz.c - bytes of a client against a connection with the whole API behind it.
 *
 * The first byte says in what pieces the rest is fed, whether the peer needs a key, and whether the
 * client sends its end.  Beside the sanitizers it checks that every answer is well-formed and that
 * what is kept stays bounded.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "fuzz.h"
#include "machine.h"

static void check_bounds(const struct machine *m)
{
	must(m->conn.held.n <= (80u << 10));
	must(m->conn.out.n <= (17u << 20));
	must(m->face.stats.waiters <= 1 && m->face.stats.streams <= 1);
}

/* Each answer begins with a status line of ours. */
static void check_output(const struct machine *m)
{
	if (m->out.n == 0)
		return;
	must(m->out.n > 12 && memcmp(m->out.p, "HTTP/1.1 ", 9) == 0);
	must(m->out.p[9] >= '1' && m->out.p[9] <= '5');
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static const size_t steps[] = { SIZE_MAX, 1, 3, 64 };
	struct machine m;
	uint8_t how;

	if (size < 1)
		return 0;
	how = data[0];
	clock_virtual(1763287200000);
	machine_open_for(&m, (how & 4) == 0, LIMIT_HTTP_BODY);
	m.fake.at_once = (how & 8) == 0;
	fake_add(&m.fake, "a1");
	fake_status(&m.fake, "a1", (how & 16) != 0 ? "connected" : "qr_scanning", "2@code");
	fake_noise(&m.fake, 20);
	machine_feed(&m, (struct str){ (const char *)data + 1, size - 1 }, steps[how & 3]);
	check_bounds(&m);
	fake_turn(&m.fake);
	machine_take(&m);
	if (fake_find(&m.fake, "a1") != NULL)
		fake_status(&m.fake, "a1", "failed", "");
	machine_pass(&m, 20000);
	fake_turn(&m.fake);
	machine_take(&m);
	if ((how & 32) != 0)
		conn_eof(&m.conn);
	machine_take(&m);
	check_bounds(&m);
	check_output(&m);
	machine_close(&m);
	return 0;
}
