/* post.c - the only place from which this room calls back. */
#include "store/post.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/killpoint.h"
#include "base/obj.h"

#define POST_MAGIC 0x57a3c0deu

static void on_async_closed(uv_handle_t *handle)
{
	free(handle);
}

static void deliver_done(struct commit *done)
{
	while (done != NULL) {
		struct commit *c = done;
		void (*call)(void *ctx) = c->done;
		void *ctx = c->ctx;

		DL_DELETE(done, c);
		commit_free(&c);
		KP("store.completion");
		if (call != NULL)
			call(ctx);
	}
}

static void deliver_answers(struct reading *answered)
{
	while (answered != NULL) {
		struct reading *a = answered;

		DL_DELETE(answered, a);
		reading_deliver(&a);
	}
}

static void on_post(uv_async_t *async)
{
	struct post *p;
	struct news news;

	OBJ_CAST(p, async->data, POST_MAGIC);
	uv_mutex_lock(&p->lock);
	news = p->news;
	p->news.done = NULL;
	p->news.answered = NULL;
	uv_mutex_unlock(&p->lock);

	p->delivering = true;
	if (news.healthy != p->told_healthy) {
		p->told_healthy = news.healthy;
		p->port.health(p->port.ctx, news.healthy, &news.health_why);
	}
	deliver_done(news.done);
	deliver_answers(news.answered);
	if (news.fatal && !p->told_fatal) {
		p->told_fatal = true;
		p->port.fatal(p->port.ctx, &news.fatal_why);
	}
	p->delivering = false;
}

int post_start(struct post *p, struct uv_loop_s *loop, const struct store_port *port,
	       struct why *why)
{
	*p = (struct post){ .port = *port, .news = { .healthy = true }, .told_healthy = true };
	OBJ_INIT(p, POST_MAGIC);
	p->async = malloc(sizeof *p->async);
	if (p->async == NULL || uv_mutex_init(&p->lock) != 0) {
		free(p->async);
		return why_set(why, ERR_NOMEM, "cannot start the store: out of memory");
	}
	if (uv_async_init(loop, p->async, on_post) != 0) {
		uv_mutex_destroy(&p->lock);
		free(p->async);
		return why_set(why, ERR_UNAVAILABLE,
			       "cannot start the store: no file descriptor; "
			       "raise the limit (ulimit -n)");
	}
	p->async->data = p;
	return 0;
}

void post_stop(struct post *p)
{
	must(!p->delivering);
	uv_close((uv_handle_t *)p->async, on_async_closed);
	commit_free_all(&p->news.done);
	reading_free_all(&p->news.answered);
	uv_mutex_destroy(&p->lock);
	OBJ_FINI(p);
}

void post_done(struct post *p, struct commit **group)
{
	struct commit *list = TAKE(*group);

	uv_mutex_lock(&p->lock);
	DL_CONCAT(p->news.done, list);
	uv_mutex_unlock(&p->lock);
	uv_async_send(p->async);
}

void post_answer(struct post *p, struct reading **reading)
{
	struct reading *a = TAKE(*reading);

	uv_mutex_lock(&p->lock);
	DL_APPEND(p->news.answered, a);
	uv_mutex_unlock(&p->lock);
	uv_async_send(p->async);
}

void post_health(struct post *p, bool ok, const struct why *why)
{
	bool changed;

	uv_mutex_lock(&p->lock);
	changed = p->news.healthy != ok;
	p->news.healthy = ok;
	if (changed)
		p->news.health_why = *why;
	uv_mutex_unlock(&p->lock);
	if (changed)
		uv_async_send(p->async);
}

void post_fatal(struct post *p, const struct why *why)
{
	uv_mutex_lock(&p->lock);
	if (!p->news.fatal)
		p->news.fatal_why = *why;
	p->news.fatal = true;
	uv_mutex_unlock(&p->lock);
	uv_async_send(p->async);
}

bool post_is_fatal(struct post *p)
{
	bool fatal;

	uv_mutex_lock(&p->lock);
	fatal = p->news.fatal;
	uv_mutex_unlock(&p->lock);
	return fatal;
}
