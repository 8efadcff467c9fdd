/*
 * bulk.c - bulk connect, disconnect, reconnect, list, show, cancel.
 *
 * Before anything is done it is said how many accounts it is, and asked.  On a terminal the job is then
 * followed with a line that is written over; whoever stops looking stops nothing.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/obj.h"
#include "body.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "ids.h"
#include "record.h"
#include "say.h"
#include "table.h"
#include "text.h"
#include "when.h"
#include "whole.h"

#define LOOK_MS 500
#define RATE    60
#define BAR     20 /* columns */

/* --- look first --- */

static int post(struct cli *c, struct str ids, bool dry_run, struct answer *a)
{
	struct request q;
	int r;

	request_init(&q, "POST", "/v1/bulk");
	body_of_bulk(&q.body, &c->options, c->command->name, ids,
		     option_number(c, OPTION_RATE, RATE), dry_run);
	if (dry_run && !has_option(c, OPTION_DRY_RUN))
		r = call_unprinted(c, &q, a);
	else
		r = call(c, &q, a);
	request_fini(&q);
	return r;
}

static void say_plan(struct cli *c, const json_t *plan)
{
	uint64_t n = field_u64(plan, "total"), scans = field_u64(plan, "need_scan");
	char takes[WHEN_MAX];

	when_span(takes, field_u64(plan, "takes_s") * 1000);
	say(&c->term, "%s: %" PRIu64 " account%s, at %" PRIu64 " a minute, takes at least %s",
	    c->command->name, n, n == 1 ? "" : "s", field_u64(plan, "rate_per_minute"), takes);
	if (scans > 0)
		say(&c->term, "%" PRIu64 " of them have no login and will show a QR code", scans);
}

// clang-format off
static const struct column plan_columns[] = {
	{ "ID",        .least = 8 },
	{ "WORKSPACE", .least = 8 },
	{ "STATUS" },
	{ "CAUSE" },
};
// clang-format on

static void print_plan(struct cli *c, const json_t *plan)
{
	const json_t *accounts = json_object_get(plan, "accounts"), *a;
	struct table t;
	size_t i;

	table_init(&t, plan_columns, ARRAY_LEN(plan_columns), &c->term);
	json_array_foreach(accounts, i, a)
	{
		if (!for_people(c)) {
			if (!has_option(c, OPTION_JSON))
				tell_str(&c->term, field_str(a, "id"));
			continue;
		}
		table_cell(&t, field_str(a, "id"));
		table_cell(&t, field_str(a, "workspace"));
		table_cell(&t, field_str(a, "status"));
		table_cell(&t, field_str(a, "cause"));
	}
	if (for_people(c) && json_array_size(accounts) > 0)
		table_print(&t, stdout);
	table_fini(&t);
}

/* CTL_OK: go on. */
static int confirm(struct cli *c, const json_t *plan)
{
	if (field_u64(plan, "total") == 0) {
		say(&c->term, "there is no such account; nothing was done");
		return CTL_FAILED;
	}
	if (has_option(c, OPTION_YES))
		return CTL_OK;
	if (!c->term.in_tty || !c->term.err_tty) {
		say(&c->term, "bulk %s: nobody can be asked here; add --yes to do it",
		    c->command->name);
		return CTL_USAGE;
	}
	if (ask(&c->term, "Go on? [y/N] "))
		return CTL_OK;
	say(&c->term, "nothing was done");
	return CTL_FAILED;
}

/* --- follow --- */

static int look(struct cli *c, const char *method, const char *id, bool print, struct answer *a)
{
	struct request q;
	int r;

	request_init(&q, method, "/v1/bulk");
	request_part(&q, id);
	r = print ? call(c, &q, a) : call_unprinted(c, &q, a);
	request_fini(&q);
	return r;
}

