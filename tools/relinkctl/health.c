/* health.c - health-summary: all accounts by band, and the worst with their reasons; health: one account. */
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
	{ "SURE",   .right = true, .drop = 1 },
	{ "STATUS", .drop = 2 },
	{ "WHY",    .least = 12 },
};
// clang-format on

static void worst_row(struct table *t, const json_t *account)
{
	const json_t *health = json_object_get(account, "health"), *c;
	char score[24], sure[24];
	const json_t *reason = json_object_get(account, "reason");
	struct str cause = field_str(reason, "cause");
	struct buf why;
	size_t i;

	buf_init(&why, 8192);
	if (cause.n > 0 && !str_is(cause, "none"))
		buf_printf(&why, "%.*s: ", STR_ARG(cause));
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
	for (size_t i = 0; i < ARRAY_LEN(bands); i++) {
		uint64_t n = field_u64(json_object_get(s, "bands"), bands[i]);

		printf("%-9s %" PRIu64, bands[i], n);
		if (scored > 0 && n > 0)
			printf("  %" PRIu64 "%%", n * 100 / scored);
		putchar('\n');
	}
	if (accounts > scored)
		printf("\n%" PRIu64
		       " without a score wait for a person or are not wanted: relinkctl watch\n",
		       accounts - scored);
}

/* How many accounts of each provider are connected, and what the others are. */
static void print_providers(const struct term *term, const json_t *providers)
{
	static const struct column columns[] = {
		{ "PROVIDER" },
		{ "ACCOUNTS", .right = true },
		{ "CONNECTED", .right = true },
		{ "OTHERS", .least = 12 },
	};
	const json_t *p, *n;
	struct table t;
	const char *status;
	char accounts[24], connected[24];
	struct buf others;
	size_t i;

	if (json_array_size(providers) == 0)
		return;
	table_init(&t, columns, ARRAY_LEN(columns), term);
	json_array_foreach(providers, i, p)
	{
		json_t *statuses = json_object_get(p, "statuses");

		buf_init(&others, 1024);
		json_object_foreach(statuses, status, n)
		{
			if (json_integer_value(n) > 0 && strcmp(status, "connected") != 0)
				buf_printf(&others, "%s%s %lld", others.n > 0 ? ", " : "", status,
					   (long long)json_integer_value(n));
		}
		snprintf(accounts, sizeof accounts, "%" PRIu64, field_u64(p, "accounts"));
		snprintf(connected, sizeof connected, "%" PRIu64, field_u64(statuses, "connected"));
		table_cell(&t, json_is_string(json_object_get(p, "provider"))
				   ? field_str(p, "provider")
				   : STR("(not configured)"));
		table_cell(&t, str_of(accounts));
		table_cell(&t, str_of(connected));
		table_cell(&t, others.n > 0 ? buf_all(&others) : STR("-"));
		buf_fini(&others);
	}
	putchar('\n');
	table_print(&t, stdout);
	table_fini(&t);
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
	if (r == CTL_OK && for_people(c))
		print_providers(&c->term, json_object_get(a.json, "providers"));
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

/* ---- one account ---- */

static void print_stages(const struct term *term, const json_t *stages)
{
	static const struct column columns[] = {
		{ "STAGE" }, { "VERDICT" }, { "AGE", .right = true }, { "MEANS", .least = 12 }
	};
	const json_t *s, *age;
	struct table t;
	char text[24];
	size_t i;

	table_init(&t, columns, ARRAY_LEN(columns), term);
	json_array_foreach(stages, i, s)
	{
		age = json_object_get(s, "age_ms");
		snprintf(text, sizeof text, "%" PRIu64 "s", field_u64(s, "age_ms") / 1000);
		table_cell(&t, field_str(s, "name"));
		table_cell(&t, field_str(s, "verdict"));
		table_cell(&t, json_is_integer(age) ? str_of(text) : STR("-"));
		table_cell(&t, field_str(s, "text"));
	}
	table_print(&t, stdout);
	table_fini(&t);
}

static void print_past(const struct term *term, const json_t *history)
{
	static const struct column columns[] = { { "SINCE" },
						 { "HEALTH", .right = true },
						 { "BAND" } };
	const json_t *point, *score;
	struct table t;
	char text[24];
	size_t i;

	table_init(&t, columns, ARRAY_LEN(columns), term);
	json_array_foreach(history, i, point)
	{
		score = json_object_get(point, "score");
		snprintf(text, sizeof text, "%" PRIu64, field_u64(point, "score"));
		table_cell_time(&t, field_str(point, "at"));
		table_cell(&t, json_is_integer(score) ? str_of(text) : STR("-"));
		table_cell(&t, json_is_integer(score) ? field_str(point, "band") : STR("-"));
	}
	table_print(&t, stdout);
	table_fini(&t);
}

static void print_one(const struct term *term, const json_t *j)
{
	const json_t *health = json_object_get(j, "health"), *c;
	size_t i;

	if (!json_is_object(health))
		printf("health    none: a person is awaited, or nobody wants it connected\n");
	else
		printf("health    %" PRIu64 " %.*s, %" PRIu64 "%% sure%s\n",
		       field_u64(health, "score"), STR_ARG(field_str(health, "band")),
		       field_u64(health, "confidence"),
		       json_is_true(json_object_get(health, "unhealthy")) ? ", unhealthy" : "");
	json_array_foreach(json_object_get(health, "components"), i, c)
	{
		printf("  %4lld  %.*s\n",
		       (long long)json_integer_value(json_object_get(c, "points")),
		       STR_ARG(field_str(c, "text")));
	}
	printf("because   %.*s\n\n", STR_ARG(field_str(j, "explanation")));
	print_stages(term, json_object_get(j, "stages"));
	putchar('\n');
	print_past(term, json_object_get(j, "history"));
}

int account_health(struct cli *c)
{
	struct request q;
	struct answer a;
	int r;

	request_init(&q, "GET", "/v1/accounts");
	request_part(&q, c->args[0]);
	request_part(&q, "health");
	request_query(&q, "history", "24");
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK && for_people(c))
		print_one(&c->term, a.json);
	answer_fini(&a);
	return r;
}
