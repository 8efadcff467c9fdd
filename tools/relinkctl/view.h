/*
 * view.h - an account as relinkctl shows it: the same columns in `list` and `watch`, the same line
 * after every change.
 */
#ifndef RELINKCTL_VIEW_H
#define RELINKCTL_VIEW_H
#include <jansson.h>

#include "base/buf.h"
#include "table.h"

enum view_field {
	VIEW_ID,
	VIEW_STATUS,
	VIEW_CAUSE,
	VIEW_TEXT,
	VIEW_ACTION,
	VIEW_PROVIDER,
	VIEW_INSTANCE,
	VIEW_WORKSPACE,
	VIEW_PHONE,
	VIEW_LABEL,
	VIEW_FIELDS
};

struct cli;
struct view {
	struct str field[VIEW_FIELDS];
	uint64_t since, next_at; /* ms, 0: none */
	uint64_t starts_at;      /* by estimate, so it alone is no difference; 0: nobody can tell */
	int health;              /* 0 to 100; -1: it has no score */
	bool want_connected;
};

/* Strings are lent by the JSON. */
struct view view_of(const json_t *account);
/* One block of memory, free() it; NULL when memory is out. */
struct view *view_copy(const struct view *);
/* Would a person see another line? */
bool view_differs(const struct view *, const struct view *);

#define VIEW_COLUMNS 10
extern const struct column view_columns[VIEW_COLUMNS];
void view_row(struct table *, const struct view *);
/* "acc_1: disconnected, logged_out (text); to do: scan_qr", without a line end. */
void view_line(struct buf *, const struct view *);
/* The account on standard output: nothing for --json, its id for --quiet, else its line. */
void view_print(const struct cli *, const json_t *account);

#endif
