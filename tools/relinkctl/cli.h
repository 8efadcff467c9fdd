/*
 * cli.h - what the commands of relinkctl share: the type of the command table, the exit codes, and
 * the state of one run.
 */
#ifndef RELINKCTL_CLI_H
#define RELINKCTL_CLI_H
#include <stdio.h>

#include "options.h"
#include "term.h"

/* Scripts rely on them; --help and README.md list them. */
enum exit_code {
	CTL_OK = 0,
	CTL_FAILED = 1,      /* the daemon refused, or the operation failed */
	CTL_USAGE = 2,       /* the command line is wrong */
	CTL_UNREACHABLE = 3, /* no daemon, or no answer from it */
	CTL_LATE = 4,        /* waited, but the wished state did not come in time */
};

struct cli {
	const struct command *command;
	struct options options;
	char **args; /* n_args words behind the command's name */
	unsigned n_args;
	struct http *http; /* NULL for a command that is `offline` */
	struct term term;
};

struct command {
	const char *noun; /* "account"; NULL: the name stands alone */
	const char *name;
	const char *alias;        /* another name that stands alone: "workers"; NULL: none */
	const char *args;         /* "ID VERB [JSON]": how many words there must and may be */
	uint64_t options;         /* OPT() bits beside OPTIONS_OF_ALL */
	uint64_t required;        /* those of them that must be given */
	bool offline;             /* talks to no daemon */
	const char *brief;        /* a line for lists of commands */
	const char *text;         /* what --help teaches, lines of at most 80 columns */
	const char *examples;     /* a line each */
	int (*run)(struct cli *); /* returns an exit code */
};
/* The line at place `i`, of all tables; NULL behind the last. */
const struct command *command_at(size_t i);
/* own_commands.c: those that are about no account and no part of the daemon. */
extern const struct command own_commands[];
extern const size_t n_own_commands;
extern const struct command webhook_commands[];
extern const size_t n_webhook_commands;

static inline bool has_option(const struct cli *c, enum option_id id)
{
	return option_given(&c->options, id);
}
/* The option's text, NULL when it was not given. */
static inline const char *option_text(const struct cli *c, enum option_id id)
{
	return c->options.text[id];
}
static inline uint64_t option_number(const struct cli *c, enum option_id id, uint64_t otherwise)
{
	return has_option(c, id) ? c->options.number[id] : otherwise;
}
/* Tables, sentences and drawings are wanted: neither --json nor --quiet. */
static inline bool for_people(const struct cli *c)
{
	return !has_option(c, OPTION_JSON) && !has_option(c, OPTION_QUIET);
}

/* usage.c: to `out`.  The texts are of whole lines. */
extern const char usage_where[], usage_exit_codes[];
void usage_of_all(FILE *out);
void usage_of_noun(FILE *out, const char *noun);
void usage_of_command(FILE *out, const struct command *);
/* "relinkctl account show ID" */
void usage_line(FILE *out, const struct command *);

#endif
