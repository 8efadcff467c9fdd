/* instances.c - instance list, show, drain, resume: the running backends. */
#include <inttypes.h>

#include "base/obj.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "record.h"
#include "say.h"
#include "table.h"
#include "when.h"
#include "whole.h"

// clang-format off
static const struct column columns[] = {
	{ "INSTANCE",   .least = 8 },
	{ "PROVIDER",   .least = 6, .drop = 2 },
	{ "STATE" },
	{ "ACCOUNTS",   .right = true },
	{ "OPEN",       .right = true },
	{ "STARTING",   .right = true, .drop = 1 },
	{ "QUEUED",     .right = true },
	{ "QUEUE ENDS", .drop = 2 },
	{ "CAPACITY",   .right = true },
	{ "FOREIGN",    .right = true, .drop = 1 },
	{ "LISTED",     .right = true },
	{ "FAILURES",   .right = true },
	{ "LAST ERROR", .least = 10, .drop = 3 },
};
// clang-format on

static enum paint paint_of(struct str state)
{
	if (str_is(state, "up"))
		return PAINT_GOOD;
	return str_is(state, "down") ? PAINT_BAD : PAINT_BUSY;
}

/* "~3m20s" until the queue is empty; "?" when nobody can tell. */
static void queue_ends(char to[WHEN_MAX + 1], const json_t *i)
{
	const json_t *ms = json_object_get(i, "queue_drained_in_ms");

	to[0] = '\0';
	if (field_u64(i, "queued") == 0)
		return;
	to[0] = json_is_integer(ms) ? '~' : '?';
	to[1] = '\0';
	if (json_is_integer(ms))
		when_span(to + 1, (uint64_t)json_integer_value(ms));
}

static void row(struct table *t, const json_t *i)
{
	const json_t *list = json_object_get(i, "list");
	struct str state = field_str(i, "state");
	char listed[WHEN_MAX], ends[WHEN_MAX + 1];

	queue_ends(ends, i);
	when_ago(listed, field_time(list, "at"));
	table_cell(t, field_str(i, "id"));
	table_cell(t, field_str(i, "provider"));
	table_cell_painted(t, state, paint_of(state));
	table_cell_u64(t, field_u64(i, "accounts"));
	table_cell_u64(t, field_u64(i, "open"));
	table_cell_u64(t, field_u64(i, "starting"));
	table_cell_u64(t, field_u64(i, "queued"));
	table_cell(t, str_of(ends));
	table_cell_u64(t, field_u64(i, "capacity"));
	table_cell_u64(t, field_u64(i, "foreign_sessions"));
	table_cell(t, str_of(listed));
	table_cell_u64(t, field_u64(list, "failures"));
	table_cell(t, field_str(list, "error"));
}

int instance_list(struct cli *c)
{
	static const struct whole list = { .path = "/v1/instances",
					   .rows = "instances",
					   .id = "id",
					   .columns = columns,
					   .n_columns = ARRAY_LEN(columns),
					   .row = row };

	return whole_print(c, &list);
}

static int request(struct cli *c, const char *method, const char *tail, struct answer *ret_answer)
{
	struct request q;
	int r;

	request_init(&q, method, "/v1/instances");
	request_part(&q, c->args[0]);
	if (tail != NULL)
		request_part(&q, tail);
	r = call(c, &q, ret_answer);
	request_fini(&q);
	return r;
}

int instance_show(struct cli *c)
{
	struct answer a;
	int r = request(c, "GET", NULL, &a);

	if (r == CTL_OK && for_people(c))
		record_print(&c->term, a.json);
	else if (r == CTL_OK && !has_option(c, OPTION_JSON))
		tell_str(&c->term, field_str(a.json, "id"));
	answer_fini(&a);
	return r;
}

static int change(struct cli *c, const char *verb)
{
	struct answer a;
	int r = request(c, "POST", verb, &a);
	const json_t *i = json_object_get(a.json, "instance");
	uint64_t open = field_u64(i, "open");

	if (r == CTL_OK && for_people(c) && open > 0)
		tell(&c->term, "%.*s is %.*s: %" PRIu64 " session%s", STR_ARG(field_str(i, "id")),
		     STR_ARG(field_str(i, "state")), open, open == 1 ? "" : "s");
	else if (r == CTL_OK && for_people(c))
		tell(&c->term, "%.*s is %.*s", STR_ARG(field_str(i, "id")),
		     STR_ARG(field_str(i, "state")));
	else if (r == CTL_OK && !has_option(c, OPTION_JSON))
		tell_str(&c->term, field_str(i, "id"));
	answer_fini(&a);
	return r;
}

int instance_drain(struct cli *c)
{
	return change(c, "drain");
}

int instance_resume(struct cli *c)
{
	return change(c, "resume");
}
