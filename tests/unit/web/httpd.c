/* httpd.c - see httpd.h. */
#include "httpd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <utlist.h>

#include <cmocka.h>

#include "base/obj.h"

static void on_handle_closed(uv_handle_t *handle)
{
	struct httpd_conn *c = handle->data;

	if (--c->n_handles > 0)
		return;
	buf_fini(&c->in);
	free(c);
}

void httpd_end(struct httpd_conn *c, enum httpd_then then)
{
	if (then == HTTPD_KEEP || uv_is_closing((uv_handle_t *)&c->tcp))
		return;
	DL_DELETE(c->httpd->conns, c);
	c->httpd->n_open--;
	uv_close((uv_handle_t *)&c->tick, on_handle_closed);
	if (then == HTTPD_CLOSE || uv_tcp_close_reset(&c->tcp, on_handle_closed) != 0)
		uv_close((uv_handle_t *)&c->tcp, on_handle_closed);
}

/* Loopback takes what tests say at once. */
static void say(struct httpd_conn *c, const char *p, size_t n)
{
	uv_buf_t b = uv_buf_init((char *)(uintptr_t)p, (unsigned)n);

	while (b.len > 0) {
		int r = uv_try_write((uv_stream_t *)&c->tcp, &b, 1);

		if (r < 0 && r != UV_EAGAIN)
			return;
		b.base += MAX_OF(r, 0);
		b.len -= (size_t)MAX_OF(r, 0);
	}
}

void httpd_say(struct httpd_conn *c, const char *text)
{
	say(c, text, strlen(text));
}

static void on_tick(uv_timer_t *timer)
{
	struct httpd_conn *c = timer->data;
	size_t n = MIN_OF(strlen(c->trickle), c->trickle_step);

	say(c, c->trickle, n);
	c->trickle += n;
	if (*c->trickle == '\0')
		httpd_end(c, HTTPD_CLOSE);
}

void httpd_trickle(struct httpd_conn *c, const char *text, size_t step, uint64_t every_ms)
{
	c->trickle = text;
	c->trickle_step = step;
	uv_timer_start(&c->tick, on_tick, every_ms, every_ms);
}

/* Length of the first whole request in the buffer; 0 when there is none. */
static size_t whole(const struct buf *in)
{
	const char *end = memmem(in->p, in->n, "\r\n\r\n", 4), *length;
	size_t head, body = 0;

	if (end == NULL)
		return 0;
	head = (size_t)(end - in->p) + 4;
	length = memmem(in->p, head, "Content-Length: ", 16);
	if (length != NULL)
		body = strtoul(length + 16, NULL, 10);
	return in->n >= head + body ? head + body : 0;
}

static void on_request(struct httpd_conn *c, size_t n)
{
	struct httpd *d = c->httpd;

	d->n_requests++;
	c->n_requests++;
	str_copy(d->last, sizeof d->last, (struct str){ c->in.p, n });
	buf_drop(&c->in, n);
	if (d->answer != NULL) {
		d->answer(c, d->last);
		return;
	}
	if (d->text != NULL)
		httpd_say(c, d->text);
	httpd_end(c, d->then);
}

static void on_alloc(uv_handle_t *handle, size_t n, uv_buf_t *ret_buf)
{
	static char room[65536];

	(void)handle, (void)n;
	*ret_buf = uv_buf_init(room, sizeof room);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct httpd_conn *c = stream->data;
	size_t size;

	if (n < 0) {
		httpd_end(c, HTTPD_CLOSE);
		return;
	}
	if (c->httpd->at_first_byte != HTTPD_KEEP) {
		httpd_end(c, c->httpd->at_first_byte);
		return;
	}
	assert_int_equal(buf_add(&c->in, buf->base, (size_t)n), 0);
	while (!uv_is_closing((uv_handle_t *)stream) && (size = whole(&c->in)) > 0)
		on_request(c, size);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct httpd *d = listener->data;
	struct httpd_conn *c = calloc(1, sizeof *c);

	assert_int_equal(status, 0);
	assert_non_null(c);
	c->httpd = d;
	buf_init(&c->in, 16u << 20);
	uv_tcp_init(d->loop, &c->tcp);
	uv_timer_init(d->loop, &c->tick);
	c->tcp.data = c->tick.data = c;
	c->n_handles = 2;
	assert_int_equal(uv_accept(listener, (uv_stream_t *)&c->tcp), 0);
	DL_APPEND(d->conns, c);
	d->n_connections++;
	d->n_open++;
	d->most_open = MAX_OF(d->most_open, d->n_open);
	uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

void httpd_open(struct httpd *d, uv_loop_t *loop)
{
	struct sockaddr_in at;
	int n = sizeof at;

	*d = (struct httpd){ .loop = loop };
	uv_tcp_init(loop, &d->listener);
	d->listener.data = d;
	uv_ip4_addr("127.0.0.1", 0, &at);
	assert_int_equal(uv_tcp_bind(&d->listener, (struct sockaddr *)&at, 0), 0);
	assert_int_equal(uv_listen((uv_stream_t *)&d->listener, 512, on_connection), 0);
	assert_int_equal(uv_tcp_getsockname(&d->listener, (struct sockaddr *)&at, &n), 0);
	d->port = ntohs(at.sin_port);
}

void httpd_deaf(struct httpd *d)
{
	if (!uv_is_closing((uv_handle_t *)&d->listener))
		uv_close((uv_handle_t *)&d->listener, NULL);
}

void httpd_close(struct httpd *d)
{
	while (d->conns != NULL)
		httpd_end(d->conns, HTTPD_CLOSE);
	httpd_deaf(d);
}
