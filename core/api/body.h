/*
 * body.h - JSON bodies into structs, by tables.
 *
 * A table lists every member that may come: name, type, bounds and where it goes; null is as if it had
 * not come.  Everything else is refused: unknown members, duplicates, wrong types, too much depth, and
 * text that is not JSON.
 */
#ifndef RELINK_API_BODY_H
#define RELINK_API_BODY_H
#include <jansson.h>
#include <stdbool.h>

#include "api/problem.h"
#include "base/str.h"

enum field_type {
	FIELD_TEXT, /* to a char *, malloc'ed */
	FIELD_BOOL, /* to a bool */
	FIELD_WORDS, /* to a char *, malloc'ed: a list of texts, with spaces between them; each is checked */
	FIELD_OBJECT, /* to a char *, malloc'ed: the object as compact JSON */
	FIELD_IDS,    /* to a char *, malloc'ed: a list of texts, a line each; `max` bytes in all */
	FIELD_NUMBER  /* to a uint64_t: a whole number from 1 to `max` */
};

/* For `absent`: refused. */
extern const char FIELD_REQUIRED[];

struct field {
	const char *name;
	enum field_type type;
	size_t offset;             /* where it goes in the target */
	size_t max;                /* bytes of text or JSON */
	bool (*check)(struct str); /* of a text; NULL: any */
	const char *what;          /* completes "NAME must be ..." */
	const char *absent;        /* FIELD_REQUIRED, or the text to take; NULL: leave the target */
};

/* Read an object into `target`.  An empty body is an empty object.  On failure *problem says why;
 * what was read until then stays in the target, and its owner frees it. */
int body_read(struct str body, const struct field *fields, size_t n_fields, void *target,
	      struct problem *);

/* Is it exactly one JSON value, strictly written and not too deep? */
int body_check(struct str body, struct problem *);

/* Read what is strictly written and not too deep; `flags` are jansson's.  The caller owns the
 * value. */
int body_load(struct str body, size_t flags, json_t **ret_json, struct problem *);

#endif
