/* incidents.c - incident list, show: many accounts that failed together. */
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
	{ "INCIDENT",   .right = true },
	{ "STATE" },
	{ "PROVIDER",   .least = 6 },
	{ "INSTANCE",   .least = 6 },
	{ "ACCOUNTS",   .right = true },
	{ "OPENED",     .right = true },
	{ "CLOSED",     .right = true },
	{ "TEXT",       .least = 10, .drop = 1 },
};
// clang-format on

static void row(struct table *t, const json_t *i)
{
	struct str state = field_str(i, "state");
	char opened[WHEN_MAX], closed[WHEN_MAX];

	when_ago(opened, field_time(i, "opened_at"));
	when_ago(closed, field_time(i, "closed_at"));
	table_cell_u64(t, field_u64(i, "id"));
	table_cell_painted(t, state, str_is(state, "calm") ? PAINT_GOOD : PAINT_BAD);
	table_cell(t, field_str(i, "provider"));
	table_cell(t, field_str(i, "instance"));
	table_cell_u64(t, field_u64(i, "accounts"));
	table_cell(t, str_of(opened));
	table_cell(t, str_of(closed));
	table_cell(t, field_str(i, "text"));
}

int incident_list(struct cli *c)
{
	static const struct whole list = { .path = "/v1/incidents",
					   .rows = "incidents",
					   .id = "id",
					   .columns = columns,
					   .n_columns = ARRAY_LEN(columns),
					   .row = row };

	return whole_print(c, &list);
}

int incident_show(struct cli *c)
{
	struct request q;
	struct answer a;
	int r;

	request_init(&q, "GET", "/v1/incidents");
	request_part(&q, c->args[0]);
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK && for_people(c))
		record_print(&c->term, a.json);
	else if (r == CTL_OK && !has_option(c, OPTION_JSON))
		tell(&c->term, "%" PRIu64, field_u64(a.json, "id"));
	answer_fini(&a);
	return r;
}
