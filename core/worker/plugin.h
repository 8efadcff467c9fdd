/*
 * plugin.h - load a plugin, or say in a sentence why not.
 */
#ifndef RELINK_WORKER_PLUGIN_H
#define RELINK_WORKER_PLUGIN_H
#include <relink/plugin.h>

#include "base/err.h"

#define PLUGIN_CONF_MAX     65536
#define PLUGIN_START_MS     90000 /* when the plugin does not say */
#define PLUGIN_START_MAX_MS 3600000

/* Load the shared object at `path` and copy its descriptor; members that it is too old to have are
 * zero.  It stays loaded for the life of the process.  ERR_CONFIG with the sentence. */
int plugin_load(struct relink_plugin *ret_plugin, const char *path, struct why *why);

/* The checks on a descriptor alone, of `room` readable bytes. */
int plugin_read(struct relink_plugin *ret_plugin, const void *descriptor, size_t room,
		struct why *why);

#endif
