/* man.c - man: relinkctl(1) in the language of man(7), all of it from the tables. */
#include <stdio.h>
#include <string.h>

#include "commands.h"

#define COLUMNS 78

/* One character of text; `literal`: for a reader who copies it, so that - is a minus. */
static void put_char(char ch, bool literal)
{
	static const char marks[] = "-'~^`";
	static const char *const escapes[] = { "\\-", "\\(aq", "\\(ti", "\\(ha", "\\(ga" };
	const char *mark = literal ? strchr(marks, ch) : NULL;

	if (ch == '\\')
		fputs("\\e", stdout);
	else if (mark != NULL)
		fputs(escapes[mark - marks], stdout);
	else
		putchar(ch);
}

/* `n` bytes at the beginning of a line: they are text even if they look like a request. */
static void put_part(const char *text, size_t n, bool literal)
{
	if (n > 0 && (*text == '.' || *text == '\''))
		fputs("\\&", stdout);
	for (size_t i = 0; i < n; i++)
		put_char(text[i], literal);
}

static void put(const char *text)
{
	put_part(text, strlen(text), true);
}

/* Prose: in lines as the page's own, of at most COLUMNS. */
static void put_prose(const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " \n");

		if (column > 0 && column + 1 + n > COLUMNS) {
			putchar('\n');
			column = 0;
		}
		if (column > 0)
			putchar(' ');
		put_part(text, n, false);
		column += n + (column > 0);
		text += n;
		text += strspn(text, " \n");
	}
	putchar('\n');
}

/* Lines that are shown as they stand. */
static void put_example(const char *text)
{
	fputs(".nf\n.RS 2\n", stdout);
	while (*text != '\0') {
		size_t n;

		text += strspn(text, " ");
		n = strcspn(text, "\n");
		put_part(text, n, true);
		putchar('\n');
		text += n + (text[n] == '\n');
	}
	fputs(".RE\n.fi\n", stdout);
}

static void put_options(uint64_t which)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *o = &option_specs[i];

		if ((which >> i & 1) == 0)
			continue;
		fputs(".TP\n\\fB", stdout);
		if (o->letter != 0)
			printf("\\-%c\\fR, \\fB", o->letter);
		put("--");
		put(o->name);
		fputs("\\fR", stdout);
		if (o->arg != NULL)
			printf(" \\fI%s\\fR", o->arg);
		putchar('\n');
		put_prose(o->text);
	}
}

static void put_command(const struct command *cmd)
{
	fputs(".SS ", stdout);
	if (cmd->noun != NULL)
		printf("%s ", cmd->noun);
	put(cmd->name);
	printf("%s%s\n", cmd->args[0] != '\0' ? " " : "", cmd->args);
	if (cmd->alias != NULL)
		printf("Also: relinkctl %s%s%s\n.PP\n", cmd->alias, cmd->args[0] != '\0' ? " " : "",
		       cmd->args);
	put_prose(cmd->text);
	put_options(cmd->options);
	fputs(".PP\n", stdout);
	put_example(cmd->examples);
}

static void put_variable(const char *name, const char *text)
{
	printf(".TP\n.B %s\n%s\n", name, text);
}

static void put_environment(void)
{
	fputs(".SH ENVIRONMENT\n", stdout);
	put_variable("RELINK_URL",
		     "The daemon's address, unless \\-\\-url or \\-\\-socket is given.");
	put_variable("RELINK_SOCKET", "The path of its unix socket; RELINK_URL goes before it.");
	put_variable("RELINK_KEY_FILE",
		     "The file with the API key; \\-\\-key\\-file goes before it.");
	put_variable("RELINK_KEY", "The API key itself; a file goes before it.");
	put_variable("NO_COLOR", "If it is set and not empty, nothing is coloured.");
	put_variable("COLUMNS",
		     "The width of tables, where the output is no terminal that knows its own.");
	put_variable("LC_ALL\\fR, \\fBLC_CTYPE\\fR, \\fBLANG",
		     "Whether text beyond ASCII can be shown; else it is escaped.");
}

int man_print(struct cli *c)
{
	const struct command *cmd;

	(void)c;
	printf(".\\\" Made by \"relinkctl man\" from the tables of commands and options.\n"
	       ".TH RELINKCTL 1 \"\" \"Relink %s\" \"Relink\"\n"
	       ".SH NAME\nrelinkctl \\- look after the WhatsApp accounts of a Relink daemon\n"
	       ".SH SYNOPSIS\n.B relinkctl\n.I COMMAND\n.RI [ arguments ]\n.RI [ options ]\n"
	       ".SH DESCRIPTION\nA client of the HTTP API of\n.BR relinkd (8).\n"
	       "The word \"account\" may be left out: \"relinkctl account list\" and \"relinkctl\n"
	       "list\" are the same. Options may stand anywhere, and are not abbreviated.\n"
	       ".SH COMMANDS\n",
	       RELINK_VERSION);
	for (size_t i = 0; (cmd = command_at(i)) != NULL; i++)
		put_command(cmd);
	fputs(".SH OPTIONS\nOf every command:\n", stdout);
	put_options(OPTIONS_OF_ALL | OPT(VERSION));
	fputs(".SH THE DAEMON\n", stdout);
	put_example(usage_where);
	put_environment();
	fputs(".SH EXIT STATUS\n", stdout);
	put_example(usage_exit_codes);
	fputs(".SH SEE ALSO\n.BR relink.yaml (5),\n.BR relinkd (8)\n", stdout);
	return CTL_OK;
}
