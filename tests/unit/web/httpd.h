/*
 * httpd.h - an HTTP server on the test's own loop, as bad as the test wants it.
 *
 * It reads a request whole, counts it, and does what `answer` says, or says `text` and does `then`.
 */
#ifndef RELINK_TEST_HTTPD_H
#define RELINK_TEST_HTTPD_H
#include <stdbool.h>
#include <uv.h>

#include "base/buf.h"

enum httpd_then { HTTPD_KEEP, HTTPD_CLOSE, HTTPD_RESET };

struct httpd;
struct httpd_conn {
	uv_tcp_t tcp; /* first */
	uv_timer_t tick;
	struct httpd *httpd;
	struct buf in;
	unsigned n_requests; /* on this connection */
	unsigned n_handles;
	const char *trickle; /* what is left of it */
	size_t trickle_step;
	struct httpd_conn *prev, *next;
};

struct httpd {
	uv_tcp_t listener;
	uv_loop_t *loop;
	unsigned port;
	const char *text; /* said to each request; NULL: nothing */
	enum httpd_then then;
	/* Instead: `request` is all of it, NUL-terminated. */
	void (*answer)(struct httpd_conn *, const char *request);
	/* At the first byte of a connection, whatever it is. */
	enum httpd_then at_first_byte;
	unsigned n_connections, n_open, most_open, n_requests;
	char last[20000]; /* request, cut */
	struct httpd_conn *conns;
};

void httpd_open(struct httpd *, uv_loop_t *);
void httpd_close(struct httpd *);
/* Take no more connections. */
void httpd_deaf(struct httpd *);

void httpd_say(struct httpd_conn *, const char *text);
void httpd_end(struct httpd_conn *, enum httpd_then);
/* Say `text` in steps of so many bytes, then close. */
void httpd_trickle(struct httpd_conn *, const char *text, size_t step, uint64_t every_ms);

#endif