/* Blocks, or # and - where the terminal shows no more. */
static void add_bar(struct buf *to, const struct term *t, uint64_t through, uint64_t total)
{
	unsigned full = total > 0 ? (unsigned)(through * BAR / total) : BAR;

	for (unsigned i = 0; i < BAR; i++)
		buf_text(to, i < full ? (t->utf8 ? "\u2588" : "#") : (t->utf8 ? "\u2591" : "-"));
	buf_printf(to, " %3" PRIu64 "%%  ", total > 0 ? through * 100 / total : 100);
}

static void progress(struct cli *c, const json_t *job)
{
	uint64_t total = field_u64(job, "total"), failed = field_u64(job, "failed");
	uint64_t through = field_u64(job, "done") + field_u64(job, "skipped") + failed;
	struct str waits = field_str(job, "waits");
	char left[WHEN_MAX];
	struct buf line, words;

	buf_init(&line, 8192);
	buf_init(&words, 4096);
	when_span(left, field_u64(job, "eta_s") * 1000);
	add_bar(&line, &c->term, MIN_OF(through, total), total);
	buf_printf(&words, "%" PRIu64 " of %" PRIu64 ", %" PRIu64 " failed, %s left%s%.*s", through,
		   total, failed, left, waits.n > 0 ? "; waits: " : "", STR_ARG(waits));
	text_add(&line, buf_all(&words), c->term.utf8);
	term_measure(&c->term);
	if (c->term.columns > 0)
		line.n = text_fit(buf_all(&line), c->term.columns - 1);
	fprintf(stderr, "\r%.*s\033[K", STR_ARG(buf_all(&line)));
	fflush(stderr);
	buf_fini(&words);
	buf_fini(&line);
}

static void say_end(struct cli *c, const json_t *job)
{
	struct str error = field_str(job, "last_error");

	tell(&c->term, "%.*s is %.*s: %" PRIu64 " done, %" PRIu64 " failed, %" PRIu64 " skipped",
	     STR_ARG(field_str(job, "id")), STR_ARG(field_str(job, "state")),
	     field_u64(job, "done"), field_u64(job, "failed"), field_u64(job, "skipped"));
	if (error.n > 0)
		say(&c->term, "the last that failed: %.*s", STR_ARG(error));
}

