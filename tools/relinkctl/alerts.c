/* alerts.c - alert list: what somebody should look at. */
#include <inttypes.h>

#include "base/limits.h"
#include "base/obj.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "pages.h"
#include "say.h"
#include "table.h"
#include "when.h"

// clang-format off
static const struct column columns[] = {
	{ "RAISED",    .right = true },
	{ "KIND" },
	{ "SUBJECT",   .least = 8 },
	{ "WORKSPACE", .least = 6, .drop = 2 },
	{ "PROVIDER",  .least = 6, .drop = 2 },
	{ "TEXT",      .least = 20 },
};
// clang-format on

static void row(struct table *t, const json_t *alert)
{
	char raised[WHEN_MAX];

	when_ago(raised, field_time(alert, "raised_at"));
	table_cell(t, str_of(raised));
	table_cell_painted(t, field_str(alert, "kind"), PAINT_BAD);
	table_cell(t, field_str(alert, "subject"));
	table_cell(t, field_str(alert, "workspace"));
	table_cell(t, field_str(alert, "provider"));
	table_cell(t, field_str(alert, "text"));
}

static void begin(const struct cli *c, struct request *q)
{
	request_init(q, "GET", "/v1/alerts");
	if (has_option(c, OPTION_KIND))
		request_query(q, "kind", option_text(c, OPTION_KIND));
	if (has_option(c, OPTION_WORKSPACE))
		request_query(q, "workspace", option_text(c, OPTION_WORKSPACE));
}

static void on_page(struct cli *c, const json_t *alerts, void *ctx)
{
	struct table *t = ctx;
	const json_t *alert;
	size_t i;

	json_array_foreach(alerts, i, alert)
	{
		if (for_people(c))
			row(t, alert);
		else if (!has_option(c, OPTION_JSON))
			tell_str(&c->term, field_str(alert, "subject"));
	}
	if (for_people(c) && json_array_size(alerts) > 0)
		table_print(t, stdout);
}

int alert_list(struct cli *c)
{
	struct table t;
	struct paging p = {
		.begin = begin,
		.call = call_unprinted,
		.document = true,
		.rows = "alerts",
		.next = "next_before",
		.place = "before",
		.limit = option_number(c, OPTION_LIMIT, LIMIT_PAGE),
		.page = on_page,
		.ctx = &t,
	};
	bool more;
	int r;

	table_init(&t, columns, ARRAY_LEN(columns), &c->term);
	r = pages_walk(c, &p, &more);
	table_fini(&t);
	return r;
}
