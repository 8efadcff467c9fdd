/*
 * webhook.c - webhooks: where events are sent to, how that goes, and what can be done about it.
 *
 * A secret goes to standard output and nowhere else, once.
 */
#include <inttypes.h>

#include "base/obj.h"
#include "body.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "record.h"
#include "say.h"
#include "table.h"
#include "when.h"
#include "whole.h"

#define PATH "/v1/webhooks"

/* --- list --- */

// clang-format off
static const struct column columns[] = {
	{ "ID" },
	{ "STATE" },
	{ "WORKSPACE", .least = 8, .drop = 2 },
	{ "URL",       .least = 16 },
	{ "BACKLOG",   .right = true },
	{ "DEAD",      .right = true },
	{ "LAST TAKEN", .right = true, .drop = 3 },
	{ "LAST FAILURE", .least = 10, .drop = 1 },
};
// clang-format on

static void row(struct table *t, const json_t *w)
{
	struct str workspace = field_str(w, "workspace");
	bool enabled = json_is_true(json_object_get(w, "enabled"));
	char taken[WHEN_MAX];

	when_ago(taken, field_time(w, "last_success_at"));
	table_cell(t, field_str(w, "id"));
	table_cell_painted(t, enabled ? STR("enabled") : STR("disabled"),
			   enabled ? PAINT_GOOD : PAINT_BAD);
	table_cell(t, workspace.n > 0 ? workspace : STR("(all)"));
	table_cell(t, field_str(w, "url"));
	table_cell_u64(t, field_u64(w, "backlog"));
	table_cell_u64(t, field_u64(w, "dead_letters"));
	table_cell(t, str_of(taken));
	table_cell(t, enabled ? field_str(w, "last_failure") : field_str(w, "disabled_because"));
}

int webhook_list(struct cli *c)
{
	static const struct whole list = { .path = PATH,
					   .rows = "webhooks",
					   .id = "id",
					   .columns = columns,
					   .n_columns = ARRAY_LEN(columns),
					   .row = row,
					   .none = "no webhooks" };

	return whole_print(c, &list);
}

/* --- what changes --- */

/* "METHOD /v1/webhooks/ID/TAIL", with this body ("": none). */
static int ask_webhook(struct cli *c, const char *method, const char *tail, const char *body,
		       struct answer *ret_answer)
{
	struct request q;
	int r;

	request_init(&q, method, PATH);
	request_part(&q, c->args[0]);
	if (tail != NULL)
		request_part(&q, tail);
	buf_text(&q.body, body);
	r = call(c, &q, ret_answer);
	request_fini(&q);
	return r;
}

static void show_secret(struct cli *c, const json_t *w)
{
	struct str id = field_str(w, "id");

	if (has_option(c, OPTION_JSON))
		return;
	tell_str(&c->term, field_str(w, "secret"));
	if (for_people(c) && c->term.err_tty)
		say(&c->term, "this is the secret of webhook %.*s; keep it, it is not shown again",
		    STR_ARG(id));
}

int webhook_add(struct cli *c)
{
	struct request q;
	struct answer a;
	int r;

	request_init(&q, "POST", PATH);
	body_of_webhook(&q.body, &c->options, c->args[0]);
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK)
		show_secret(c, a.json);
	answer_fini(&a);
	return r;
}

int webhook_rotate(struct cli *c)
{
	struct answer a;
	int r = ask_webhook(c, "POST", "rotate", "{}", &a);

	if (r == CTL_OK)
		show_secret(c, a.json);
	answer_fini(&a);
	return r;
}

/* A PATCH, and what it says afterwards. */
static int change(struct cli *c, const char *body, const char *done)
{
	struct answer a;
	int r = ask_webhook(c, "PATCH", NULL, body, &a);

	answer_fini(&a);
	if (r == CTL_OK && !has_option(c, OPTION_JSON))
		tell(&c->term, has_option(c, OPTION_QUIET) ? "%s" : "%s: %s", c->args[0], done);
	return r;
}

int webhook_set(struct cli *c)
{
	struct buf body;
	int r;

	buf_init(&body, 64u << 10);
	body_of_webhook(&body, &c->options, NULL);
	buf_byte(&body, '\0');
	r = change(c, body.p, "changed");
	buf_fini(&body);
	return r;
}

