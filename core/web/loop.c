/* loop.c - see loop.h. */
#include "web/loop.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/obj.h"

#define WEB_LOOP_MAGIC 0xa1a12104u

struct web_poll {
	uv_poll_t poll; /* first: see on_poll_closed */
	struct web_loop *loop;
	curl_socket_t fd;
	UT_hash_handle hh;
};

/* --- what has ended --- */

/* What ends while `done` runs is found by the same round; `done` may close us. */
static void take_ended(struct web_loop *l)
{
	CURLMsg *m;
	int left;

	while (l->multi != NULL && (m = curl_multi_info_read(l->multi, &left)) != NULL) {
		if (m->msg == CURLMSG_DONE)
			l->done(l->ctx, m->easy_handle, m->data.result);
	}
}

static void turn(struct web_loop *l, curl_socket_t fd, int flags)
{
	int running;

	curl_multi_socket_action(l->multi, fd, flags, &running);
	take_ended(l);
}

/* --- time --- */

static void on_timer(uv_timer_t *timer)
{
	struct web_loop *l;

	OBJ_CAST(l, timer->data, WEB_LOOP_MAGIC);
	turn(l, CURL_SOCKET_TIMEOUT, 0);
}

/* 0 is "at once, but not from here": a timer of 0 would ring again in the same round of uv's. */
static int on_wanted_time(CURLM *multi, long ms, void *ctx)
{
	struct web_loop *l;

	(void)multi;
	OBJ_CAST(l, ctx, WEB_LOOP_MAGIC);
	if (ms < 0)
		uv_timer_stop(&l->timer);
	else
		uv_timer_start(&l->timer, on_timer, (uint64_t)MAX_OF(ms, 1L), 0);
	return 0;
}

/* --- sockets --- */

static void on_poll_closed(uv_handle_t *handle)
{
	free(handle); /* the struct web_poll */
}

static void let_go(struct web_loop *l, curl_socket_t fd)
{
	struct web_poll *p;

	HASH_FIND_INT(l->polls, &fd, p);
	if (p == NULL)
		return;
	HASH_DEL(l->polls, p);
	uv_poll_stop(&p->poll);
	uv_close((uv_handle_t *)&p->poll, on_poll_closed);
}

static struct web_poll *poll_of(struct web_loop *l, curl_socket_t fd)
{
	struct web_poll *p;

	HASH_FIND_INT(l->polls, &fd, p);
	if (p != NULL)
		return p;
	p = calloc(1, sizeof *p);
	if (p == NULL)
		return NULL;
	p->loop = l;
	p->fd = fd;
	HASH_ADD_INT(l->polls, fd, p);
	if (p->hh.tbl == NULL) {
		free(p);
		return NULL;
	}
	if (uv_poll_init(l->loop, &p->poll, fd) < 0) {
		HASH_DEL(l->polls, p);
		free(p);
		return NULL;
	}
	return p;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct web_poll *p = (struct web_poll *)poll;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0;

	if ((events & UV_READABLE) != 0)
		flags |= CURL_CSELECT_IN;
	if ((events & UV_WRITABLE) != 0)
		flags |= CURL_CSELECT_OUT;
	turn(p->loop, p->fd, flags);
}

/* Without memory for a handle the transfer hears nothing and ends at its deadline: an error from
 * here would make curl give up the whole multi. */
static int on_wanted_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct web_poll *p;
	struct web_loop *l;
	int events = 0;

	(void)easy, (void)socket_ctx;
	OBJ_CAST(l, ctx, WEB_LOOP_MAGIC);
	if (what == CURL_POLL_REMOVE) {
		let_go(l, fd);
		return 0;
	}
	p = poll_of(l, fd);
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= UV_READABLE;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= UV_WRITABLE;
	if (p != NULL)
		uv_poll_start(&p->poll, events, on_poll);
	return 0;
}

static int on_close_socket(void *ctx, curl_socket_t fd)
{
	struct web_loop *l;

	OBJ_CAST(l, ctx, WEB_LOOP_MAGIC);
	let_go(l, fd);
	return close(fd);
}

/* --- life --- */

void web_loop_open(struct web_loop *l, uv_loop_t *loop, void (*done)(void *ctx, CURL *, CURLcode),
		   void *ctx)
{
	*l = (struct web_loop){
		.loop = loop, .done = done, .ctx = ctx, .per_server = WEB_PER_SERVER
	};
	OBJ_INIT(l, WEB_LOOP_MAGIC);
	uv_timer_init(loop, &l->timer);
	l->timer.data = l;
}

int web_loop_begin(struct web_loop *l)
{
	OBJ_CHECK(l, WEB_LOOP_MAGIC);
	if (l->multi != NULL)
		return 0;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ERR_NOMEM;
	l->multi = curl_multi_init();
	if (l->multi == NULL)
		return ERR_NOMEM;
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_wanted_socket);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_wanted_time);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	/* Idle connections count here; curl closes one of them when a new one needs its place. */
	curl_multi_setopt(l->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)l->per_server);
	curl_multi_setopt(l->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)WEB_ACTIVE);
	curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)WEB_ACTIVE);
	return 0;
}

/* No curl_global_cleanup: a thread that still resolves a name may outlive us. */
void web_loop_close(struct web_loop *l)
{
	OBJ_CHECK(l, WEB_LOOP_MAGIC);
	if (l->multi != NULL)
		curl_multi_cleanup(TAKE(l->multi));
	while (l->polls != NULL)
		let_go(l, l->polls->fd);
	uv_close((uv_handle_t *)&l->timer, NULL);
}

int web_loop_add(struct web_loop *l, CURL *easy)
{
	OBJ_CHECK(l, WEB_LOOP_MAGIC);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Else the end of a transfer whose name is still being resolved waits for that thread. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, l);
	return curl_multi_add_handle(l->multi, easy) == CURLM_OK ? 0 : ERR_NOMEM;
}

void web_loop_remove(struct web_loop *l, CURL *easy)
{
	OBJ_CHECK(l, WEB_LOOP_MAGIC);
	curl_multi_remove_handle(l->multi, easy);
}
