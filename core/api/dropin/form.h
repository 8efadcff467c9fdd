/*
 * form.h - what the application sends, read as leniently as the old service did.
 *
 * Unknown members and parameters are let pass, and ids may be numbers.  A query that was appended to
 * itself ("?a=1?a=1", which the seed's client does when it tries again) is read up to the second '?'.
 */
#ifndef RELINK_API_DROPIN_FORM_H
#define RELINK_API_DROPIN_FORM_H
#include <jansson.h>

#include "api/exchange.h"

struct form {
	json_t *json;
	struct problem *problem; /* where a refusal is explained; the exchange's */
};

/* Read the body; an empty one is an empty object.  < 0: x->problem says why. */
int form_open(struct form *, struct exchange *x);
void form_close(struct form *);

/* A member that is text; p is NULL when it is absent or something else.  Lent by the form. */
struct str form_text(const struct form *, const char *name);
/* The same; an integer is taken as its digits, which are written to `digits`. */
#define FORM_DIGITS 24
struct str form_id(const struct form *, const char *name, char digits[FORM_DIGITS]);
/* The member as it came when it is an id, a text of 1 to 128 bytes or an integer; else NULL.  Lent. */
json_t *form_raw_id(const struct form *, const char *name);
bool form_bool(const struct form *, const char *name);

/* The first parameter of this name, decoded into `text`, which has room for all of `query`; p is
 * NULL when there is none. */
struct str form_query(struct str query, struct str name, char *text);

#endif
