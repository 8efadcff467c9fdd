/*
 * server.c - sockets on the loop.
 *
 * A connection's socket is watched with uv_poll and read and written here: that is a third of the
 * memory of a uv stream with its write request, which counts for thousands of idle event streams.
 * One read buffer serves all, since bytes are used up in the callback that reads them.
 *
 * A link dies in two steps: link_close takes it off the loop, and its close callback, which comes
 * from the loop with nothing else on the stack, ends the connection and its work.
 */
#include "api/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>
#include <uv.h>

#include "api/api.h"
#include "api/conn.h"
#include "api/face.h"
#include "api/listen.h"
#include "api/shares.h"
#include "api/spare.h"
#include "base/clock.h"
#include "base/killpoint.h"
#include "base/obj.h"

#define LINK_MAGIC     0x11c0ffeeu
#define LISTENER_MAGIC 0x115e0e0eu
#define SERVER_MAGIC   0x5e12e12eu

#define READ_BYTES   (64u << 10)
#define ACCEPTS      64  /* connections taken in one turn */
#define SENDS        4   /* sends on one connection in one turn */
#define REFUSALS     64  /* connections over the limit that get an answer at the same time */
#define CROWD        8   /* the same, from one address that has all it may */
#define SPARED       16  /* connections refused with the spare descriptor in one turn */
#define EXHAUSTED_MS 200 /* how long to take no connection when even that one is gone */

struct link {
	uv_poll_t poll;
	unsigned magic;
	int fd, events;
	bool shut, closing;
	bool shared; /* counted in server->shares */
	struct server *server;
	struct link *prev, *next;
	struct conn conn;
};

struct listener {
	uv_poll_t poll;
	unsigned magic;
	int fd; /* -1: closed */
	bool is_unix;
	struct server *server;
};

struct server {
	unsigned magic;
	uv_loop_t *loop;
	struct face *face;
	uv_timer_t timer;
	struct listener listeners[2];
	struct link *links;
	struct shares shares;
	uint64_t limit, per_peer;
	struct spare spare;
	unsigned handles;       /* on the loop, and not closed yet */
	struct deadline accept; /* accept again, after descriptors had run out */
	struct deadline grace;  /* end of the stop's patience */
	void (*stopped)(void *ctx);
	void *stopped_ctx;
	void (*freed)(void *ctx); /* not NULL: everything is being closed */
	void *freed_ctx;
	char *socket_path;
	char url[LISTEN_URL];
	char bytes[READ_BYTES];
};

/* Tell who waits for the end of the stop, once all that was open is closed. */
static void check_stopped(struct server *s)
{
	void (*stopped)(void *) = s->stopped;

	if (stopped == NULL || s->links != NULL || s->listeners[0].fd >= 0 ||
	    s->listeners[1].fd >= 0)
		return;
	s->stopped = NULL;
	stopped(s->stopped_ctx);
}

static void on_handle_closed(struct server *s)
{
	void (*freed)(void *) = s->freed;
	void *ctx = s->freed_ctx;

	s->handles--;
	if (freed == NULL || s->handles > 0) {
		check_stopped(s);
		return;
	}
	deadline_fini(&s->face->deadlines, &s->accept);
	deadline_fini(&s->face->deadlines, &s->grace);
	OBJ_FINI(s);
	spare_close(&s->spare);
	free(s->socket_path);
	free(s);
	freed(ctx);
}

/* --- deadlines --- */

static void on_timer(uv_timer_t *);

static void arm(struct server *s)
{
	uint64_t next = deadlines_next(&s->face->deadlines), now = clock_ms();

	if (next == DEADLINE_NEVER || s->freed != NULL)
		uv_timer_stop(&s->timer);
	else
		uv_timer_start(&s->timer, on_timer, next > now ? next - now : 0, 0);
}

static void on_timer(uv_timer_t *t)
{
	struct server *s;

	OBJ_CAST(s, t->data, SERVER_MAGIC);
	deadlines_run(&s->face->deadlines, clock_ms());
	arm(s);
}

