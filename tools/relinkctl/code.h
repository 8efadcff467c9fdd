/* code.h - an account's QR code on the screen. */
#ifndef RELINKCTL_CODE_H
#define RELINKCTL_CODE_H
#include <jansson.h>

#include "cli.h"

/* What stands on the screen: a code is drawn once, and a newer one over it. */
struct code {
	char *text;
	int lines;
};

/* `qr` is the API's {"code", "expires_at", ...}.  Returns an exit code. */
int code_show(struct cli *, struct code *, const json_t *qr, const char *id);
void code_fini(struct code *);

#endif
