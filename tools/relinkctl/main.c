/*
 * main.c - relinkctl: finds the command that the words mean, checks them against its line in the
 * table, finds the daemon, runs it.
 */
#include <curl/curl.h>
#include <string.h>

#include "cli.h"
#include "complete.h"
#include "find.h"
#include "http.h"
#include "say.h"
#include "target.h"

/* "help X Y" is "X Y --help". */
static void turn_help_around(struct cli *c, unsigned *n)
{
	if (*n == 0 || strcmp(c->args[0], "help") != 0)
		return;
	c->options.given |= OPT(HELP);
	c->args++;
	--*n;
}

/* Words that are no command: the nearest one, and where the list is. */
static void say_unknown(const struct cli *c, const char *noun, const char *word)
{
	const char *near = find_nearest(noun, word), *gap = noun != NULL ? " " : "";

	noun = noun != NULL ? noun : "";
	if (near != NULL)
		say(&c->term,
		    "there is no command \"%s%s%s\" (did you mean %s%s%s?); see relinkctl "
		    "%s%s--help",
		    noun, gap, word, noun, gap, near, noun, gap);
	else
		say(&c->term, "there is no command \"%s%s%s\"; see relinkctl %s%s--help", noun, gap,
		    word, noun, gap);
}

/* Take the command's words off the front of `args`.  CTL_USAGE: there is no such command, and said
 * so; *ret_noun is set when only a noun was given. */
static int take_command(struct cli *c, unsigned n, const char **ret_noun)
{
	const char *noun = n > 0 && find_is_noun(c->args[0]) ? c->args[0] : NULL;
	char version[] = "version";
	unsigned words;

	*ret_noun = noun;
	if (n == 0 && has_option(c, OPTION_VERSION)) {
		c->options.given &= ~OPT(VERSION);
		c->command = find_command((char *[]){ version }, 1, &words);
		return CTL_OK;
	}
	if (n < (noun != NULL ? 2 : 1))
		return CTL_OK;
	c->command = find_command(c->args, n, &words);
	if (c->command == NULL) {
		say_unknown(c, noun, c->args[words - 1]);
		return CTL_USAGE;
	}
	c->args += words;
	c->n_args = n - words;
	return CTL_OK;
}

static int wrong_use(const struct cli *c, const char *what)
{
	say(&c->term, "%s", what);
	fputs("Usage: ", stderr);
	usage_line(stderr, c->command);
	fputs(" [options]; --help explains it\n", stderr);
	return CTL_USAGE;
}

static int check_options(const struct cli *c)
{
	static const struct {
		enum option_id one, other;
	} rivals[] = { { OPTION_WAIT, OPTION_NO_WAIT },
		       { OPTION_LIMIT, OPTION_ALL },
		       { OPTION_FILE, OPTION_MEDIA_URL } };
	uint64_t allowed = c->command->options | OPTIONS_OF_ALL;
	char what[128];

	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		bool given = (c->options.given >> i & 1) != 0;

		if (given && (allowed >> i & 1) == 0)
			snprintf(what, sizeof what, "%s has no option --%s", c->command->name,
				 option_specs[i].name);
		else if (!given && (c->command->required >> i & 1) != 0)
			snprintf(what, sizeof what, "%s needs --%s %s", c->command->name,
				 option_specs[i].name, option_specs[i].arg);
		else
			continue;
		return wrong_use(c, what);
	}
	for (unsigned i = 0; i < sizeof rivals / sizeof rivals[0]; i++) {
		if (has_option(c, rivals[i].one) && has_option(c, rivals[i].other)) {
			snprintf(what, sizeof what, "--%s and --%s: give one of them",
				 option_specs[rivals[i].one].name,
				 option_specs[rivals[i].other].name);
			return wrong_use(c, what);
		}
	}
	return CTL_OK;
}

static int check_words(const struct cli *c)
{
	struct str next = find_arg(c->command, c->n_args);
	char what[128];

	if (next.n > 0 && *next.p != '[') {
		snprintf(what, sizeof what, "%s needs %.*s", c->command->name, STR_ARG(next));
		return wrong_use(c, what);
	}
	for (unsigned i = 0; i < c->n_args; i++) {
		struct str word = find_arg(c->command, i);

		if (word.n == 0)
			snprintf(what, sizeof what, "\"%.64s\" is one word too many", c->args[i]);
		else if (*c->args[i] == '\0')
			snprintf(what, sizeof what, "%.*s is empty", STR_ARG(word));
		else
			continue;
		return wrong_use(c, what);
	}
	return CTL_OK;
}

/* Find the daemon and run the command. */
static int run(struct cli *c)
{
	struct target target = { 0 };
	struct why why;
	int r;

	if (c->command->offline)
		return c->command->run(c);
	r = target_find(&target, &c->options, &why);
	if (r == 0)
		r = http_new(&c->http, &target, &why);
	if (r == 0)
		r = c->command->run(c);
	else {
		say(&c->term, "%s", why.text);
		r = r == ERR_UNAVAILABLE ? CTL_UNREACHABLE
		    : r == ERR_CONFIG    ? CTL_USAGE
					 : CTL_FAILED;
	}
	http_free(&c->http);
	target_fini(&target);
	return r;
}

static int parse_and_run(struct cli *c, unsigned n_words)
{
	const char *noun;
	struct why why;
	unsigned n;
	int r;

	if (options_take(&c->options, c->args, n_words, &n, &why) < 0) {
		say(&c->term, "%s; see relinkctl --help", why.text);
		return CTL_USAGE;
	}
	if (has_option(c, OPTION_COLOR))
		term_colour(&c->term, option_text(c, OPTION_COLOR));
	turn_help_around(c, &n);
	r = take_command(c, n, &noun);
	if (r != CTL_OK)
		return r;
	if (c->command == NULL) {
		bool asked = has_option(c, OPTION_HELP);

		if (noun != NULL)
			usage_of_noun(asked ? stdout : stderr, noun);
		else
			usage_of_all(asked ? stdout : stderr);
		return asked ? CTL_OK : CTL_USAGE;
	}
	if (has_option(c, OPTION_HELP)) {
		usage_of_command(stdout, c->command);
		return CTL_OK;
	}
	r = check_options(c);
	if (r == CTL_OK)
		r = check_words(c);
	return r == CTL_OK ? run(c) : r;
}

int main(int argc, char **argv)
{
	struct cli c = { .args = argv + 1 };
	int r;

	term_init(&c.term);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		say(&c.term, "curl cannot start: out of memory");
		return CTL_FAILED;
	}
	if (argc > 1 && strcmp(argv[1], COMPLETE_WORD) == 0)
		r = complete_words(&c, argv + 2, (unsigned)argc - 2);
	else
		r = parse_and_run(&c, argc > 0 ? (unsigned)argc - 1 : 0);
	curl_global_cleanup();
	/* A full disk or a closed pipe must not pass as success. */
	if ((fflush(stdout) != 0 || ferror(stdout) != 0) && r == CTL_OK) {
		say(&c.term, "the output could not be written");
		r = CTL_FAILED;
	}
	return r;
}