static void on_sooner(struct deadlines *d)
{
	struct server *s;

	OBJ_CAST(s, d->ctx, SERVER_MAGIC);
	arm(s);
}

/* --- links --- */

static void on_link_closed(uv_handle_t *h)
{
	struct link *l;
	struct server *s;

	OBJ_CAST(l, h->data, LINK_MAGIC);
	s = l->server;
	if (l->shared)
		shares_remove(&s->shares, &l->conn.peer);
	conn_fini(&l->conn);
	DL_DELETE(s->links, l);
	s->face->stats.connections--;
	OBJ_FINI(l);
	free(l);
	on_handle_closed(s);
}

static void link_close(struct link *l)
{
	if (l->closing)
		return;
	l->closing = true;
	uv_close((uv_handle_t *)&l->poll, on_link_closed);
	close(l->fd);
}

static void link_send(struct link *l)
{
	for (int i = 0; i < SENDS; i++) {
		struct str out = conn_output(&l->conn);
		ssize_t n;

		if (out.n == 0)
			return;
		KP("api.reply.before");
		n = send(l->fd, out.p, out.n, MSG_NOSIGNAL);
		KP("api.reply.after");
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			conn_abort(&l->conn);
		else
			conn_sent(&l->conn, (size_t)n);
	}
}

static void on_link_ready(uv_poll_t *, int status, int events);

static void link_watch(struct link *l)
{
	int events = conn_wants_bytes(&l->conn) ? UV_READABLE : 0;

	if (events == 0 && !l->conn.eof)
		events = UV_DISCONNECT;
	if (conn_output(&l->conn).n > 0)
		events |= UV_WRITABLE;
	if (events == l->events)
		return;
	l->events = events;
	if (events == 0)
		uv_poll_stop(&l->poll);
	else
		uv_poll_start(&l->poll, events, on_link_ready);
}

/* Bring the socket in line with what its connection has to send, wants to hear, and is. */
static void link_sync(struct link *l)
{
	if (l->closing)
		return;
	link_send(l);
	if (l->conn.phase == CONN_OVER) {
		link_close(l);
		return;
	}
	if (l->conn.phase == CONN_LINGERING && conn_output(&l->conn).n == 0 && !l->shut) {
		l->shut = true;
		shutdown(l->fd, SHUT_WR);
	}
	link_watch(l);
}

static void on_conn_changed(struct conn *c)
{
	struct link *l = (struct link *)((char *)c - offsetof(struct link, conn));

	OBJ_CHECK(l, LINK_MAGIC);
	link_sync(l);
}

static void link_read(struct link *l)
{
	char *bytes = l->server->bytes;
	ssize_t n = recv(l->fd, bytes, READ_BYTES, 0);

	if (n > 0)
		conn_feed(&l->conn, (struct str){ bytes, (size_t)n });
	else if (n == 0)
		conn_eof(&l->conn);
	else if (errno != EAGAIN && errno != EINTR)
		conn_abort(&l->conn);
}

static void on_link_ready(uv_poll_t *poll, int status, int events)
{
	struct link *l;

	OBJ_CAST(l, poll->data, LINK_MAGIC);
	if (status < 0)
		conn_abort(&l->conn);
	else if (events & UV_READABLE)
		link_read(l);
	else if (events & UV_DISCONNECT)
		conn_eof(&l->conn);
	link_sync(l);
}

static void refuse_if_full(struct server *s, struct link *l, uint64_t of_peer)
{
	struct problem p;

	if (s->face->stats.connections > s->limit) {
		problem_set(
		    &p, PROBLEM_too_many_connections,
		    "%llu connections are open, and no more are allowed (http.connections).",
		    (unsigned long long)s->limit);
	} else if (s->per_peer > 0 && of_peer > s->per_peer) {
		s->face->stats.crowded++;
		problem_set(&p, PROBLEM_too_many_connections,
			    "%llu connections are open from your address, and no more are allowed "
			    "(http.connections_per_peer).",
			    (unsigned long long)s->per_peer);
	} else {
		return;
	}
	conn_refuse(&l->conn, &p);
}

