/*
 * outside.h - values that are not in the configuration but in a file of their own.
 *
 *	api_key: !file /etc/relink/webjs.key
 *	api_key: !credential webjs-key
 *
 * So that a secret needs not stand in a text that is copied, shown and kept in version control.
 */
#ifndef RELINK_CONF_OUTSIDE_H
#define RELINK_CONF_OUTSIDE_H
#include <stdbool.h>

#include "conf/source.h"

#define OUTSIDE_MAX  4096 /* bytes of such a value */
#define OUTSIDE_ROOM (OUTSIDE_MAX + 2)

/* Is this YAML tag one of the two?  Lent, NUL-terminated. */
bool outside_is(const char *tag);

/*
 * The value that `tag` (one of the two) and `name` mean: the one line that the file holds, without its
 * end, into `to` (OUTSIDE_ROOM bytes, NUL-terminated); its length into `ret_n`.
 *
 * `name` is an absolute path for !file; for !credential a file name in $CREDENTIALS_DIRECTORY, which is
 * where systemd puts what LoadCredential= names (systemd.exec(5)).  The file must be a regular one that
 * only its owner and group may use.  Blocks; the value is a secret.  ERR_CONFIG: complained about
 * `at`, with file and remedy, never with what the file holds.
 */
int outside_read(const struct source *, const struct node *at, const char *tag, struct str name,
		 char *to, size_t *ret_n);

#endif
