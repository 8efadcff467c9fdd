/* health.c - health-summary: all accounts by band, and the worst with their reasons. */
#include <inttypes.h>

#include "base/obj.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "say.h"
#include "table.h"
#include "words.h"

// clang-format off
static const struct column worst_columns[] = {
	{ "ID" },
	{ "HEALTH", .right = true },
	{ "SURE",   .right = true },
	{ "STATUS" },
	{ "WHY",    .least = 12 },
};
// clang-format on

static void worst_row(struct table *t, const json_t *account)
{
	const json_t *health = json_object_get(account, "health"), *c;
	char score[24], sure[24];
	struct buf why;
	size_t i;

	buf_init(&why, 8192);
	json_array_foreach(json_object_get(health, "components"), i, c)
	{
		buf_printf(&why, "%s%.*s %lld", i > 0 ? ", " : "", STR_ARG(field_str(c, "name")),
			   (long long)json_integer_value(json_object_get(c, "points")));
	}
	snprintf(score, sizeof score, "%" PRIu64, field_u64(health, "score"));
	snprintf(sure, sizeof sure, "%" PRIu64 "%%", field_u64(health, "confidence"));
	table_cell(t, field_str(account, "id"));
	table_cell_painted(t, str_of(score), health_paint((int)field_u64(health, "score")));
	table_cell(t, str_of(sure));
	table_cell_painted(t, field_str(account, "status"),
			   status_paint(field_str(account, "status")));
	table_cell(t, buf_all(&why));
	buf_fini(&why);
}

static void print_counts(const json_t *s)
{
	static const char *const bands[] = { "excellent", "good", "warning", "critical", "failed" };
	uint64_t accounts = field_u64(s, "accounts"), scored = field_u64(s, "scored");

	printf("accounts  %" PRIu64 ", of them %" PRIu64 " with a score\n", accounts, scored);
	if (scored > 0)
		printf("average   %" PRIu64 "\n", field_u64(s, "average"));
	for (size_t i = 0; i < ARRAY_LEN(bands); i++)
		printf("%-9s %" PRIu64 "\n", bands[i],
		       field_u64(json_object_get(s, "bands"), bands[i]));
}

int health_summary(struct cli *c)
{
	const json_t *worst, *account;
	struct request q;
	struct answer a;
	struct table t;
	size_t i;
	int r;

	request_init(&q, "GET", "/v1/health/summary");
	r = call(c, &q, &a);
	request_fini(&q);
	worst = json_object_get(a.json, "worst");
	if (r == CTL_OK && for_people(c))
		print_counts(a.json);
	table_init(&t, worst_columns, ARRAY_LEN(worst_columns), &c->term);
	json_array_foreach(worst, i, account)
	{
		if (for_people(c))
			worst_row(&t, account);
		else if (has_option(c, OPTION_QUIET) && !has_option(c, OPTION_JSON))
			tell_str(&c->term, field_str(account, "id"));
	}
	if (r == CTL_OK && for_people(c) && json_array_size(worst) > 0) {
		putchar('\n');
		table_print(&t, stdout);
	}
	table_fini(&t);
	answer_fini(&a);
	return r;
}