/* A reverse proxy on this machine has the connections of everybody. */
static bool counts(const struct server *s, const struct peer *peer)
{
	return s->per_peer > 0 && !peer_is_local(peer);
}

/* `fd` is given. */
static void link_new(struct server *s, int fd, const struct peer *peer, bool is_unix)
{
	struct link *l = calloc(1, sizeof *l);
	uint64_t of_peer = 0;

	if (l == NULL ||
	    conn_init(&l->conn, s->face, is_unix && listen_peer_is_us(fd), on_conn_changed) != 0)
		goto fail;
	l->conn.peer = *peer;
	l->conn.from_unix = is_unix;
	if (counts(s, peer)) {
		of_peer = shares_add(&s->shares, peer);
		l->shared = of_peer > 0;
	}
	if (of_peer > s->per_peer + CROWD || uv_poll_init(s->loop, &l->poll, fd) != 0) {
		if (l->shared)
			shares_remove(&s->shares, peer);
		conn_fini(&l->conn);
		goto fail;
	}
	OBJ_INIT(l, LINK_MAGIC);
	l->poll.data = l;
	l->fd = fd;
	l->server = s;
	DL_APPEND(s->links, l);
	s->handles++;
	s->face->stats.connections++;
	refuse_if_full(s, l, of_peer);
	link_sync(l);
	return;
fail:
	s->face->stats.refused++;
	free(l);
	close(fd);
}

/* --- listeners --- */

static void on_acceptable(uv_poll_t *, int status, int events);

static void take_connection(struct listener *l, int fd, const struct sockaddr *from)
{
	const struct peer peer = peer_of(from);
	struct server *s = l->server;
	int on = 1;

	KP("api.accepted");
	if (s->face->stats.connections >= s->limit + REFUSALS) {
		s->face->stats.refused++;
		close(fd);
		return;
	}
	if (!l->is_unix)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	link_new(s, fd, &peer, l->is_unix);
}

/* The system has no descriptor or memory left: connections wait in its queue for a while. */
static void pause_accepting(struct server *s)
{
	for (size_t i = 0; i < ARRAY_LEN(s->listeners); i++) {
		if (s->listeners[i].fd >= 0)
			uv_poll_stop(&s->listeners[i].poll);
	}
	deadline_set(&s->face->deadlines, &s->accept, clock_ms() + EXHAUSTED_MS);
}

static void on_accept_again(struct deadline *d)
{
	struct server *s = (struct server *)((char *)d - offsetof(struct server, accept));

	spare_open(&s->spare);
	for (size_t i = 0; i < ARRAY_LEN(s->listeners); i++) {
		if (s->listeners[i].fd >= 0)
			uv_poll_start(&s->listeners[i].poll, UV_READABLE, on_acceptable);
	}
}

static void on_acceptable(uv_poll_t *poll, int status, int events)
{
	struct listener *l;
	int spared = 0;

	(void)status;
	(void)events;
	OBJ_CAST(l, poll->data, LISTENER_MAGIC);
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t n = sizeof from;
		int fd = accept4(l->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take_connection(l, fd, (const struct sockaddr *)&from);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			if (++spared <= SPARED &&
			    spare_refuse(&l->server->spare, l->fd, l->server->face))
				continue;
			pause_accepting(l->server);
			return;
		}
	}
}

static void on_listener_closed(uv_handle_t *h)
{
	struct listener *l;

	OBJ_CAST(l, h->data, LISTENER_MAGIC);
	OBJ_FINI(l);
	on_handle_closed(l->server);
}

