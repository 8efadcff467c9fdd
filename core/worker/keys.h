/*
 * keys.h - an instance's configuration, from the operator's text to the plugin's struct.
 *
 * The plugin's table says which keys there are; what does not fit it is refused with a sentence
 * that names the instance, the key and the remedy.  The text of a secret is in no sentence.
 */
#ifndef RELINK_WORKER_KEYS_H
#define RELINK_WORKER_KEYS_H
#include <relink/plugin.h>

#include "base/err.h"
#include "ipc/msg.h"

/* Is the table itself sound?  ERR_CONFIG: a bug of the plugin. */
int keys_check(const struct relink_plugin *, struct why *why);

/* Make the plugin's struct for one instance, zeroed where the table says nothing.  One block of
 * memory with all strings inside; the caller frees it.  ERR_CONFIG with the sentence, ERR_NOMEM. */
int keys_parse(const struct relink_plugin *, const struct msg_instance *, void **ret_conf,
	       struct why *why);

/* The number that `text` stands for, in ms or bytes where the type has units.  ERR_FORMAT with the
 * end of a sentence ("is not a duration; write it like 30s"), ERR_UNSUPPORTED for a string. */
int keys_number(enum relink_type, struct str text, int64_t *ret_v, struct why *why);

#endif
