/*
 * complete.h - what may stand at the end of a command line, for the shells' completion.
 *
 * The scripts of "relinkctl completion SHELL" ask "relinkctl __complete WORD...": the words behind the
 * program's name, the last of them being the one to complete.  An answer is a line each, the word, a
 * tab, and what it is; or ":files", when a path is wanted.  Nothing is ever said on standard error.
 */
#ifndef RELINKCTL_COMPLETE_H
#define RELINKCTL_COMPLETE_H
#include "cli.h"

#define COMPLETE_WORD "__complete"

int complete_words(struct cli *, char **words, unsigned n);

#endif