/* `fd` is given. */
static int listener_open(struct server *s, struct listener *l, int fd, bool is_unix,
			 struct why *why)
{
	if (uv_poll_init(s->loop, &l->poll, fd) != 0) {
		close(fd);
		return why_set(why, ERR_IO, "the event loop cannot watch a listening socket");
	}
	OBJ_INIT(l, LISTENER_MAGIC);
	l->poll.data = l;
	l->server = s;
	l->fd = fd;
	l->is_unix = is_unix;
	s->handles++;
	uv_poll_start(&l->poll, UV_READABLE, on_acceptable);
	return 0;
}

static void listeners_close(struct server *s)
{
	for (size_t i = 0; i < ARRAY_LEN(s->listeners); i++) {
		struct listener *l = &s->listeners[i];

		if (l->fd < 0)
			continue;
		if (l->is_unix)
			unlink(s->socket_path);
		uv_close((uv_handle_t *)&l->poll, on_listener_closed);
		close(l->fd);
		l->fd = -1;
	}
}

/* --- life --- */

static void close_links(struct server *s)
{
	struct link *l, *next;

	DL_FOREACH_SAFE(s->links, l, next)
	{
		conn_abort(&l->conn);
		link_close(l);
	}
}

static void on_grace_over(struct deadline *d)
{
	struct server *s = (struct server *)((char *)d - offsetof(struct server, grace));

	close_links(s);
	check_stopped(s);
}

int server_new(struct server **ret_server, uv_loop_t *loop, struct face *f, uint64_t connections,
	       uint64_t per_peer)
{
	struct server *s = calloc(1, sizeof *s);

	if (s == NULL || deadline_init(&f->deadlines, &s->accept, on_accept_again) != 0) {
		free(s);
		return ERR_NOMEM;
	}
	if (deadline_init(&f->deadlines, &s->grace, on_grace_over) != 0) {
		deadline_fini(&f->deadlines, &s->accept);
		free(s);
		return ERR_NOMEM;
	}
	OBJ_INIT(s, SERVER_MAGIC);
	s->loop = loop;
	s->face = f;
	s->limit = connections;
	s->per_peer = per_peer;
	s->spare.fd = -1;
	spare_open(&s->spare);
	s->listeners[0].fd = s->listeners[1].fd = -1;
	uv_timer_init(loop, &s->timer);
	s->timer.data = s;
	s->handles = 1;
	f->deadlines.sooner = on_sooner;
	f->deadlines.ctx = s;
	*ret_server = s;
	return 0;
}

int server_listen_tcp(struct server *s, const char *address, struct why *why)
{
	int fd = listen_tcp(address, s->url, why);

	return fd < 0 ? fd : listener_open(s, &s->listeners[0], fd, false, why);
}

int server_listen_unix(struct server *s, const char *path, struct why *why)
{
	int fd;

	s->socket_path = str_dup(str_of(path));
	if (s->socket_path == NULL)
		return why_set(why, ERR_NOMEM, "out of memory");
	fd = listen_unix(path, why);
	return fd < 0 ? fd : listener_open(s, &s->listeners[1], fd, true, why);
}

const char *server_url(const struct server *s)
{
	return s->url;
}

void server_stop(struct server *s, uint64_t grace_ms, void (*done)(void *ctx), void *ctx)
{
	struct link *l, *next;

	s->stopped = done;
	s->stopped_ctx = ctx;
	s->face->stopping = true;
	listeners_close(s);
	DL_FOREACH_SAFE(s->links, l, next)
	{
		conn_stop(&l->conn);
		link_sync(l);
	}
	deadline_set(&s->face->deadlines, &s->grace, clock_ms() + grace_ms);
}

static void on_timer_closed(uv_handle_t *h)
{
	struct server *s;

	OBJ_CAST(s, h->data, SERVER_MAGIC);
	on_handle_closed(s);
}

void server_free(struct server **server, void (*freed)(void *ctx), void *ctx)
{
	struct server *s = TAKE(*server);

	if (s == NULL) {
		freed(ctx);
		return;
	}
	s->stopped = NULL;
	s->freed = freed;
	s->freed_ctx = ctx;
	s->face->stopping = true;
	listeners_close(s);
	close_links(s);
	uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}
