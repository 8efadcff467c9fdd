/* find.h - the command that words mean. */
#ifndef RELINKCTL_FIND_H
#define RELINKCTL_FIND_H
#include "cli.h"

/* Is it the first of two words ("worker list")? */
bool find_is_noun(const char *word);
/* The command that the first of `words` (n of them) mean, by noun and name, name alone or alias; *ret_taken
 * of them do.  NULL: there is none, or only a noun stands there (then *ret_taken is 1). */
const struct command *find_command(char *const *words, unsigned n, unsigned *ret_taken);
/* The nearest name for a word that is no command, behind `noun` (NULL: first); NULL: none is near. */
const char *find_nearest(const char *noun, const char *word);
/* The word of "ID VERB [JSON]" at place `i`; empty behind the last. */
struct str find_arg(const struct command *, unsigned i);

#endif
