/*
 * complete.c - see complete.h.
 *
 * Commands, options and their words come from the tables; ids are asked from the daemon, in at most a
 * second and a few pages: who presses Tab waits for it.
 */
#include "complete.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/obj.h"
#include "field.h"
#include "find.h"
#include "http.h"
#include "pages.h"
#include "target.h"
#include "text.h"
#include "words.h"

#define ENOUGH_MS  1000
#define WORDS_MOST 64 /* that are looked at; nobody writes more */
#define ROWS_MOST  3000

struct line {
	struct cli *cli;
	struct str current; /* what is to be completed */
	struct str before;  /* "--name=", when the value stands in the same word */
	enum option_id option;
	bool is_value;           /* of `option` */
	bool ended;              /* by "--": no more options */
	char *words[WORDS_MOST]; /* those before it that are no options */
	unsigned n_words;
};

/* A word that a shell takes as it is: others are left out, since a shell would read them anew. */
static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    strchr("-_.", c) == NULL)
			return false;
	}
	return s.n > 0;
}

static void offer(const struct line *l, struct str word, struct str what)
{
	struct buf b;

	if (!is_plain(word) || word.n < l->current.n ||
	    (l->current.n > 0 && memcmp(word.p, l->current.p, l->current.n) != 0))
		return;
	buf_init(&b, 64u << 10);
	buf_str(&b, l->before);
	buf_str(&b, word);
	buf_byte(&b, '\t');
	text_add(&b, what, l->cli->term.utf8);
	buf_byte(&b, '\n');
	text_put(stdout, buf_all(&b));
	buf_fini(&b);
}

/* --- ids, from the daemon --- */

static const struct source {
	const char *arg, *path, *rows, *id, *what;
} sources[] = {
	{ "INSTANCE", "/v1/instances", "instances", "id", "state" },
	{ "PROVIDER", "/v1/instances", "instances", "provider", "" },
	{ "KEY", "/v1/keys", "keys", "id", "label" },
	{ "SLOT", "/v1/workers", "workers", "slot", "state" },
	{ "INCIDENT", "/v1/incidents", "incidents", "id", "state" },
	{ "WEBHOOK", "/v1/webhooks", "webhooks", "id", "url" },
	{ "JOB", "/v1/bulk", "jobs", "id", "state" },
};

static int ask(struct cli *c, const struct request *q, struct answer *a)
{
	struct why why;

	*a = (struct answer){ 0 };
	return http_send(c->http, q, a, &why) == 0 && answer_ok(a) ? CTL_OK : CTL_FAILED;
}

static void offer_rows(const struct line *l, const struct source *s, const json_t *rows)
{
	const json_t *row;
	struct str last = STR_NONE;
	char digits[24];
	size_t i;

	json_array_foreach(rows, i, row)
	{
		struct str id = field_str(row, s->id);

		snprintf(digits, sizeof digits, "%" PRIu64, field_u64(row, s->id));
		if (json_is_integer(json_object_get(row, s->id)))
			id = str_of(digits);
		if (!str_eq(id, last)) /* a provider has several instances */
			offer(l, id, field_str(row, s->what));
		last = id.p != digits ? id : STR_NONE;
	}
}

static void on_accounts(struct cli *c, const json_t *accounts, void *ctx)
{
	const json_t *account;
	size_t i;

	(void)c;
	json_array_foreach(accounts, i, account)
	{
		char what[64 + LIMIT_LABEL];

		snprintf(what, sizeof what, "%.*s %.*s", STR_ARG(field_str(account, "status")),
			 STR_ARG(field_str(account, "label")));
		offer(ctx, field_str(account, "id"), str_of(what));
	}
}

/* Until time is up: what is there by then is better than nothing. */
static int ask_in_time(struct cli *c, const struct request *q, struct answer *a)
{
	static uint64_t until;
	uint64_t now = clock_ms();

	until = until == 0 ? now + ENOUGH_MS : until;
	*a = (struct answer){ 0 };
	if (now >= until)
		return CTL_LATE;
	http_hurry(c->http, (unsigned)(until - now));
	return ask(c, q, a);
}