/* The prompt shall not stand behind the bar. */
static void on_signal(int sig)
{
	if (write(STDERR_FILENO, "\n", 1) < 0) {
		/* the terminal is gone */
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

static int follow(struct cli *c, const char *id)
{
	signal(SIGINT, on_signal);
	for (;;) {
		struct answer a;
		int r = look(c, "GET", id, false, &a);
		bool ended = !str_is(field_str(a.json, "state"), "running");

		if (r == CTL_OK)
			progress(c, a.json);
		if (r != CTL_OK || ended) {
			fputs("\n", stderr);
			if (r == CTL_OK)
				say_end(c, a.json);
			if (r == CTL_OK && field_u64(a.json, "failed") > 0)
				r = CTL_FAILED;
			answer_fini(&a);
			if (r == CTL_UNREACHABLE)
				say(&c->term,
				    "the job goes on when relinkd does: relinkctl bulk show %s",
				    id);
			return r;
		}
		answer_fini(&a);
		poll(NULL, 0, LOOK_MS);
	}
}

static int begin(struct cli *c, struct str ids)
{
	char id[64] = "";
	struct answer a;
	int r = post(c, ids, false, &a);

	if (r == CTL_OK)
		str_copy(id, sizeof id, field_str(a.json, "id"));
	answer_fini(&a);
	if (r != CTL_OK || has_option(c, OPTION_JSON))
		return r;
	if (for_people(c) && c->term.err_tty && !has_option(c, OPTION_NO_WAIT)) {
		say(&c->term, "%s runs; Ctrl-C stops looking, relinkctl bulk cancel %s stops it",
		    id, id);
		return follow(c, id);
	}
	tell(&c->term, "%s", id);
	return r;
}

static int do_with(struct cli *c, struct str ids)
{
	struct answer plan;
	int r = post(c, ids, true, &plan);

	if (r == CTL_OK && !has_option(c, OPTION_JSON))
		say_plan(c, plan.json);
	if (r == CTL_OK && has_option(c, OPTION_DRY_RUN)) {
		print_plan(c, plan.json);
		answer_fini(&plan);
		return r;
	}
	if (r == CTL_OK)
		r = confirm(c, plan.json);
	answer_fini(&plan);
	return r == CTL_OK ? begin(c, ids) : r;
}

/* Nothing is chosen by saying nothing. */
static bool is_selected(const struct cli *c)
{
	const uint64_t selection = OPT(WORKSPACE) | OPT(PROVIDER) | OPT(INSTANCE) | OPT(STATUS) |
				   OPT(CAUSE) | OPT(LABEL_PREFIX) | OPT(IDS) | OPT(EVERYTHING);

	return (c->options.given & selection) != 0;
}

int bulk_do(struct cli *c)
{
	const char *file = option_text(c, OPTION_IDS);
	struct buf ids;
	struct why why;
	int r = 0;

	if (!is_selected(c)) {
		say(&c->term,
		    "bulk %s: which accounts? Give --workspace, --provider, --instance, --status, "
		    "--cause, --label-prefix, --ids FILE, or --everything",
		    c->command->name);
		return CTL_USAGE;
	}
	buf_init(&ids, 1u << 20);
	if (file != NULL)
		r = ids_read(file, &ids, &why);
	if (r < 0) {
		say(&c->term, "%s", why.text);
		r = r == ERR_RANGE || r == ERR_FORMAT ? CTL_USAGE : CTL_FAILED;
	} else {
		r = do_with(c, buf_all(&ids));
	}
	buf_fini(&ids);
	return r;
}

/* --- list, show, cancel --- */

// clang-format off
static const struct column columns[] = {
	{ "JOB" },
	{ "ACTION" },
	{ "STATE" },
	{ "TOTAL",  .right = true },
	{ "DONE",   .right = true },
	{ "FAILED", .right = true },
	{ "LEFT",   .right = true },
	{ "RATE",   .right = true, .drop = 1 },
	{ "BEGAN",  .right = true },
	{ "WAITS",  .least = 8, .drop = 2 },
};
// clang-format on

static void row(struct table *t, const json_t *job)
{
	char began[WHEN_MAX];

	when_ago(began, field_time(job, "created_at"));
	table_cell(t, field_str(job, "id"));
	table_cell(t, field_str(job, "action"));
	table_cell(t, field_str(job, "state"));
	table_cell_u64(t, field_u64(job, "total"));
	table_cell_u64(t, field_u64(job, "done"));
	table_cell_u64(t, field_u64(job, "failed"));
	table_cell_u64(t, field_u64(job, "left"));
	table_cell_u64(t, field_u64(job, "rate_per_minute"));
	table_cell(t, str_of(began));
	table_cell(t, field_str(job, "waits"));
}

int bulk_list(struct cli *c)
{
	static const struct whole list = { .path = "/v1/bulk",
					   .rows = "jobs",
					   .id = "id",
					   .columns = columns,
					   .n_columns = ARRAY_LEN(columns),
					   .row = row,
					   .none = "no jobs" };

	return whole_print(c, &list);
}

int bulk_show(struct cli *c)
{
	struct answer a;
	int r = look(c, "GET", c->args[0], true, &a);

	if (r == CTL_OK && for_people(c))
		record_print(&c->term, a.json);
	else if (r == CTL_OK && !has_option(c, OPTION_JSON))
		tell_str(&c->term, field_str(a.json, "id"));
	answer_fini(&a);
	return r;
}

int bulk_cancel(struct cli *c)
{
	struct answer a;
	int r = look(c, "DELETE", c->args[0], true, &a);

	if (r == CTL_OK && for_people(c))
		say_end(c, a.json);
	else if (r == CTL_OK && !has_option(c, OPTION_JSON))
		tell_str(&c->term, field_str(a.json, "id"));
	answer_fini(&a);
	return r;
}
