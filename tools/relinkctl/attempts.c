/* attempts.c - account attempts: an account's sessions, why each began and how it ended. */
#include <inttypes.h>

#include "base/limits.h"
#include "base/obj.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "pages.h"
#include "say.h"
#include "table.h"

#define ATTEMPT_ROWS 20

// clang-format off
static const struct column columns[] = {
	{ "GEN",       .right = true },
	{ "BEGUN" },
	{ "BY",        .drop = 1 },
	{ "PROFILE",   .least = 8, .drop = 2 },
	{ "CONNECTED", .drop = 2 },
	{ "ENDED" },
	{ "CAUSE" },
	{ "SESSION",   .least = 8, .drop = 1 },
	{ "WHY",       .least = 20 },
};
// clang-format on

static void row(struct table *t, const json_t *attempt)
{
	const json_t *begun = json_object_get(attempt, "begun");
	const json_t *ended = json_object_get(attempt, "ended");
	struct buf profile;

	buf_init(&profile, 4096);
	buf_text(&profile, json_is_true(json_object_get(attempt, "current_login")) ? "*" : "");
	buf_str(&profile, field_str(attempt, "profile"));
	table_cell_u64(t, field_u64(attempt, "generation"));
	table_cell_time(t, field_str(begun, "at"));
	table_cell(t, field_str(begun, "by"));
	table_cell(t, buf_all(&profile));
	table_cell_time(t, field_str(attempt, "connected_at"));
	table_cell_time(t, field_str(ended, "at"));
	table_cell(t, field_str(ended, "cause"));
	table_cell(t, field_str(attempt, "session_id"));
	table_cell(t, field_str(attempt, "says"));
	buf_fini(&profile);
}

static void begin(const struct cli *c, struct request *q)
{
	call_account(q, "GET", c->args[0], "attempts");
}

static void on_page(struct cli *c, const json_t *attempts, void *ctx)
{
	struct table *t = ctx;
	const json_t *attempt;
	size_t i;

	json_array_foreach(attempts, i, attempt)
	{
		if (for_people(c))
			row(t, attempt);
		else if (!has_option(c, OPTION_JSON))
			tell_str(&c->term, field_str(attempt, "session_id"));
	}
	if (for_people(c))
		table_print(t, stdout);
}

int account_attempts(struct cli *c)
{
	struct table t;
	struct paging p = {
		.begin = begin,
		.call = call_unprinted,
		.document = true,
		.rows = "attempts",
		.next = "next_before",
		.place = "before",
		.limit = option_number(c, OPTION_LIMIT, ATTEMPT_ROWS),
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
