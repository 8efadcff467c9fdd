/* usage.c - --help at every level, all of it from the tables of commands and options. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"

#define NAME_COLUMNS 26

static const char intro[] = "relinkctl - look after the WhatsApp accounts of a Relink daemon\n"
			    "\n"
			    "Usage: relinkctl COMMAND [arguments] [options]\n";

const char usage_where[] =
    "Where the daemon is (the first of these counts):\n"
    "  --url URL or --socket PATH\n"
    "  RELINK_URL, RELINK_SOCKET       in the environment\n"
    "  ./var/relink.sock, /run/relink/relink.sock, /var/lib/relink/relink.sock\n"
    "On the unix socket your user is the key: root, or the daemon's own. Over --url an API\n"
    "key is needed: --key-file FILE, or RELINK_KEY_FILE or RELINK_KEY in the environment. It\n"
    "lies in admin.key in the daemon's state folder, and never stands on the command line.\n";

const char usage_exit_codes[] =
    "Exit codes:\n"
    "  0  done\n"
    "  1  the daemon refused, or the operation failed (the reason is on standard error)\n"
    "  2  the command line is wrong\n"
    "  3  the daemon cannot be reached, or does not answer\n"
    "  4  waited, but the wished state was not reached in time\n";

static const char first_steps[] =
    "First steps:\n"
    "  relinkctl status                              is it there, what does it hold\n"
    "  relinkctl add shop-1 --provider mock          make an account\n"
    "  relinkctl connect shop-1                      connect it, show the QR code to scan\n"
    "  relinkctl watch                               see all accounts, live\n"
    "  relinkctl COMMAND --help                      learn one command, with examples\n";

void usage_line(FILE *out, const struct command *cmd)
{
	fprintf(out, "relinkctl %s%s%s%s%s", cmd->noun != NULL ? cmd->noun : "",
		cmd->noun != NULL ? " " : "", cmd->name, cmd->args[0] != '\0' ? " " : "",
		cmd->args);
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		if (cmd->required >> i & 1)
			fprintf(out, " --%s %s", option_specs[i].name, option_specs[i].arg);
	}
}

static bool is_of(const struct command *cmd, const char *noun)
{
	return cmd->noun != NULL && strcmp(cmd->noun, noun) == 0;
}

static void print_brief(FILE *out, const struct command *cmd, const char *noun)
{
	int n = fprintf(out, "  %s%s%s %s", noun, *noun != '\0' ? " " : "", cmd->name, cmd->args);

	fprintf(out, "%*s%s\n", n < NAME_COLUMNS ? NAME_COLUMNS - n : 1, "", cmd->brief);
}

static void print_options(FILE *out, uint64_t which)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *o = &option_specs[i];
		int n;

		if ((which >> i & 1) == 0)
			continue;
		n = fprintf(out, "  ");
		if (o->letter != 0)
			n += fprintf(out, "-%c, ", o->letter);
		n += fprintf(out, "--%s", o->name);
		if (o->arg != NULL)
			n += fprintf(out, " %s", o->arg);
		fprintf(out, "%*s%s\n", n < NAME_COLUMNS ? NAME_COLUMNS - n : 1, "", o->text);
	}
}

static bool is_own(const struct command *cmd)
{
	return cmd >= own_commands && cmd < own_commands + n_own_commands;
}

void usage_of_all(FILE *out)
{
	const struct command *cmd;

	fprintf(out,
		"%s\nAccounts (\"relinkctl account list\" and \"relinkctl list\" are the same):\n",
		intro);
	for (size_t i = 0; (cmd = command_at(i)) != NULL; i++) {
		if (is_of(cmd, "account"))
			print_brief(out, cmd, "");
	}
	fprintf(out, "\nThe daemon:\n");
	for (size_t i = 0; (cmd = command_at(i)) != NULL; i++) {
		if (!is_of(cmd, "account") && !is_own(cmd))
			print_brief(out, cmd, cmd->noun != NULL ? cmd->noun : "");
	}
	fprintf(out, "\nScripts and shells:\n");
	for (size_t i = 0; i < n_own_commands; i++)
		print_brief(out, &own_commands[i], "");
	fprintf(out, "\nOptions of every command:\n");
	print_options(out, OPTIONS_OF_ALL | OPT(VERSION));
	fprintf(out, "\n%s\n%s\n%s", usage_where, usage_exit_codes, first_steps);
}

void usage_of_noun(FILE *out, const char *noun)
{
	const struct command *cmd;

	fprintf(out, "Usage: relinkctl %s COMMAND [arguments] [options]\n\nCommands:\n", noun);
	for (size_t i = 0; (cmd = command_at(i)) != NULL; i++) {
		if (is_of(cmd, noun))
			print_brief(out, cmd, "");
	}
	fprintf(out, "\nrelinkctl %s COMMAND --help explains one of them, with examples.\n", noun);
}

void usage_of_command(FILE *out, const struct command *cmd)
{
	fprintf(out, "Usage: ");
	usage_line(out, cmd);
	fprintf(out, " [options]\n");
	if (cmd->alias != NULL)
		fprintf(out, "   or: relinkctl %s%s%s [options]\n", cmd->alias,
			cmd->args[0] != '\0' ? " " : "", cmd->args);
	fprintf(out, "\n%s\n", cmd->text);
	if (cmd->options != 0) {
		fprintf(out, "\nOptions:\n");
		print_options(out, cmd->options);
	}
	if (!cmd->offline) {
		fprintf(out, "\nOptions of every command:\n");
		print_options(out, OPTIONS_OF_ALL);
	}
	fprintf(out, "\nExamples:\n%s", cmd->examples);
}
