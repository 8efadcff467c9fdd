/*
 * paths.c - where relink-worker and the plugins are when the configuration doesn't say.
 *
 * Beside the program in a build tree (bin/relink-worker, plugins/), else where they were installed,
 * relative to the program, so that an installation can be moved as a whole.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/app.h"
#include "base/str.h"
#include "conf/conf.h"

/* The first of `n` places relative to the program's folder that exists; NULL: none. */
static char *find(const char *folder, const char *const *places, size_t n)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, places[i]);
		if (access(path, R_OK | X_OK) == 0)
			return realpath(path, NULL);
	}
	return NULL;
}

int app_paths(struct conf *conf, struct why *why)
{
	static const char *const workers[] = { "relink-worker", "../libexec/relink/relink-worker" };
	static const char *const plugins[] = { "../plugins",
					       "../" RELINK_LIBDIR "/relink/plugins" };
	char folder[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
	char *slash;

	if (n < 0)
		return why_errno(why, ERR_IO, "cannot find out where this program is");
	folder[n] = '\0';
	slash = strrchr(folder, '/');
	if (slash != NULL)
		*slash = '\0';
	if (conf->worker_path == NULL)
		conf->worker_path = find(folder, workers, sizeof workers / sizeof workers[0]);
	if (conf->worker_path == NULL)
		return why_set(why, ERR_CONFIG,
			       "relink-worker is not beside relinkd in %s; set worker_path",
			       folder);
	if (conf->plugin_dir == NULL)
		conf->plugin_dir = find(folder, plugins, sizeof plugins / sizeof plugins[0]);
	if (conf->plugin_dir == NULL)
		return why_set(why, ERR_CONFIG,
			       "there is no folder of plugins near %s; set plugin_dir", folder);
	return 0;
}