int webhook_enable(struct cli *c)
{
	return change(c, "{\"enabled\":true}", "enabled; it goes on where it was");
}

int webhook_disable(struct cli *c)
{
	return change(c, "{\"enabled\":false}", "disabled; it keeps its place");
}

int webhook_show(struct cli *c)
{
	struct answer a;
	int r = ask_webhook(c, "GET", NULL, "", &a);

	if (r == CTL_OK && for_people(c))
		record_print(&c->term, a.json);
	else if (r == CTL_OK && has_option(c, OPTION_QUIET) && !has_option(c, OPTION_JSON))
		tell_str(&c->term, field_str(a.json, "id"));
	answer_fini(&a);
	return r;
}

int webhook_remove(struct cli *c)
{
	struct answer a;
	int r = ask_webhook(c, "DELETE", NULL, "", &a);

	answer_fini(&a);
	if (r == CTL_OK && !has_option(c, OPTION_JSON))
		tell(&c->term, has_option(c, OPTION_QUIET) ? "%s" : "%s: removed", c->args[0]);
	return r;
}

/* Exit code 1 when it was not taken, so that scripts can tell. */
int webhook_test(struct cli *c)
{
	struct answer a;
	int r = ask_webhook(c, "POST", "test", "{}", &a);
	bool delivered = json_is_true(json_object_get(a.json, "delivered"));
	struct str error = field_str(a.json, "error");

	if (r == CTL_OK && for_people(c) && delivered)
		tell(&c->term, "%s: taken, %" PRIu64 " after %" PRIu64 " ms", c->args[0],
		     field_u64(a.json, "status"), field_u64(a.json, "ms"));
	else if (r == CTL_OK && for_people(c))
		say(&c->term, "%s: not taken: %.*s", c->args[0], STR_ARG(error));
	if (r == CTL_OK && !delivered)
		r = CTL_FAILED;
	answer_fini(&a);
	return r;
}

int webhook_replay(struct cli *c)
{
	char body[64] = "{\"dead\":true}";
	struct answer a;
	int r;

	if (has_option(c, OPTION_FROM))
		snprintf(body, sizeof body, "{\"from\":%" PRIu64 "}",
			 option_number(c, OPTION_FROM, 0));
	r = ask_webhook(c, "POST", "replay", body, &a);
	if (r == CTL_OK && for_people(c))
		tell(&c->term, "%s: %s are sent again", c->args[0],
		     has_option(c, OPTION_FROM) ? "events" : "dead letters");
	answer_fini(&a);
	return r;
}

/* --- dead letters --- */

// clang-format off
static const struct column dead_columns[] = {
	{ "SEQ",     .right = true },
	{ "TYPE" },
	{ "ACCOUNT", .least = 8 },
	{ "DIED",    .right = true },
	{ "TRIES",   .right = true },
	{ "ERROR",   .least = 10 },
};
// clang-format on

int webhook_dead(struct cli *c)
{
	const json_t *dead, *d, *event;
	char died[WHEN_MAX];
	struct answer a;
	struct table t;
	size_t n;
	int r = ask_webhook(c, "GET", "dead", "", &a);

	dead = json_object_get(a.json, "dead");
	table_init(&t, dead_columns, ARRAY_LEN(dead_columns), &c->term);
	json_array_foreach(dead, n, d)
	{
		if (!for_people(c))
			break;
		event = json_object_get(d, "event");
		when_ago(died, field_time(d, "died_at"));
		table_cell_u64(&t, field_u64(d, "seq"));
		table_cell(&t, field_str(event, "type"));
		table_cell(&t, field_str(event, "account"));
		table_cell(&t, str_of(died));
		table_cell_u64(&t, field_u64(d, "tries"));
		table_cell(&t, field_str(d, "error"));
	}
	if (r == CTL_OK && for_people(c) && json_array_size(dead) == 0)
		say(&c->term, "no dead letters");
	else if (r == CTL_OK && for_people(c))
		table_print(&t, stdout);
	table_fini(&t);
	answer_fini(&a);
	return r;
}
