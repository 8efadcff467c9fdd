/* ids.h - the ids of accounts that a person or a program lists: --ids FILE, - is standard input. */
#ifndef RELINKCTL_IDS_H
#define RELINKCTL_IDS_H
#include "base/buf.h"
#include "base/err.h"

#define IDS_MOST 1000 /* the API's own bound for one job */

/* Words of `file` ("-": standard input), each once, with line ends between, into `ret_ids` (which is
 * empty).  ERR_IO, ERR_RANGE: `why` says what to do. */
int ids_read(const char *file, struct buf *ret_ids, struct why *why);

#endif
