/*
 * main.c - relink-worker: the process that hosts one provider plugin.
 *
 * 	relink-worker SLOT PLUGIN.so NAME
 *
 * It is started by relinkd (core/proc/child.h says with which descriptors) and ends with it.
 * NAME is for process lists.  SIGTERM is a stop without the core's asking: the plugin's sessions
 * stay at their provider.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/killpoint.h"
#include "base/must.h"
#include "worker/birth.h"
#include "worker/instance.h"
#include "worker/lastwords.h"
#include "worker/plugin.h"
#include "worker/pulse.h"
#include "worker/serve.h"

#define TERM_GRACE_MS 1000 /* for a plugin to close after SIGTERM */
#define TERM_TURN_MS  1500 /* for the loop to notice: one that hangs leaves a backtrace */

static struct worker worker;
static uv_async_t term;

static void on_term_signal(int sig)
{
	(void)sig;
	pulse_hurry(TERM_TURN_MS);
	uv_async_send(&term);
}

static void on_term(uv_async_t *async)
{
	(void)async;
	serve_stop(&worker, TERM_GRACE_MS);
}

static void watch_term(uv_loop_t *loop)
{
	struct sigaction sa = { .sa_handler = on_term_signal, .sa_flags = SA_RESTART };

	must(uv_async_init(loop, &term, on_term) == 0);
	sigaction(SIGTERM, &sa, NULL);
}

static void on_alarms_closed(void *ctx)
{
	(void)ctx;
}

/* Every handle of ours closes, so the loop ends. */
static void on_stopped(struct worker *w)
{
	signal(SIGTERM, SIG_IGN);
	ops_fini(&w->ops);
	web_close(&w->web);
	alarms_close(&w->alarms, on_alarms_closed, NULL);
	uplink_close(&w->uplink);
	pulse_close();
	uv_close((uv_handle_t *)&term, NULL);
}

int main(int argc, char **argv)
{
	struct relink_plugin plugin;
	struct why why;
	uv_loop_t loop;

	birth(argc > 1 ? argv[1] : "");
	if (argc != 4)
		last_words(EXIT_USAGE,
			   "usage: relink-worker SLOT PLUGIN.so NAME (relinkd does that)");
	KP("worker.start");
	if (plugin_load(&plugin, argv[2], &why) < 0)
		last_words(EXIT_CONFIG, "%s", why.text);
	KP("worker.dlopen");
	must(uv_loop_init(&loop) == 0);
	pulse_start(&loop);
	watch_term(&loop);
	serve_start(&worker, &loop, &plugin, LINK_FD, on_stopped);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	instances_free(&worker);
	KP("worker.exit");
	return 0;
}
