/*
 * whole.h - a list of the API that comes whole, as a table, as ids or as it came.
 *
 * Lists that come in pages are pages.h's.
 */
#ifndef RELINKCTL_WHOLE_H
#define RELINKCTL_WHOLE_H
#include <jansson.h>

#include "cli.h"
#include "table.h"

struct whole {
	const char *path, *rows, *id; /* members: of the answer, and what -q prints of a row */
	const struct column *columns;
	unsigned n_columns;
	void (*row)(struct table *, const json_t *row);
	void (*print_id)(struct cli *,
			 const json_t *row); /* instead of `id`, where that is no member */
	const char *none; /* said where there are none; NULL: the head alone is printed */
};

/* An exit code. */
int whole_print(struct cli *, const struct whole *);

#endif
