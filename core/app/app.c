/*
 * app.c - makes every part, connects the ports, keeps the order of start and of stop.
 *
 * Start: store (lock, load), engine, store threads, services, workers, API.  Nothing listens before
 * everything that was stored is loaded.  Stop is the reverse: the API takes no more, workers end in
 * good order, then the services that end with us, what was decided is written, the lock is released.
 * Other services and the sessions at the providers are left alone.
 */
#include "app/app.h"
#include "app/outbox.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <uv.h>

#include "api/api.h"
#include "app/figures.h"
#include "app/notify.h"
#include "app/record.h"
#include "base/clock.h"
#include "base/killpoint.h"
#include "base/obj.h"
#include "conf/conf.h"
#include "engine/engine.h"
#include "out/bus.h"
#include "proc/pool.h"
#include "proc/services.h"
#include "store/store.h"

#define APP_MAGIC       0x52415050u
#define BUS_RING        4096 /* who falls further behind reads on from the store */
#define HOUSEKEEPING_MS 10000

struct app {
	unsigned magic;
	const char *file;
	struct conf *conf;
	uv_loop_t loop;
	uv_timer_t turn, housekeeping;
	uv_signal_t signals[3];
	struct notify notify;
	struct store *store;
	struct bus *bus;
	struct engine *engine;
	struct pool *pool;
	struct services *services;
	struct api *api;
	struct guard *guard;
	struct outbox outbox; /* of the API */
	struct record *record;
	struct outbox_office office;
	bool loop_made, turn_soon, stopping, stopped;
	int exit_status;
};

/* ---- the engine's turns ---- */

static void on_turn(uv_timer_t *t);

static void arrange_turn(struct app *a)
{
	uint64_t next = engine_next(a->engine), now = clock_ms();

	a->turn_soon = false;
	if (next == UINT64_MAX)
		uv_timer_stop(&a->turn);
	else
		uv_timer_start(&a->turn, on_turn, next > now ? next - now : 0, 0);
}

static void on_turn(uv_timer_t *t)
{
	struct app *a;

	OBJ_CAST(a, t->data, APP_MAGIC);
	engine_turn(a->engine);
	record_turn(a->record);
	if (!a->stopped)
		arrange_turn(a);
}

/* Something was posted: a turn comes in the next iteration of the loop, once for all of it. */
static void on_post(void *ctx)
{
	struct app *a;

	OBJ_CAST(a, ctx, APP_MAGIC);
	if (a->turn_soon || a->stopped)
		return;
	a->turn_soon = true;
	uv_timer_start(&a->turn, on_turn, 0, 0);
}

static void on_housekeeping(uv_timer_t *t)
{
	(void)t;
	log_flush();
}

/* ---- stop ---- */

static void close_handles(struct app *a)
{
	a->stopped = true;
	uv_close((uv_handle_t *)&a->turn, NULL);
	uv_close((uv_handle_t *)&a->housekeeping, NULL);
	notify_close(&a->notify);
	for (size_t i = 0; i < ARRAY_LEN(a->signals); i++) {
		int signum = a->signals[i].signum;

		uv_close((uv_handle_t *)&a->signals[i], NULL);
		/* What is left, the store above all, ends in order whoever asks again meanwhile. */
		if (signum != 0)
			signal(signum, SIG_IGN);
	}
	uv_stop(&a->loop);
}

static void on_engine_stopped(void *ctx)
{
	struct app *a;

	OBJ_CAST(a, ctx, APP_MAGIC);
	close_handles(a);
}

static void on_api_stopped(void *ctx)
{
	struct app *a;

	OBJ_CAST(a, ctx, APP_MAGIC);
	engine_stop(a->engine, on_engine_stopped, a);
}

