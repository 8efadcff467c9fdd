/*
 * sandbox.h - keep a plugin to what it says that it needs.
 *
 * The plugin is not the enemy; it reads what strangers send, and one day somebody sends what makes it
 * do something else.  Then this process still has no other files than its instances', starts nothing
 * and reaches nobody on this machine but over TCP and UDP.
 *
 * It is entered once, when the configuration has come and before the first open(), and never left.  What
 * a shared object does while it is loaded was done before.
 */
#ifndef RELINK_WORKER_SANDBOX_H
#define RELINK_WORKER_SANDBOX_H
#include <relink/plugin.h>

#include "base/err.h"
#include "base/limits.h"
#include "ipc/msg.h"

/* The numbers of `sandbox` in messages.def. */
enum sandbox_mode { SANDBOX_AUTO, SANDBOX_REQUIRE, SANDBOX_OFF };

/* Enter it as the config says.  `ret_text` gets what is in force, for people.  ERR_CONFIG with the sentence:
 * the process must end, since it may be bound in part. */
int sandbox_enter(const struct relink_plugin *, const struct msg_config *,
		  char ret_text[LIMIT_SANDBOX + 1], struct why *);
/* Was a file replaced that may be opened, so that only a new process could? */
bool sandbox_outdated(void);

#endif
