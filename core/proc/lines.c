/* lines.c - see lines.h. */
#include "proc/lines.h"

#include <errno.h>
#include <unistd.h>

#include "base/obj.h"

#define LINES_MAGIC 0xa1a12003u
#define READ_CHUNK  (32u << 10)

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct lines *l;
	char chunk[READ_CHUNK];
	ssize_t n;

	(void)status, (void)events;
	OBJ_CAST(l, poll->data, LINES_MAGIC);
	n = read(l->fd, chunk, sizeof chunk);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		cut_lines(&l->cut, l->speech, l->stream, chunk, (size_t)n);
		return;
	}
	uv_poll_stop(&l->poll);
	l->ended(l->ctx);
}

int lines_open(struct lines *l, uv_loop_t *loop, int fd, const char *stream, struct speech *speech,
	       void (*ended)(void *ctx), void *ctx)
{
	*l = (struct lines){
		.fd = fd, .stream = stream, .speech = speech, .ended = ended, .ctx = ctx
	};
	if (uv_poll_init(loop, &l->poll, fd) < 0) {
		close(fd);
		return ERR_IO;
	}
	OBJ_INIT(l, LINES_MAGIC);
	l->poll.data = l;
	uv_poll_start(&l->poll, UV_READABLE, on_readable);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct lines *l;

	OBJ_CAST(l, handle->data, LINES_MAGIC);
	OBJ_FINI(l);
	l->closed(l->ctx);
}

void lines_close(struct lines *l, void (*closed)(void *ctx))
{
	OBJ_CHECK(l, LINES_MAGIC);
	cut_rest(&l->cut, l->speech, l->stream);
	l->closed = closed;
	uv_close((uv_handle_t *)&l->poll, on_closed);
	close(l->fd);
}
