/*
 * notify.h - tells systemd how the daemon is: ready, reloading, stopping, alive.
 *
 * The protocol is sd_notify(3), through libsystemd.  Without $NOTIFY_SOCKET, or in a build without that
 * library, all of it does nothing.  Loop thread only.
 */
#ifndef RELINK_APP_NOTIFY_H
#define RELINK_APP_NOTIFY_H
#include <stdbool.h>
#include <uv.h>

struct notify {
	uv_timer_t watchdog;
	bool watched, open;
};

/* Begin; when the unit has WatchdogSec=, says "alive" from the loop twice and more in that time, so that a
 * loop that has stopped turning is ended and started again.  `n` is kept until notify_close. */
void notify_open(struct notify *n, uv_loop_t *);
/* Commands are taken now, at `address`; also the end of a reload. */
void notify_ready(const struct notify *, const char *address);
void notify_reloading(const struct notify *);
void notify_stopping(const struct notify *, const char *why);
/* The loop has to turn once more.  Twice is fine. */
void notify_close(struct notify *n);

#endif
