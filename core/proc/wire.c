/*
 * wire.c - see wire.h.
 *
 * The idle handle `soon` makes the loop come round at once: frames that were queued anywhere in a
 * turn are written at the start of the next one, before the loop may sleep, whatever kind of
 * callback queued them.  When many are queued in one turn the first leave before: the peer works on
 * them while we write the next.
 */
#include "proc/wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"
#include "ipc/frame.h"

#define WIRE_MAGIC    0xa1a12002u
#define READ_CHUNK    (64u << 10)
#define READ_CHUNKS   16         /* of one wire_read */
#define WRITE_AT_ONCE 512        /* do not wait for the end of the turn with more than this */
#define KEEP_ROOM     (1u << 20) /* an empty buffer larger than this is given back */

static void on_poll(uv_poll_t *poll, int status, int events);
static void on_soon(uv_idle_t *idle);

static void arm(struct wire *w)
{
	int want = (w->paused || w->ended ? 0 : UV_READABLE) | (w->blocked ? UV_WRITABLE : 0);

	if (want == w->armed || w->closed != NULL)
		return;
	w->armed = want;
	if (want == 0)
		uv_poll_stop(&w->poll);
	else
		uv_poll_start(&w->poll, want, on_poll);
}

static void finish(struct wire *w, int code)
{
	if (w->ended)
		return;
	w->ended = true;
	w->broken = true;
	w->blocked = false;
	buf_reset(&w->out);
	arm(w);
	w->port.end(w->port.ctx, code);
}

/* --- out --- */

