/*
 * app.h - the daemon put together: makes every room's part, connects their ports, starts and stops
 * them in order.  The only place that sees everything.
 */
#ifndef RELINK_APP_APP_H
#define RELINK_APP_APP_H
#include "base/err.h"

struct conf;

/* Exit statuses of relinkd (sysexits.h where there is one). */
enum app_exit {
	APP_OK = 0,
	APP_USAGE = 64,
	APP_DATA = 65, /* the database is damaged or of a newer version */
	APP_SOFTWARE = 70,
	APP_OS = 71,
	APP_IO = 74,   /* the store was lost while running */
	APP_BUSY = 75, /* another relinkd owns the state directory */
	APP_CONFIG = 78
};

/* Run until SIGTERM, SIGINT or a fatal error.  `conf` is given; `file` is read again at SIGHUP. */
int app_run(struct conf **conf, const char *file);

/* Would a start find what the configuration names, as far as that can be seen without one? */
int app_check(const struct conf *conf, struct why *why);

/* Fill in what the configuration leaves to us: where the worker and the plugins are. */
int app_paths(struct conf *conf, struct why *why);

#endif
