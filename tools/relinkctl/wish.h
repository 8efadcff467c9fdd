/* wish.h - connect, disconnect, reconnect and qr: what is asked for and what came of it. */
#ifndef RELINKCTL_WISH_H
#define RELINKCTL_WISH_H
#include "cli.h"

/* `account add --connect` when it shall wait: as `account connect`.  Returns an exit code. */
int wish_connect_new(struct cli *, const char *id);

#endif
