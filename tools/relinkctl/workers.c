/* workers.c - worker list, worker deaths: the processes that host plugins, and how they ended. */
#include <inttypes.h>

#include "base/obj.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "say.h"
#include "table.h"
#include "when.h"
#include "whole.h"

// clang-format off
static const struct column worker_columns[] = {
	{ "SLOT",       .right = true },
	{ "PROVIDER",   .least = 6 },
	{ "STATE" },
	{ "PID",        .right = true },
	{ "SINCE",      .right = true },
	{ "NEXT",       .drop = 3 },
	{ "DEATHS",     .right = true },
	{ "ACCOUNTS",   .right = true },
	{ "LAG",        .right = true, .drop = 3 },
	{ "RSS",        .right = true, .drop = 3 },
	{ "SANDBOX",    .least = 12, .drop = 1 },
	{ "INSTANCES",  .least = 10, .drop = 2 },
	{ "LAST DEATH", .least = 10 },
};
// clang-format on

static enum paint worker_paint(struct str state)
{
	if (str_is(state, "ready"))
		return PAINT_GOOD;
	return str_is(state, "cooling") || str_is(state, "held") ? PAINT_BAD : PAINT_BUSY;
}

static void worker_row(struct table *t, const json_t *w)
{
	struct str state = field_str(w, "state");
	struct buf instances;
	char since[WHEN_MAX], next[WHEN_MAX], lag[24], rss[24], provider[64];

	when_ago(since, field_time(w, "since"));
	when_ahead(next, field_time(w, "next_start_at"));
	snprintf(lag, sizeof lag, "%" PRIu64 "ms", field_u64(w, "lag_ms"));
	snprintf(rss, sizeof rss, "%" PRIu64 "M", field_u64(w, "rss_kib") / 1024);
	snprintf(provider, sizeof provider, "%.*s%s", STR_ARG(field_str(w, "provider")),
		 json_is_true(json_object_get(w, "quarantine")) ? " (quarantine)" : "");
	table_cell_u64(t, field_u64(w, "slot"));
	table_cell(t, str_of(provider));
	table_cell_painted(t, state, worker_paint(state));
	table_cell_u64(t, field_u64(w, "pid"));
	table_cell(t, str_of(since));
	table_cell(t, str_of(next));
	table_cell_u64(t, field_u64(w, "deaths"));
	table_cell_u64(t, field_u64(w, "accounts"));
	table_cell(t, str_of(lag));
	table_cell(t, str_of(rss));
	table_cell(t, field_str(w, "sandbox"));
	buf_init(&instances, 64u << 10);
	field_show(&instances, json_object_get(w, "instances"), t->term->utf8);
	table_cell(t, buf_all(&instances));
	table_cell(t, field_str(w, "last_death"));
	buf_fini(&instances);
}

int worker_list(struct cli *c)
{
	static const struct whole list = { .path = "/v1/workers",
					   .rows = "workers",
					   .id = "slot",
					   .columns = worker_columns,
					   .n_columns = ARRAY_LEN(worker_columns),
					   .row = worker_row };

	return whole_print(c, &list);
}

/* --- deaths --- */

#define DEATH_ROWS 20

// clang-format off
static const struct column death_columns[] = {
	{ "WHEN" },
	{ "KIND" },
	{ "PID",      .right = true, .drop = 1 },
	{ "RAN",      .right = true },
	{ "READY",    .drop = 2 },
	{ "ACCOUNTS", .right = true, .drop = 2 },
	{ "OPEN",     .right = true },
	{ "HOW",      .least = 20 },
};
// clang-format on

static void death_row(struct table *t, const json_t *d)
{
	char when[WHEN_MAX], ran[WHEN_MAX];

	when_stamp(when, field_time(d, "at"));
	when_span(ran, field_u64(d, "ran_ms"));
	table_cell(t, str_of(when));
	table_cell(t, field_str(d, "kind"));
	table_cell_u64(t, field_u64(d, "pid"));
	table_cell(t, str_of(ran));
	table_cell(t, json_is_true(json_object_get(d, "was_ready")) ? STR("yes") : STR("no"));
	table_cell_u64(t, field_u64(d, "accounts"));
	table_cell_u64(t, field_u64(d, "open_ops"));
	table_cell(t, field_str(d, "how"));
}

/* Its line ends end lines here, too; all else is made harmless. */
static void print_words(struct cli *c, const char *head, struct str words)
{
	if (words.n > 0)
		printf("\n%s\n", head);
	while (words.n > 0) {
		const char *end = memchr(words.p, '\n', words.n);
		size_t n = end != NULL ? (size_t)(end - words.p) : words.n;

		tell(&c->term, "  %.*s", (int)n, words.p);
		n += end != NULL;
		words = (struct str){ words.p + n, words.n - n };
	}
}

int worker_deaths(struct cli *c)
{
	const json_t *deaths, *d;
	struct request q;
	struct answer a;
	struct table t;
	size_t i;
	int r;

	request_init(&q, "GET", "/v1/workers");
	request_part(&q, c->args[0]);
	request_part(&q, "deaths");
	request_query_u64(&q, "limit", option_number(c, OPTION_LIMIT, DEATH_ROWS));
	r = call(c, &q, &a);
	request_fini(&q);
	deaths = json_object_get(a.json, "deaths");
	table_init(&t, death_columns, ARRAY_LEN(death_columns), &c->term);
	json_array_foreach(deaths, i, d)
	{
		death_row(&t, d);
	}
	if (r == CTL_OK && for_people(c)) {
		table_print(&t, stdout);
		d = json_array_get(deaths, 0);
		if (d == NULL)
			say(&c->term, "no deaths");
		print_words(c, "The report of the newest:", field_str(d, "report"));
		print_words(c, "What it printed last:", field_str(d, "last_lines"));
	}
	table_fini(&t);
	answer_fini(&a);
	return r;
}
