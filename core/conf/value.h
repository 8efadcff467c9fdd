/*
 * value.h - one scalar: from the operator's text to the struct's member and back.
 *
 * Every scalar of the file, every default and every bound is read here, so "2s" means the same
 * everywhere.  Sections, maps and lists are bind.c's.
 */
#ifndef RELINK_CONF_VALUE_H
#define RELINK_CONF_VALUE_H
#include "conf/keys.h"

/* All of these are for keys of a kind other than KIND_TREE. */

/* Check `text` against type and bounds and set the member (a text that was there is freed).
 * ERR_CONFIG with a sentence that lacks only its place, or ERR_NOMEM; the member is as before. */
int value_read(const struct key *, struct str text, void *member, struct why *);
/* As an operator would write it; a text that is NULL gives nothing. */
int value_write(struct buf *, const struct key *, const void *member);
bool value_equal(const struct key *, const void *a, const void *b);

#endif
