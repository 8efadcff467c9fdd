/* list.c - account list, account timeline, worker list, worker deaths: rows in tables. */
#include <inttypes.h>

#include "base/obj.h"
#include "call.h"
#include "commands.h"
#include "event.h"
#include "field.h"
#include "pages.h"
#include "say.h"
#include "view.h"
#include "when.h"

#define LIST_ROWS     100
#define TIMELINE_ROWS 50

struct listing {
	struct table table;
	uint64_t shown;
};

static void on_accounts(struct cli *c, const json_t *accounts, void *ctx)
{
	struct listing *l = ctx;
	const json_t *account;
	size_t i;

	l->shown += json_array_size(accounts);
	if (has_option(c, OPTION_JSON))
		return;
	json_array_foreach(accounts, i, account)
	{
		struct view v = view_of(account);

		if (has_option(c, OPTION_QUIET))
			tell_str(&c->term, v.field[VIEW_ID]);
		else
			view_row(&l->table, &v);
	}
	if (for_people(c) && json_array_size(accounts) > 0)
		table_print(&l->table, stdout);
	fflush(stdout);
}

int account_list(struct cli *c)
{
	struct listing l = { 0 };
	struct paging p = {
		PAGES_OF_ACCOUNTS,
		.call = call,
		.limit = has_option(c, OPTION_ALL) ? UINT64_MAX
						   : option_number(c, OPTION_LIMIT, LIST_ROWS),
		.page = on_accounts,
		.ctx = &l,
	};
	bool more;
	int r;

	table_init(&l.table, view_columns, VIEW_COLUMNS, &c->term);
	r = pages_walk(c, &p, &more);
	table_fini(&l.table);
	if (r == CTL_OK && for_people(c) && l.shown == 0)
		say(&c->term, "no accounts");
	else if (r == CTL_OK && for_people(c) && more)
		say(&c->term, "these are the first %" PRIu64 "; see more with --limit N or --all",
		    l.shown);
	return r;
}

static void begin_timeline(const struct cli *c, struct request *q)
{
	call_account(q, "GET", c->args[0], "timeline");
}

static void on_entries(struct cli *c, const json_t *entries, void *ctx)
{
	struct listing *l = ctx;
	const json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		event_row(&l->table, entry);
	}
	if (!has_option(c, OPTION_JSON))
		table_print(&l->table, stdout);
}

int account_timeline(struct cli *c)
{
	struct listing l = { 0 };
	struct paging p = {
		.begin = begin_timeline,
		.call = call,
		.rows = "entries",
		.next = "next_before",
		.place = "before",
		.limit = option_number(c, OPTION_LIMIT, TIMELINE_ROWS),
		.page = on_entries,
		.ctx = &l,
	};
	bool more;
	int r;

	table_init(&l.table, event_columns, EVENT_COLUMNS, &c->term);
	r = pages_walk(c, &p, &more);
	table_fini(&l.table);
	return r;
}

/* --- workers --- */

// clang-format off
static const struct column worker_columns[] = {
	{ "SLOT",       .right = true },
	{ "PROVIDER",   .least = 6 },
	{ "STATE" },
	{ "PID",        .right = true },
	{ "SINCE",      .right = true },
	{ "NEXT",       .drop = 2 },
	{ "DEATHS",     .right = true },
	{ "ACCOUNTS",   .right = true },
	{ "LAG",        .right = true, .drop = 1 },
	{ "RSS",        .right = true, .drop = 1 },
	{ "INSTANCES",  .least = 8, .drop = 3 },
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
	buf_init(&instances, 64u << 10);
	field_show(&instances, json_object_get(w, "instances"), t->term->utf8);
	table_cell(t, buf_all(&instances));
	table_cell(t, field_str(w, "last_death"));
	buf_fini(&instances);
}

int worker_list(struct cli *c)
{
	const json_t *workers, *w;
	struct request q;
	struct answer a;
	struct table t;
	size_t i;
	int r;

	request_init(&q, "GET", "/v1/workers");
	r = call(c, &q, &a);
	request_fini(&q);
	workers = json_object_get(a.json, "workers");
	table_init(&t, worker_columns, ARRAY_LEN(worker_columns), &c->term);
	json_array_foreach(workers, i, w)
	{
		if (for_people(c))
			worker_row(&t, w);
		else if (has_option(c, OPTION_QUIET) && !has_option(c, OPTION_JSON))
			tell(&c->term, "%" PRIu64, field_u64(w, "slot"));
	}
	if (r == CTL_OK && for_people(c))
		table_print(&t, stdout);
	table_fini(&t);
	answer_fini(&a);
	return r;
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
