/* pause.c - hands off: pause, resume, pauses. */
#include <stdio.h>
#include <string.h>

#include "base/obj.h"
#include "body.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "say.h"
#include "table.h"
#include "when.h"
#include "whole.h"

/* The path of what the options name: one of ID, --provider, --workspace, --everything. */
static int path_of(struct cli *c, const char *method, struct request *q)
{
	const char *provider = option_text(c, OPTION_PROVIDER);
	const char *workspace = option_text(c, OPTION_WORKSPACE);
	bool all = has_option(c, OPTION_EVERYTHING);

	if ((c->n_args > 0) + (provider != NULL) + (workspace != NULL) + all != 1) {
		say(&c->term,
		    "%s what? Give one of: the ID of an account, --workspace NAME, --provider "
		    "NAME, "
		    "--everything",
		    c->command->name);
		return CTL_USAGE;
	}
	request_init(q, method, "/v1/pauses");
	request_part(q, all                 ? "everything"
			: provider != NULL  ? "provider"
			: workspace != NULL ? "workspace"
					    : "account");
	if (!all)
		request_part(q, provider != NULL    ? provider
				: workspace != NULL ? workspace
						    : c->args[0]);
	return CTL_OK;
}

static void scope_text(struct buf *to, const json_t *pause)
{
	struct str name = field_str(pause, "name");

	buf_str(to, field_str(pause, "scope"));
	if (name.n > 0)
		buf_printf(to, " %.*s", STR_ARG(name));
}

int automation_pause(struct cli *c)
{
	const char *span = option_text(c, OPTION_FOR);
	uint64_t seconds = span != NULL ? when_seconds(span) : 0;
	struct request q;
	struct answer a;
	struct buf what;
	int r;

	if (span != NULL && seconds == 0) {
		say(&c->term, "--for must be a time like 2h, 30m or 1d, not \"%s\"", span);
		return CTL_USAGE;
	}
	r = path_of(c, "PUT", &q);
	if (r != CTL_OK)
		return r;
	body_of_pause(&q.body, option_text(c, OPTION_REASON), seconds);
	r = call(c, &q, &a);
	request_fini(&q);
	buf_init(&what, 256);
	scope_text(&what, json_object_get(a.json, "pause"));
	if (r == CTL_OK && for_people(c))
		tell(&c->term, "automation is paused for %.*s; what people ask for is still done",
		     STR_ARG(buf_all(&what)));
	buf_fini(&what);
	answer_fini(&a);
	return r;
}

int automation_resume(struct cli *c)
{
	struct request q;
	struct answer a;
	int r = path_of(c, "DELETE", &q);

	if (r != CTL_OK)
		return r;
	r = call(c, &q, &a);
	request_fini(&q);
	answer_fini(&a);
	if (r == CTL_OK && for_people(c))
		tell(&c->term, "automation goes on; what waited starts one after another");
	return r;
}

/* --- list --- */

// clang-format off
static const struct column columns[] = {
	{ "PAUSED",  .least = 10 },
	{ "SINCE",   .right = true },
	{ "ENDS",    .right = true },
	{ "BY" },
	{ "REASON",  .least = 10 },
};
// clang-format on

static void row(struct table *t, const json_t *pause)
{
	char since[WHEN_MAX], ends[WHEN_MAX];
	struct str by = field_str(pause, "by");
	struct buf what;

	buf_init(&what, 256);
	scope_text(&what, pause);
	when_ago(since, field_time(pause, "since"));
	when_ahead(ends, field_time(pause, "until"));
	table_cell(t, buf_all(&what));
	table_cell(t, str_of(since));
	table_cell(t, str_of(ends));
	table_cell(t, by.n > 0 ? by : STR("(admin)"));
	table_cell(t, field_str(pause, "reason"));
	buf_fini(&what);
}

static void print_scope(struct cli *c, const json_t *pause)
{
	struct buf what;

	buf_init(&what, 256);
	scope_text(&what, pause);
	tell_str(&c->term, buf_all(&what));
	buf_fini(&what);
}

int pause_list(struct cli *c)
{
	static const struct whole list = { .path = "/v1/pauses",
					   .rows = "pauses",
					   .columns = columns,
					   .n_columns = ARRAY_LEN(columns),
					   .row = row,
					   .print_id = print_scope,
					   .none = "automation is paused nowhere" };

	return whole_print(c, &list);
}
