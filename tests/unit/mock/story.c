/* story.c - reads and carries out the commands of a story. */
#include "story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct teller {
	struct rig *rig;
	const char *path, *folder;
	char config[512];
	char newest[4][64]; /* session of accounts a, b, c, ... */
};

static char *newest_of(struct teller *t, const char *account)
{
	return t->newest[(unsigned)(account[0] - 'a') % 4];
}

static uint64_t time_of(const char *word)
{
	char *unit;
	uint64_t v = strtoull(word, &unit, 10);

	if (strcmp(unit, "ms") == 0)
		return v;
	assert_int_equal(*unit, 's');
	return v * 1000;
}

static void open_again(struct teller *t)
{
	char said[sizeof t->rig->said];
	uint64_t started = t->rig->started;

	memcpy(said, t->rig->said, sizeof said);
	assert_int_equal(host_open(t->rig, t->path, t->config), RELINK_NONE);
	memcpy(t->rig->said, said, sizeof said);
	t->rig->started = started;
}

static void do_create(struct teller *t, char **word, unsigned n)
{
	bool resume = n > 5 && strcmp(word[5], "resume") == 0;
	unsigned metadata = resume ? 6 : 5;

	assert_true(n >= 5);
	snprintf(newest_of(t, word[1]), sizeof t->newest[0], "%s", word[2]);
	host_create(t->rig, word[1], word[2], strtoull(word[3], NULL, 10), word[4], resume,
		    n > metadata ? word[metadata] : "");
}

static void do_verb(struct teller *t, char **word, unsigned n)
{
	bool whole = word[1][0] == '-';

	assert_true(n >= 3);
	host_control(t->rig, whole ? "" : word[1], whole ? "" : newest_of(t, word[1]), word[2],
		     n > 3 ? word[3] : "");
}

static void carry_out(struct teller *t, char *command)
{
	char *word[8], *rest = command;
	unsigned n = 0;

	while (n < 8 && (word[n] = strsep(&rest, " ")) != NULL)
		n += word[n][0] != '\0';
	if (strcmp(word[0], "create") == 0)
		do_create(t, word, n);
	else if (strcmp(word[0], "disconnect") == 0)
		host_disconnect(t->rig, word[1], word[2], strtoull(word[3], NULL, 10));
	else if (strcmp(word[0], "health") == 0)
		host_health(t->rig, word[1], word[2], strtoull(word[3], NULL, 10));
	else if (strcmp(word[0], "send") == 0)
		host_send(t->rig, word[1], word[2], strtoull(word[3], NULL, 10), word[4]);
	else if (strcmp(word[0], "list") == 0)
		host_list(t->rig);
	else if (strcmp(word[0], "verb") == 0)
		do_verb(t, word, n);
	else if (strcmp(word[0], "run") == 0)
		host_run(time_of(word[1]));
	else if (strcmp(word[0], "close") == 0)
		host_close(t->rig);
	else if (strcmp(word[0], "open") == 0)
		open_again(t);
	else if (strcmp(word[0], "forget") == 0)
		host_forget(t->rig);
	else
		fail_msg("there is no command \"%s\"", word[0]);
}

/* What a worker leaves that is killed in the middle of a write. */
static void tear(const struct teller *t)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/journal", t->folder);
	f = fopen(path, "a");
	assert_non_null(f);
	fputs("1763287299999 1 end account=a session=s1 gen=1 why=drop cause=net", f);
	fclose(f);
}

static void reopen(struct teller *t, enum story_mode mode)
{
	host_close(t->rig);
	if (mode == TORN)
		tear(t);
	open_again(t);
}

void story_tell(struct rig *r, const struct story *s, const char *path, enum story_mode mode,
		const char *folder)
{
	struct rig other = { 0 };
	struct teller t = { .rig = r, .path = path, .folder = folder };
	char *commands = strdup(s->commands), *rest = commands, *command;

	host_rewind();
	*r = (struct rig){ 0 };
	snprintf(t.config, sizeof t.config, "%s%s%s%s", mode != IN_MEMORY ? "dir=" : "",
		 mode != IN_MEMORY ? folder : "",
		 mode != IN_MEMORY && s->config[0] != '\0' ? "," : "", s->config);
	assert_int_equal(host_open(r, path, t.config), RELINK_NONE);
	if (mode == SHARED)
		assert_int_equal(host_open(&other, path, t.config), RELINK_NONE);
	while ((command = strsep(&rest, ";")) != NULL) {
		carry_out(&t, command);
		if (t.rig->self == NULL)
			continue;
		if (mode == REOPENED || mode == TORN)
			reopen(&t, mode);
		else if (mode == SHARED)
			t.rig = t.rig == r ? &other : r;
	}
	if (other.self != NULL)
		host_close(&other);
	free(commands);
}

static void add_states(struct rig *r, char *to, size_t size)
{
	static const char *const accounts[] = { "a", "b", "c" };

	for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++) {
		size_t n = strlen(to);

		host_control(r, accounts[i], "", "state", "");
		snprintf(to + n, size - n, "%s\n", r->last_body);
	}
}

void story_end(struct rig *r, char *to, size_t size)
{
	size_t n;

	to[0] = '\0';
	add_states(r, to, size);
	host_run(2000); /* answers that are under way differ: a close cancels them */
	host_forget(r);
	host_list(r);
	host_run(1000);
	n = strlen(to);
	snprintf(to + n, size - n, "%s\n", r->said);
	add_states(r, to, size);
}
