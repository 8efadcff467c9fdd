/* notify.c - see notify.h. */
#include "app/notify.h"

#include <stdlib.h>
#ifdef RELINK_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/log.h"

#ifdef RELINK_SYSTEMD

static void on_watchdog(uv_timer_t *t)
{
	(void)t;
	sd_notify(0, "WATCHDOG=1");
}

void notify_open(struct notify *n, uv_loop_t *loop)
{
	uint64_t us = 0;

	*n = (struct notify){ 0 };
	if (sd_watchdog_enabled(0, &us) <= 0)
		return;
	n->watched = n->open = true;
	uv_timer_init(loop, &n->watchdog);
	/* a third: one may come late and it still is in time */
	uv_timer_start(&n->watchdog, on_watchdog, 0, us / 3000 > 0 ? us / 3000 : 1);
	uv_unref((uv_handle_t *)&n->watchdog);
}

void notify_ready(const struct notify *n, const char *address)
{
	(void)n;
	sd_notifyf(0, "READY=1\nSTATUS=Listening on %s", address);
}

void notify_reloading(const struct notify *n)
{
	(void)n;
	sd_notify(0, "RELOADING=1\nSTATUS=Reading the configuration");
}

void notify_stopping(const struct notify *n, const char *why)
{
	(void)n;
	sd_notifyf(0, "STOPPING=1\nSTATUS=Stopping (%s)", why);
}

#else

void notify_open(struct notify *n, uv_loop_t *loop)
{
	(void)loop;
	*n = (struct notify){ 0 };
	if (getenv("NOTIFY_SOCKET") != NULL)
		LOG(WARN, APP, "app.not_notifying",
		    f_text("why", "built without libsystemd; use Type=exec in the unit"));
}

void notify_ready(const struct notify *n, const char *address)
{
	(void)n;
	(void)address;
}

void notify_reloading(const struct notify *n)
{
	(void)n;
}

void notify_stopping(const struct notify *n, const char *why)
{
	(void)n;
	(void)why;
}

#endif

void notify_close(struct notify *n)
{
	if (n->open)
		uv_close((uv_handle_t *)&n->watchdog, NULL);
	n->open = false;
}
