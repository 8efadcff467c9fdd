/* surf.c - see surf.h. */
#include "surf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/obj.h"

#define PATIENCE_MS 30000
#define OWNER       (&web)

uv_loop_t loop;
struct web web;
struct httpd httpd;
static struct alarms alarms;
static uv_timer_t patience;
static bool asking;
bool surf_status_only;
const struct guard *surf_guard;

static void on_closed(void *ctx)
{
	(void)ctx;
}

int surf_open(void **state)
{
	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	uv_timer_init(&loop, &patience);
	alarms_init(&alarms, &loop);
	httpd_open(&httpd, &loop);
	httpd.text = OK_TEXT;
	surf_status_only = false;
	web_open(&web, &loop, &alarms);
	return 0;
}

int surf_close(void **state)
{
	(void)state;
	if (!web.closed)
		web_close(&web);
	assert_null(web.servers);
	assert_null(web.ready);
	assert_int_equal(web.n_active, 0);
	assert_int_equal(web.n_waiting, 0);
	assert_int_equal(web.waiting_bytes, 0);
	assert_int_equal(alarms.heap.n, 0);
	alarms_close(&alarms, on_closed, NULL);
	httpd_close(&httpd);
	uv_close((uv_handle_t *)&patience, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	return 0;
}

static void on_patience_lost(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("what is waited for does not come");
}

void surf_patience(bool on)
{
	if (on)
		uv_timer_start(&patience, on_patience_lost, PATIENCE_MS, 0);
	else
		uv_timer_stop(&patience);
}

struct relink_http_request to(const char *method, const char *path)
{
	static char urls[8][WEB_URL_MAX + 100];
	static unsigned n;
	char *url = urls[n++ % 8];

	snprintf(url, sizeof urls[0], "http://127.0.0.1:%u%s", httpd.port, path);
	return (struct relink_http_request){ .size = sizeof(struct relink_http_request),
					     .method = rs(method),
					     .url = rs(url) };
}

static void keep(char *dst, size_t size, struct relink_str s)
{
	str_copy(dst, size, (struct str){ s.p, s.n });
}

static void on_reply(void *arg, const struct relink_http_reply *r)
{
	struct got *g = arg;

	assert_false(asking);
	assert_int_equal(r->size, sizeof *r);
	g->times++;
	g->cause = r->cause;
	g->sent = r->sent;
	g->timeout = r->timeout;
	g->status = r->status;
	g->retry_after_ms = r->retry_after_ms;
	keep(g->text, sizeof g->text, r->text);
	keep(g->type, sizeof g->type, r->content_type);
	keep(g->body, sizeof g->body, r->body);
	g->n_body = r->body.n;
	uv_stop(
	    &loop); /* timers ring before the loop sleeps: it would, with what we wait for here */
	if (g->then != NULL)
		g->then(g);
}

bool ask(struct got *g, const struct relink_http_request *r)
{
	asking = true;
	g->id = surf_guard != NULL
		    ? web_tell_guarded(&web, OWNER, r, surf_guard, on_reply, g)
		    : (surf_status_only ? web_tell : web_ask)(&web, OWNER, r, on_reply, g);
	asking = false;
	return g->id != 0;
}

const struct got *fetch(const struct relink_http_request *r)
{
	static struct got g;

	g = (struct got){ 0 };
	assert_true(ask(&g, r));
	until(g.times > 0);
	assert_int_equal(g.times, 1);
	return &g;
}

void assert_got(const struct got *g, enum relink_cause cause, int sent, const char *part)
{
	assert_int_equal(g->times, 1);
	if (strstr(g->text, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", g->text, part);
	assert_int_equal(g->cause, cause);
	assert_int_equal(g->sent, sent);
	if (cause != RELINK_NONE) {
		assert_int_equal(g->status, 0);
		assert_int_equal(g->n_body, 0);
	}
}