/* True when bytes left. */
static bool write_some(struct wire *w)
{
	ssize_t n;

	do
		n = send(w->fd, w->out.p, w->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	w->blocked = n < 0 && errno == EAGAIN;
	if (n < 0 && !w->blocked) {
		/* Nobody is there; what the peer said before is still to be read, and then its
		 * end. */
		w->broken = true;
		buf_reset(&w->out);
	}
	if (n <= 0)
		return false;
	w->counters->bytes_out += (uint64_t)n;
	buf_drop(&w->out, (size_t)n);
	return true;
}

static void flush(struct wire *w)
{
	bool wrote = false;

	while (w->out.n > 0 && write_some(w))
		wrote = true;
	if (w->out.n == 0 && w->out.room > KEEP_ROOM)
		buf_fini(&w->out);
	arm(w);
	if (wrote && w->port.written != NULL)
		w->port.written(w->port.ctx, w->out.n);
}

struct buf *wire_begin(struct wire *w)
{
	OBJ_CHECK(w, WIRE_MAGIC);
	return w->broken || w->out.n >= LIMIT_LINK_QUEUE ? NULL : &w->out;
}

void wire_commit(struct wire *w)
{
	OBJ_CHECK(w, WIRE_MAGIC);
	w->counters->frames_out++;
	if (w->blocked)
		return;
	if (w->out.n >= WRITE_AT_ONCE)
		flush(w);
	else
		uv_idle_start(&w->soon, on_soon);
}

size_t wire_queued(const struct wire *w)
{
	return w->out.n;
}

bool wire_is_dead(const struct wire *w)
{
	return w->broken;
}

bool wire_drain(struct wire *w, size_t most, int wait_ms)
{
	uint64_t now = clock_mono_ns() / 1000000, until = now + (uint64_t)wait_ms;
	struct pollfd p = { .fd = w->fd, .events = POLLOUT };

	OBJ_CHECK(w, WIRE_MAGIC);
	flush(w);
	while (w->out.n > most && now < until) {
		if (poll(&p, 1, (int)(until - now)) > 0)
			flush(w);
		now = clock_mono_ns() / 1000000;
	}
	return w->out.n <= most;
}

/* --- in --- */

static void parse(struct wire *w)
{
	struct str value;
	size_t used = 0;
	int r = 0;

	while (r >= 0 && used < w->in.n && !w->paused && !w->ended) {
		r = frame_peek((struct str){ w->in.p + used, w->in.n - used }, &value);
		if (r <= 0)
			break;
		used += (size_t)r;
		w->counters->frames_in++;
		r = w->port.frame(w->port.ctx, value);
	}
	buf_drop(&w->in, used);
	if (w->in.n == 0 && w->in.room > KEEP_ROOM)
		buf_fini(&w->in);
	if (r < 0)
		finish(w, r);
}

/* Read and parse one chunk.  True when there may be more. */
static bool read_chunk(struct wire *w)
{
	char *to = buf_room(&w->in, READ_CHUNK);
	ssize_t n;

	if (to == NULL) {
		finish(w, w->in.failed);
		return false;
	}
	n = recv(w->fd, to, READ_CHUNK, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) { /* ECONNRESET: it died with unread requests of ours */
		finish(w, ERR_EOF);
		return false;
	}
	w->counters->bytes_in += (uint64_t)n;
	w->in.n += (size_t)n;
	parse(w);
	return n == READ_CHUNK && !w->paused && !w->ended;
}

void wire_read(struct wire *w)
{
	OBJ_CHECK(w, WIRE_MAGIC);
	for (int i = 0; i < READ_CHUNKS && !w->paused && !w->ended && read_chunk(w); i++)
		;
}

void wire_pause(struct wire *w, bool paused)
{
	OBJ_CHECK(w, WIRE_MAGIC);
	if (w->paused == paused || w->closed != NULL)
		return;
	w->paused = paused;
	arm(w);
	if (!paused)
		uv_idle_start(&w->soon, on_soon); /* whole frames may wait in `in` */
}

/* --- the loop --- */

/* uv stops polling by itself when it reports an error, for example the peer's reset; what the peer
 * wrote before is still to be read. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct wire *w;

	OBJ_CAST(w, poll->data, WIRE_MAGIC);
	if (status < 0) {
		w->armed = 0;
		arm(w);
	}
	if (status < 0 || (events & UV_WRITABLE) != 0)
		flush(w);
	if ((status < 0 || (events & UV_READABLE) != 0) && !w->paused && !w->ended)
		read_chunk(w);
}

static void on_soon(uv_idle_t *idle)
{
	struct wire *w;

	OBJ_CAST(w, idle->data, WIRE_MAGIC);
	uv_idle_stop(idle);
	if (!w->blocked)
		flush(w);
	parse(w);
}

int wire_open(struct wire *w, uv_loop_t *loop, int fd, const struct wire_port *port,
	      struct wire_counters *counters)
{
	*w = (struct wire){ .fd = fd, .handles = 2, .port = *port, .counters = counters };
	if (uv_poll_init(loop, &w->poll, fd) < 0) {
		close(fd);
		return ERR_IO;
	}
	OBJ_INIT(w, WIRE_MAGIC);
	uv_idle_init(loop, &w->soon);
	w->poll.data = w->soon.data = w;
	/* The room for one frame more makes ERR_TOOBIG a word about the frame and never the
	 * queue. */
	buf_init(&w->out, LIMIT_LINK_QUEUE + LIMIT_FRAME + FRAME_HEAD);
	buf_init(&w->in, LIMIT_FRAME + FRAME_HEAD + READ_CHUNK);
	arm(w);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct wire *w;

	OBJ_CAST(w, handle->data, WIRE_MAGIC);
	if (--w->handles > 0)
		return;
	OBJ_FINI(w);
	buf_fini(&w->in);
	buf_fini(&w->out);
	w->closed(w->port.ctx);
}

void wire_close(struct wire *w, void (*closed)(void *ctx))
{
	OBJ_CHECK(w, WIRE_MAGIC);
	must(w->closed == NULL);
	w->closed = closed;
	w->ended = w->broken = true;
	w->blocked = false;
	buf_reset(&w->out);
	uv_close((uv_handle_t *)&w->poll, on_closed);
	uv_close((uv_handle_t *)&w->soon, on_closed);
	close(w->fd); /* after uv_close took it out of epoll */
}