static void stop(struct app *a, const char *why)
{
	if (a->stopping) {
		/* asked twice: skip the waiting, never the store */
		if (!a->stopped)
			close_handles(a);
		return;
	}
	a->stopping = true;
	LOG(INFO, APP, "app.stopping", f_text("why", why));
	notify_stopping(&a->notify, why);
	KP("app.stopping");
	if (a->engine != NULL)
		engine_wind_down(a->engine);
	if (a->api != NULL)
		api_stop(a->api, a->conf->stop_ms, on_api_stopped, a);
	else
		on_api_stopped(a);
}

static void on_store_fatal(void *ctx, const struct why *why)
{
	struct app *a;

	OBJ_CAST(a, ctx, APP_MAGIC);
	LOG(ERROR, APP, "app.fatal", f_text("why", why->text));
	a->exit_status = why->code == ERR_FENCED ? APP_BUSY : APP_IO;
	a->stopping = true;
	if (!a->stopped)
		close_handles(a);
}

/* ---- signals ---- */

static void use_log_settings(const struct conf *c)
{
	log_as_json(c->log_json);
	log_set_level(c->log_level);
	for (unsigned i = 0; i < LOG_SUB_COUNT; i++)
		log_set_subsystem_level((enum log_subsystem)i, c->log_levels[i]);
}

static void reload(struct app *a)
{
	struct conf *next = NULL;
	struct why why = { 0 };
	int r;

	if (!a->stopping)
		notify_reloading(&a->notify);
	r = conf_load(&next, a->file, &why);
	if (r == 0)
		r = app_paths(next, &why);
	if (r == 0)
		r = conf_can_reload(a->conf, next, &why);
	if (r < 0) {
		LOG(ERROR, CONF, "conf.refused", f_text("why", why.text),
		    f_text("so", "the configuration from before stays in force"));
		conf_free(&next);
	} else {
		engine_reload(a->engine, next);
		use_log_settings(next);
		record_use(&a->record, &a->loop, a->engine, next);
		conf_free(&a->conf);
		a->conf = next;
		LOG(INFO, CONF, "conf.reloaded", f_text("file", a->file));
	}
	if (!a->stopping)
		notify_ready(&a->notify, api_address(a->api));
}

static void on_signal(uv_signal_t *s, int signum)
{
	struct app *a;

	OBJ_CAST(a, s->data, APP_MAGIC);
	if (signum == SIGHUP)
		reload(a);
	else
		stop(a, signum == SIGTERM ? "SIGTERM" : "SIGINT");
}

/* ---- start ---- */

