/* policy.c - policy: what follows from each cause, at each provider. */
#include "base/obj.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "say.h"
#include "table.h"

// clang-format off
static const struct column columns[] = {
	{ "PROVIDER", .least = 6, .drop = 2 },
	{ "CAUSE" },
	{ "THEN" },
	{ "ATTEMPTS", .right = true },
	{ "THEN DO" },
	{ "DEFAULT",  .drop = 1 },
	{ "MAY BE",   .least = 8, .drop = 1 },
	{ "SET BY",   .least = 8 },
};
// clang-format on

static void words(struct buf *out, const json_t *list)
{
	const json_t *word;
	size_t i;

	json_array_foreach(list, i, word)
	{
		buf_printf(out, "%s%s", i > 0 ? " " : "", json_string_value(word));
	}
}

static void row(struct table *t, struct str provider, const json_t *cause)
{
	bool is_set = !json_is_null(json_object_get(cause, "set_by"));
	struct buf allowed;

	buf_init(&allowed, 256);
	words(&allowed, json_object_get(cause, "allowed"));
	table_cell(t, provider);
	table_cell(t, field_str(cause, "cause"));
	table_cell_painted(t, field_str(cause, "then"), is_set ? PAINT_BUSY : PAINT_NONE);
	if (json_is_integer(json_object_get(cause, "attempts")))
		table_cell_u64(t, field_u64(cause, "attempts"));
	else
		table_cell(t, STR(""));
	table_cell(t, field_str(cause, "user_action"));
	table_cell(t, field_str(cause, "default"));
	table_cell(t, buf_all(&allowed));
	table_cell(t, field_str(cause, "set_by"));
	buf_fini(&allowed);
}

int policy_show(struct cli *c)
{
	const json_t *provider, *cause;
	struct request q;
	struct answer a;
	struct table t;
	size_t i, n;
	int r;

	request_init(&q, "GET", "/v1/policy");
	r = call(c, &q, &a);
	request_fini(&q);
	table_init(&t, columns, ARRAY_LEN(columns), &c->term);
	json_array_foreach(json_object_get(a.json, "providers"), i, provider)
	{
		json_array_foreach(json_object_get(provider, "causes"), n, cause)
		    row(&t, field_str(provider, "provider"), cause);
	}
	if (r == CTL_OK && for_people(c))
		table_print(&t, stdout);
	table_fini(&t);
	answer_fini(&a);
	return r;
}