static void begin_all(const struct cli *c, struct request *q)
{
	(void)c;
	request_init(q, "GET", "/v1/accounts");
}

static void offer_accounts(struct line *l)
{
	const struct paging p = {
		.begin = begin_all,
		.call = ask_in_time,
		.rows = "accounts",
		.next = "next_cursor",
		.place = "cursor",
		.limit = ROWS_MOST,
		.page = on_accounts,
		.ctx = l,
	};
	bool more;

	pages_walk(l->cli, &p, &more);
}

static void ask_rows(const struct line *l, const struct source *s)
{
	struct request q;
	struct answer a;

	request_init(&q, "GET", s->path);
	if (ask_in_time(l->cli, &q, &a) == CTL_OK)
		offer_rows(l, s, json_object_get(a.json, s->rows));
	request_fini(&q);
	answer_fini(&a);
}

/* `arg` as the tables name it: "ACCOUNT", "INSTANCE", ... */
static void offer_ids(struct line *l, const char *arg)
{
	struct target target = { 0 };
	struct why why;

	if (target_find(&target, &l->cli->options, &why) == 0 &&
	    http_new(&l->cli->http, &target, &why) == 0) {
		if (strcmp(arg, "ACCOUNT") == 0)
			offer_accounts(l);
		for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
			if (strcmp(sources[i].arg, arg) == 0)
				ask_rows(l, &sources[i]);
		}
	}
	http_free(&l->cli->http);
	target_fini(&target);
}

/* --- values of options --- */

static void offer_list(const struct line *l, const char *const *words)
{
	for (; *words != NULL; words++)
		offer(l, str_of(*words), STR_NONE);
}

static void offer_value(struct line *l)
{
	struct str word;

	switch (l->option) {
	case OPTION_STATUS:
		for (unsigned i = 0; i < N_STATUSES; i++)
			offer(l, str_of(status_words[i].name), STR_NONE);
		return;
	case OPTION_PROVIDER:
		offer_ids(l, "PROVIDER");
		return;
	case OPTION_INSTANCE:
		offer_ids(l, "INSTANCE");
		return;
	default:
		break;
	}
	for (unsigned i = 0; (word = options_word(l->option, i)).n > 0; i++)
		offer(l, word, STR_NONE);
	if (option_specs[l->option].kind == OPTION_PATH)
		puts(":files");
}

/* --- commands, options, arguments --- */

static void offer_options(const struct line *l, const struct command *cmd)
{
	uint64_t allowed = OPTIONS_OF_ALL | (cmd != NULL ? cmd->options : OPT(VERSION));

	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		char name[64];

		if ((allowed >> i & 1) == 0)
			continue;
		snprintf(name, sizeof name, "--%s", option_specs[i].name);
		offer(l, str_of(name), str_of(option_specs[i].text));
	}
}

static void offer_commands(const struct line *l, const char *noun)
{
	const struct command *cmd;
	const char *last = "";

	for (size_t i = 0; (cmd = command_at(i)) != NULL; i++) {
		bool account = cmd->noun != NULL && strcmp(cmd->noun, "account") == 0;

		if (noun != NULL ? cmd->noun != NULL && strcmp(cmd->noun, noun) == 0
				 : cmd->noun == NULL || account)
			offer(l, str_of(cmd->name), str_of(cmd->brief));
		if (noun != NULL || cmd->noun == NULL)
			continue;
		if (strcmp(cmd->noun, last) != 0)
			offer(l, str_of(cmd->noun), STR("commands of this kind"));
		last = cmd->noun;
		if (cmd->alias != NULL)
			offer(l, str_of(cmd->alias), str_of(cmd->brief));
	}
	if (noun == NULL)
		offer(l, STR("help"), STR("explain a command"));
}