static int make_state_dir(const struct conf *c, struct why *why)
{
	struct stat st;

	if (mkdir(c->state_dir, 0700) == 0)
		return 0;
	if (stat(c->state_dir, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return why_errno(why, ERR_IO,
			 "cannot make the state directory %s; create it, or set state_dir",
			 c->state_dir);
}

static int open_store(struct app *a, struct why *why)
{
	struct store_options o = { .dir = a->conf->state_dir,
				   .window_us = a->conf->store_window_us,
				   .retention_ms = a->conf->store_retention_ms,
				   .journal_rows = a->conf->store_journal_rows };
	int r = make_state_dir(a->conf, why);

	return r < 0 ? r : store_open(&a->store, &o, why);
}

static int start_loop(struct app *a)
{
	static const int wanted[] = { SIGTERM, SIGINT, SIGHUP };

	if (uv_loop_init(&a->loop) < 0)
		return ERR_NOMEM;
	a->loop_made = true;
	uv_timer_init(&a->loop, &a->turn);
	a->turn.data = a;
	uv_timer_init(&a->loop, &a->housekeeping);
	a->housekeeping.data = a;
	uv_timer_start(&a->housekeeping, on_housekeeping, HOUSEKEEPING_MS, HOUSEKEEPING_MS);
	uv_unref((uv_handle_t *)&a->housekeeping);
	notify_open(&a->notify, &a->loop);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		uv_signal_init(&a->loop, &a->signals[i]);
		a->signals[i].data = a;
		uv_signal_start(&a->signals[i], on_signal, wanted[i]);
	}
	return 0;
}

static void write_figures(void *ctx, struct metrics *m)
{
	const struct app *a;

	OBJ_CAST(a, ctx, APP_MAGIC);
	engine_metrics(a->engine, m);
	pool_figures(a->pool, m);
	store_figures(a->store, m);
	process_figures(m);
}

static int start_api(struct app *a, struct why *why)
{
	const struct conf *c = a->conf;
	char key_file[4096], socket[4096];
	struct api_port port = engine_api_port(a->engine);
	struct api_options o = { .listen = c->http_listen,
				 .socket_path = c->http_socket != NULL ? c->http_socket : socket,
				 .key_file = key_file,
				 .header_ms = c->http_header_ms,
				 .body_ms = c->http_body_ms,
				 .write_ms = c->http_write_ms,
				 .idle_ms = c->http_idle_ms,
				 .connections = c->http_connections,
				 .connections_per_peer = c->http_connections_per_peer,
				 .hosts = c->http_hosts,
				 .any_host = c->http_allow_remote && c->http_hosts == NULL,
				 .body_bytes = c->http_body_bytes,
				 .metrics_open = c->http_metrics_open,
				 .office = &a->office,
				 .endpoints = { .total_ms = c->webhooks_ms,
						.rules = { .retry_ms = c->webhooks_retry_ms,
							   .give_up_ms = c->webhooks_give_up_ms },
						.stuck_ms = c->alerts_outbox_ms,
						.overlap_ms = c->webhooks_overlap_ms },
				 .figures = write_figures,
				 .figures_ctx = a,
				 .dropin = {
				     .key = c->dropin_key,
				     .key_file = c->dropin_key_file,
				     .provider = c->dropin_provider,
				     .workspace_prefix = c->dropin_workspace_prefix,
				     .wait_ms = c->dropin_wait_ms,
				     .webhook_url = c->dropin_webhook_url,
				     .webhook_secret = c->dropin_webhook_secret,
				     .webhook_secret_file = c->dropin_webhook_secret_file,
				     .webhook_ms = c->dropin_webhook_ms,
				 } };

	if (o.dropin.provider == NULL && c->n_providers > 0)
		o.dropin.provider = c->providers[0].name;
	snprintf(key_file, sizeof key_file, "%s/admin.key", c->state_dir);
	snprintf(socket, sizeof socket, "%s/relink.sock", c->state_dir);
	return api_new(&a->api, &a->loop, &o, &port, a->bus, why);
}

/* What birth.c of the worker reads. */
static int worker_limits(const struct conf *c, char *to, size_t n, struct why *why)
{
	const struct passwd *user = NULL;

	if (c->worker_user != NULL) {
		user = getpwnam(c->worker_user);
		if (user == NULL)
			return why_set(
			    why, ERR_CONFIG,
			    "worker.user: there is no user \"%s\"; make it, or leave the "
			    "key out",
			    c->worker_user);
		if (geteuid() != 0 && user->pw_uid != geteuid())
			return why_set(
			    why, ERR_CONFIG,
			    "worker.user: only root can start workers as \"%s\"; leave the "
			    "key out, or start relinkd as root",
			    c->worker_user);
	}
	snprintf(to, n, "%llu %llu %u %u", (unsigned long long)c->worker_open_files,
		 (unsigned long long)c->worker_address_space,
		 user != NULL && geteuid() == 0 ? (unsigned)user->pw_uid : 0,
		 user != NULL && geteuid() == 0 ? (unsigned)user->pw_gid : 0);
	return 0;
}

static int start(struct app *a, struct why *why)
{
	char limits[128];
	struct pool_options po = { .worker_path = a->conf->worker_path,
				   .slots = engine_slots(a->conf),
				   .limits = limits };
	struct store_port sp;
	struct pool_port pp;
	struct services_port vp;
	int r = worker_limits(a->conf, limits, sizeof limits, why);

	if (r == 0)
		r = guard_new(&a->guard, a->conf->webhooks_allow_private,
			      a->conf->webhooks_allow_http, why);
	if (r == 0)
		r = open_store(a, why);
	if (r < 0)
		return r;
	KP("app.store_open");
	r = engine_new(&a->engine, a->conf, a->store, why);
	if (r < 0)
		return r;
	r = bus_new(&a->bus, BUS_RING, engine_last_seq(a->engine));
	if (r < 0)
		return why_set(why, r, "no memory for the event bus");
	engine_on_post(a->engine, on_post, a);
	engine_on_fatal(a->engine, on_store_fatal, a);
	sp = engine_store_port(a->engine);
	pp = engine_pool_port(a->engine);
	r = store_start(a->store, &a->loop, &sp, why);
	if (r < 0)
		return r;
	r = pool_new(&a->pool, &a->loop, &po, &pp, why);
	if (r < 0)
		return r;
	vp = engine_services_port(a->engine);
	r = services_new(&a->services, &a->loop, a->conf->state_dir, engine_services(a->conf), &vp,
			 why);
	if (r < 0)
		return r;
	engine_use_services(a->engine, a->services);
	record_use(&a->record, &a->loop, a->engine, a->conf);
	engine_start(a->engine, a->pool, a->bus);
	arrange_turn(a);
	outbox_open(&a->outbox, &a->loop, a->store, a->guard);
	a->office = outbox_office(&a->outbox);
	KP("app.engine_started");
	return start_api(a, why);
}

static void say_ready(const struct app *a)
{
	struct engine_stats s;

	engine_stats(a->engine, &s);
	LOG(INFO, APP, "app.ready", f_text("address", api_address(a->api)),
	    f_u64("accounts", s.accounts),
	    f_u64("workers", engine_slots(a->conf) - a->conf->n_providers),
	    f_text("version", RELINK_VERSION));
	printf("relinkd: listening on %s\n", api_address(a->api));
	fflush(stdout);
	notify_ready(&a->notify, api_address(a->api));
	KP("app.ready");
}

static int status_of(int error)
{
	switch (error) {
	case ERR_BUSY:
		return APP_BUSY;
	case ERR_VERSION:
	case ERR_CORRUPT:
		return APP_DATA;
	case ERR_CONFIG:
		return APP_CONFIG;
	default:
		return APP_OS;
	}
}

/* In the reverse order of start; every part may be missing. */
static void end(struct app *a)
{
	api_free(&a->api);
	pool_free(&a->pool);
	store_close(&a->store);
	outbox_close(&a->outbox);
	record_end(&a->record, a->engine);
	engine_free(&a->engine);
	services_free(&a->services);
	bus_free(&a->bus);
	if (a->loop_made) {
		while (uv_run(&a->loop, UV_RUN_DEFAULT) != 0) {
			/* a stop from outside of uv_run, when the start failed, costs a round */
		}
		must(uv_loop_close(&a->loop) == 0);
	}
	guard_free(&a->guard);
	log_flush();
	conf_free(&a->conf);
}

/* A core file would hold keys, messages and QR codes; what is needed of a crash is in the log. */
static void leave_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
}

int app_run(struct conf **conf, const char *file)
{
	struct app a = { .magic = APP_MAGIC, .file = file, .conf = TAKE(*conf) };
	struct why why = { 0 };
	int r = app_paths(a.conf, &why);

	leave_no_core();
	use_log_settings(a.conf);
	signal(SIGPIPE, SIG_IGN);
	if (r == 0 && start_loop(&a) < 0)
		r = why_set(&why, ERR_NOMEM, "no memory for the event loop");
	if (r == 0)
		r = start(&a, &why);
	if (r < 0) {
		LOG(ERROR, APP, "app.not_started", f_text("why", why.text));
		a.exit_status = status_of(r);
		if (a.loop_made)
			close_handles(&a);
	} else {
		say_ready(&a);
		uv_run(&a.loop, UV_RUN_DEFAULT);
	}
	end(&a);
	return a.exit_status;
}
