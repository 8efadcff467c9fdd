/*
 * say.h - sentences for people.
 *
 * Whatever stands in them (ids, texts of providers, names of files) is made harmless as a whole.
 */
#ifndef RELINKCTL_SAY_H
#define RELINKCTL_SAY_H
#include "base/str.h"
#include "term.h"

/* "relinkctl: ..." and a line end on standard error: what went wrong, what to do. */
void say(const struct term *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line on standard output: what came of the command. */
void tell(const struct term *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for text that may hold any byte. */
void say_str(const struct term *, struct str);
void tell_str(const struct term *, struct str);
/* On standard error without a line end; true when the answer begins with "y". */
bool ask(const struct term *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