/* What kind of thing the ID of a command is, by its noun. */
static void offer_argument(struct line *l, const struct command *cmd, unsigned i)
{
	static const struct {
		const char *noun, *arg;
	} ids[] = { { "account", "ACCOUNT" }, { "instance", "INSTANCE" }, { "key", "KEY" } };
	static const char *const shells[] = { "bash", "zsh", "fish", NULL };
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE", NULL };
	struct str arg = find_arg(cmd, i);
	char name[32];

	if (arg.n > 1 && *arg.p == '[')
		arg = (struct str){ arg.p + 1, arg.n - 2 };
	if (str_is(arg, "ID")) {
		const char *noun = cmd->noun != NULL ? cmd->noun : "account";

		for (size_t k = 0; k < ARRAY_LEN(ids); k++) {
			/* A new account has a new id. */
			if (strcmp(ids[k].noun, noun) == 0 && strcmp(cmd->name, "add") != 0)
				offer_ids(l, ids[k].arg);
		}
	} else if (str_is(arg, "SHELL")) {
		offer_list(l, shells);
	} else if (str_is(arg, "METHOD")) {
		offer_list(l, methods);
	} else if (str_copy(name, sizeof name, arg)) {
		offer_ids(l, name);
	}
}

static void offer_words(struct line *l)
{
	bool help = l->n_words > 0 && strcmp(l->words[0], "help") == 0;
	char *const *words = l->words + help;
	unsigned n = l->n_words - help, taken = 0;
	const struct command *cmd = find_command(words, n, &taken);

	if (l->is_value)
		offer_value(l);
	else if (l->current.n > 0 && *l->current.p == '-' && !l->ended)
		offer_options(l, cmd);
	else if (n == 0)
		offer_commands(l, NULL);
	else if (cmd == NULL && n == 1 && find_is_noun(words[0]))
		offer_commands(l, words[0]);
	else if (cmd != NULL && !help)
		offer_argument(l, cmd, n - taken);
}

/* --- reading the line --- */

/* "--name" as it was written so far, with a value to follow. */
static bool takes_value(struct str word, enum option_id *ret_id)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *s = &option_specs[i];

		if (s->kind != OPTION_FLAG && word.n > 2 &&
		    str_is((struct str){ word.p + 2, word.n - 2 }, s->name)) {
			*ret_id = (enum option_id)i;
			return true;
		}
	}
	return false;
}

static void read_last(struct line *l, const char *word)
{
	const char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;

	l->current = str_of(word);
	if (l->is_value && strcmp(word, "=") == 0) /* bash makes three words of --name=value */
		l->current = STR_NONE;
	if (l->is_value || equals == NULL || l->ended)
		return;
	l->is_value = takes_value((struct str){ word, (size_t)(equals - word) }, &l->option);
	l->before = (struct str){ word, (size_t)(equals - word) + 1 };
	l->current = str_of(equals + 1);
}

static void read_line(struct line *l, char **words, unsigned n)
{
	for (unsigned i = 0; i + 1 < n; i++) {
		char *word = words[i];

		if (l->is_value && strcmp(word, "=") == 0)
			continue;
		if (l->is_value) {
			l->is_value = false;
		} else if (l->ended || word[0] != '-') {
			if (l->n_words < WORDS_MOST)
				l->words[l->n_words++] = word;
		} else if (strcmp(word, "--") == 0) {
			l->ended = true;
		} else {
			l->is_value = takes_value(str_of(word), &l->option);
		}
	}
	read_last(l, n > 0 ? words[n - 1] : "");
}

int complete_words(struct cli *c, char **words, unsigned n)
{
	struct line *l = calloc(1, sizeof *l);
	char **copy = calloc(n + 1, sizeof *copy);
	struct why why;
	unsigned left;

	if (l != NULL && copy != NULL) {
		l->cli = c;
		read_line(l, words, n);
		/* Which daemon, if the line says so; the rest of it may be wrong yet. */
		memcpy(copy, words, n * sizeof *copy);
		if (options_take(&c->options, copy, n > 0 ? n - 1 : 0, &left, &why) < 0)
			c->options.given &= OPT(SOCKET) | OPT(URL) | OPT(KEY_FILE);
		c->options.given &= ~OPT(JSON);
		offer_words(l);
	}
	free(copy);
	free(l);
	return CTL_OK;
}
