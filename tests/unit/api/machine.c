/* machine.c - one connection without sockets. */
#include "machine.h"

#include <stdlib.h>

#include "api/dropin/dropin.h"
#include "base/clock.h"
#include "base/must.h"

static void on_changed(struct conn *c)
{
	(void)c;
}

void machine_open_for(struct machine *m, bool trusted, size_t body_bytes)
{
	const struct api_options o = {
		.header_ms = 10000,
		.body_ms = 10000,
		.write_ms = 10000,
		.idle_ms = 10000,
		.connections = 1,
		.body_bytes = body_bytes,
		.dropin = { .key = "k", .provider = "mock" },
	};
	struct api_port port;

	fake_open(&m->fake, 16);
	m->fake.at_once = true;
	port = fake_port(&m->fake);
	must(face_init(&m->face, &o, &port, m->fake.bus) == 0);
	must(auth_init(&m->face.auth, STR("secret")));
	must(dropin_new(&m->face.dropin, &m->face, &o.dropin, NULL) == 0);
	must(conn_init(&m->conn, &m->face, trusted, on_changed) == 0);
	buf_init(&m->out, 64u << 20);
}

void machine_open(struct machine *m, bool trusted)
{
	machine_open_for(m, trusted, 64u << 10);
}

void machine_close(struct machine *m)
{
	conn_fini(&m->conn);
	face_fini(&m->face);
	fake_close(&m->fake);
	buf_fini(&m->out);
}

void machine_take(struct machine *m)
{
	struct str out;

	while (out = conn_output(&m->conn), out.n > 0) {
		buf_str(&m->out, out);
		conn_sent(&m->conn, out.n);
	}
}

void machine_pass(struct machine *m, uint64_t ms)
{
	clock_virtual(clock_ms() + ms);
	deadlines_run(&m->face.deadlines, clock_ms());
	machine_take(m);
}

const char *machine_find(const struct machine *m, const char *text)
{
	return m->out.n > 0 ? memmem(m->out.p, m->out.n, text, strlen(text)) : NULL;
}

/* A connection that has had its turn goes on in the next millisecond. */
static void let_it_finish(struct machine *m)
{
	while (m->conn.phase == CONN_READING && m->conn.held.n > 0)
		machine_pass(m, 2);
}

void machine_feed(struct machine *m, struct str bytes, size_t step)
{
	while (bytes.n > 0) {
		size_t n = step < bytes.n ? step : bytes.n;

		conn_feed(&m->conn, (struct str){ bytes.p, n });
		machine_take(m);
		let_it_finish(m);
		bytes = (struct str){ bytes.p + n, bytes.n - n };
	}
}

unsigned machine_replies(const struct machine *m)
{
	static const char mark[] = "\r\nDate: "; /* one in each answer, and never in content */
	struct str rest = buf_all(&m->out);
	const char *at;
	unsigned n = 0;

	while (rest.n > 0 && (at = memmem(rest.p, rest.n, mark, sizeof mark - 1)) != NULL) {
		n++;
		rest = (struct str){ at + 1, rest.n - (size_t)(at + 1 - rest.p) };
	}
	return n;
}

unsigned machine_status(const struct machine *m)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct str out = buf_all(&m->out);

	if (out.n > sizeof go_on && memcmp(out.p, go_on, sizeof go_on - 1) == 0)
		out.p += sizeof go_on - 1;
	return out.n > 12 ? (unsigned)strtoul(out.p + 9, NULL, 10) : 0;
}

bool machine_goes_on(const struct machine *m)
{
	return m->conn.phase == CONN_READING;
}
