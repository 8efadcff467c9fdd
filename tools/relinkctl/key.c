/*
 * key.c - keys of the API: make, list, revoke.
 *
 * A new key goes to standard output and nowhere else, or into a file that is made for it before the
 * daemon is asked: a key that could not be kept would be one more that nobody watches.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/obj.h"
#include "body.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "say.h"
#include "table.h"
#include "when.h"
#include "whole.h"

/* --- make --- */

static int check_options(struct cli *c, uint64_t *ret_expires_s)
{
	const char *expires = option_text(c, OPTION_EXPIRES);

	*ret_expires_s = expires != NULL ? when_seconds(expires) : 0;
	if (expires != NULL && *ret_expires_s == 0) {
		say(&c->term, "--expires must be a time like 90d, 12h or 30m, not \"%s\"", expires);
		return CTL_USAGE;
	}
	if (has_option(c, OPTION_OUT) && has_option(c, OPTION_JSON)) {
		say(&c->term, "--out and --json both want the key: choose one of them");
		return CTL_USAGE;
	}
	return CTL_OK;
}

/* -1 when it cannot be made, and said so. */
static int open_out(struct cli *c, const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && fchmod(fd, 0600) == 0)
		return fd;
	if (errno == EEXIST)
		say(&c->term, "there is a file \"%s\" already; no key was made: name a new one",
		    file);
	else
		say(&c->term, "cannot make the file \"%s\": %s; no key was made", file,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int write_out(struct cli *c, int fd, struct str key)
{
	const char *file = option_text(c, OPTION_OUT);

	if (write(fd, key.p, key.n) == (ssize_t)key.n && write(fd, "\n", 1) == 1 && fsync(fd) == 0)
		return CTL_OK;
	say(&c->term, "cannot write \"%s\": %s; revoke the key, it is lost", file, strerror(errno));
	return CTL_FAILED;
}

static int show_key(struct cli *c, int fd, const json_t *json)
{
	struct str key = field_str(json, "key"), id = field_str(json, "id");
	int r = CTL_OK;

	if (fd >= 0)
		r = write_out(c, fd, key);
	else if (!has_option(c, OPTION_JSON))
		tell_str(&c->term, key);
	if (r == CTL_OK && for_people(c) && (fd >= 0 || c->term.err_tty))
		say(&c->term, "this is key %.*s; %s", STR_ARG(id),
		    fd >= 0 ? "it is in the file and nowhere else"
			    : "keep it, it is not shown again");
	return r;
}

static int make(struct cli *c, uint64_t expires_s, int fd)
{
	struct request q;
	struct answer a;
	int r;

	request_init(&q, "POST", "/v1/keys");
	body_of_key(&q.body, &c->options, expires_s);
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK)
		r = show_key(c, fd, a.json);
	else if (str_is(answer_problem(&a), "answer_not_kept")) /* our own repetition */
		say(&c->term, "the connection broke, and the new key was lost with the answer, but "
			      "it opens doors: look for it in relinkctl key list, revoke it with "
			      "relinkctl key revoke ID, and make another");
	answer_fini(&a);
	return r;
}

int key_add(struct cli *c)
{
	const char *file = option_text(c, OPTION_OUT);
	uint64_t expires_s;
	int fd = -1, r = check_options(c, &expires_s);

	if (r != CTL_OK)
		return r;
	if (file != NULL) {
		fd = open_out(c, file);
		if (fd < 0)
			return CTL_FAILED;
	}
	r = make(c, expires_s, fd);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && r != CTL_OK)
		unlink(file);
	return r;
}

/* --- list --- */

// clang-format off
static const struct column key_columns[] = {
	{ "ID" },
	{ "ROLE" },
	{ "WORKSPACE", .least = 8 },
	{ "LABEL",     .least = 8 },
	{ "MADE",      .right = true, .drop = 2 },
	{ "USED",      .right = true, .drop = 1 },
	{ "ENDS",      .right = true },
};
// clang-format on

static void ago_cell(struct table *t, uint64_t ms)
{
	char text[WHEN_MAX];

	when_ago(text, ms);
	table_cell(t, str_of(text));
}

static void end_cell(struct table *t, const json_t *key)
{
	uint64_t at = field_time(key, "expires_at");
	char text[WHEN_MAX];

	when_ahead(text, at);
	if (field_time(key, "revoked_at") != 0)
		table_cell_painted(t, STR("revoked"), PAINT_BAD);
	else if (at != 0 && at <= clock_wall_ms())
		table_cell_painted(t, STR("expired"), PAINT_BAD);
	else
		table_cell(t, str_of(text));
}

static void key_row(struct table *t, const json_t *key)
{
	struct str workspace = field_str(key, "workspace");

	table_cell(t, field_str(key, "id"));
	table_cell(t, field_str(key, "role"));
	table_cell(t, workspace.n > 0 ? workspace : STR("(all)"));
	table_cell(t, field_str(key, "label"));
	ago_cell(t, field_time(key, "created_at"));
	ago_cell(t, field_time(key, "last_used_at"));
	end_cell(t, key);
}

int key_list(struct cli *c)
{
	static const struct whole list = { .path = "/v1/keys",
					   .rows = "keys",
					   .id = "id",
					   .columns = key_columns,
					   .n_columns = ARRAY_LEN(key_columns),
					   .row = key_row,
					   .none = "no keys but the one in admin.key" };

	return whole_print(c, &list);
}

/* --- revoke --- */

int key_revoke(struct cli *c)
{
	const char *id = c->args[0];
	struct request q;
	struct answer a;
	int r;

	request_init(&q, "DELETE", "/v1/keys");
	request_part(&q, id);
	r = call(c, &q, &a);
	request_fini(&q);
	answer_fini(&a);
	if (r == CTL_OK && !has_option(c, OPTION_JSON))
		tell(&c->term, has_option(c, OPTION_QUIET) ? "%s" : "%s: revoked", id);
	return r;
}
