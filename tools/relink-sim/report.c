/*
 * report.c - the figures of a run as text, as JSON and as a row of the table; and the bounds.
 */
#include "sim.h"

typedef unsigned long long ull;

uint64_t report_reached(const struct figures *f)
{
	uint64_t from = BEGINNING_MS;

	for (unsigned i = 0; i < sim.s->n_events; i++) {
		if (i == 0 || BEGINNING_MS + sim.s->events[i].at < from)
			from = BEGINNING_MS + sim.s->events[i].at;
	}
	if (f->below_since != 0)
		return UINT64_MAX;
	return f->reached_at > from ? f->reached_at - from : 0;
}

static const char *duration(uint64_t ms, char text[24])
{
	if (ms == UINT64_MAX)
		snprintf(text, 24, "never");
	else if (ms < 10000)
		snprintf(text, 24, "%llums", (ull)ms);
	else if (ms < 600000)
		snprintf(text, 24, "%llus", (ull)(ms / 1000));
	else if (ms < 36000000)
		snprintf(text, 24, "%llum", (ull)(ms / 60000));
	else
		snprintf(text, 24, "%.1fh", (double)ms / 3600000);
	return text;
}

static void say_hist(FILE *to, const char *name, const struct hist *h)
{
	char a[24], b[24], c[24];

	if (h->n == 0)
		return;
	fprintf(to, "  %-28s %llu: half within %s, 99 %% within %s, the longest %s\n", name,
		(ull)h->n, duration(hist_at(h, 0.5), a), duration(hist_at(h, 0.99), b),
		duration(h->max, c));
}

void report_text(FILE *to, const struct scenario *s, const struct result *r)
{
	const struct figures *f = &r->f;
	char a[24], b[24];

	fprintf(to, "%s, by %s: %llu accounts for %s\n", s->name, r->who, (ull)s->accounts,
		duration(f->virtual_ms, a));
	fprintf(to, "  %-28s %llu of %llu; 99 %% after %s\n", "connected at the end",
		(ull)f->connected, (ull)s->accounts, duration(report_reached(f), b));
	fprintf(to, "  %-28s %llu, wasted %llu, at one instance at once %llu\n", "starts",
		(ull)f->starts, (ull)f->wasted, (ull)f->starting_max);
	fprintf(to, "  %-28s %llu, with a good login %llu; scanned %llu, clicked %llu\n",
		"scans asked", (ull)f->qrs, (ull)f->qrs_needless, (ull)f->scans, (ull)f->clicks);
	fprintf(to, "  %-28s %llu duplicates, %llu credentials lost, %llu starts over the bucket\n",
		"never", (ull)f->duplicates, (ull)f->credentials_lost, (ull)f->over_bucket);
	fprintf(to, "  %-28s %.4f %%\n", "of the time connected",
		100 - 100 * (double)f->down_ms / ((double)f->virtual_ms * (double)s->accounts));
	say_hist(to, "recoveries", &f->recovery);
	say_hist(to, "queue: a person waits", &f->wait[WAIT_PERSON]);
	say_hist(to, "queue: was connected", &f->wait[WAIT_WAS_UP]);
	say_hist(to, "queue: others", &f->wait[WAIT_OTHERS]);
	say_hist(to, "queue: small workspaces", &f->wait_small);
	fprintf(to,
		"  %-28s %.2f s of CPU, %llu MiB at most; %llu events, %llu steps, %.0f ns each\n",
		"cost", f->cpu_s, (ull)(f->rss_kib / 1024), (ull)f->events, (ull)f->steps,
		f->events + f->steps > 0 ? f->cpu_s * 1e9 / (double)(f->events + f->steps) : 0.0);
}

static void json_hist(FILE *to, const char *name, const struct hist *h)
{
	fprintf(
	    to,
	    ",\"%s\":{\"n\":%llu,\"p50_ms\":%llu,\"p90_ms\":%llu,\"p99_ms\":%llu,\"max_ms\":%llu}",
	    name, (ull)h->n, (ull)hist_at(h, 0.5), (ull)hist_at(h, 0.9), (ull)hist_at(h, 0.99),
	    (ull)h->max);
}

static void json_one(FILE *to, const struct result *r)
{
	const struct figures *f = &r->f;
	const struct {
		const char *name;
		uint64_t v;
	} numbers[] = {
		{ "virtual_ms", f->virtual_ms },
		{ "connected", f->connected },
		{ "starts", f->starts },
		{ "wasted_starts", f->wasted },
		{ "connects", f->connects },
		{ "deaths", f->deaths },
		{ "scans_asked", f->qrs },
		{ "scans_asked_needlessly", f->qrs_needless },
		{ "scans", f->scans },
		{ "scans_needless", f->scans_needless },
		{ "clicks", f->clicks },
		{ "duplicates", f->duplicates },
		{ "credentials_lost", f->credentials_lost },
		{ "over_bucket", f->over_bucket },
		{ "starting_max", f->starting_max },
		{ "moved", f->moved },
		{ "down_account_ms", f->down_ms },
		{ "events", f->events },
		{ "steps", f->steps },
		{ "calls", f->calls },
		{ "turns", f->turns },
		{ "rss_kib", f->rss_kib },
		{ "cpu_ms", (uint64_t)(f->cpu_s * 1000) },
	};
	uint64_t reached = report_reached(f);

	fprintf(to, "{\"by\":\"%s\"", r->who);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		fprintf(to, ",\"%s\":%llu", numbers[i].name, (ull)numbers[i].v);
	if (reached == UINT64_MAX)
		fprintf(to, ",\"connected_99_ms\":null");
	else
		fprintf(to, ",\"connected_99_ms\":%llu", (ull)reached);
	json_hist(to, "recovery", &f->recovery);
	json_hist(to, "wait_person", &f->wait[WAIT_PERSON]);
	json_hist(to, "wait_was_connected", &f->wait[WAIT_WAS_UP]);
	json_hist(to, "wait_others", &f->wait[WAIT_OTHERS]);
	json_hist(to, "wait_small_workspaces", &f->wait_small);
	fprintf(to, "}");
}

void report_json(FILE *to, const struct scenario *s, const struct result *r, size_t n)
{
	fprintf(to, "{\"scenario\":\"%s\",\"seed\":%llu,\"accounts\":%llu,\"runs\":[", s->name,
		(ull)s->seed, (ull)s->accounts);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			fprintf(to, ",");
		json_one(to, &r[i]);
	}
	fprintf(to, "]}\n");
}

void report_row(FILE *to, const struct scenario *s, const struct result *r)
{
	const struct figures *f = &r->f;
	char t[24];

	fprintf(to, "| %s | %s | %llu | %llu | %llu | %llu | %llu | %s |\n", s->name, r->who,
		(ull)f->qrs, (ull)f->qrs_needless, (ull)f->clicks, (ull)f->wasted,
		(ull)f->credentials_lost, duration(report_reached(f), t));
}

unsigned expect_check(FILE *to, const struct scenario *s, const struct figures *f)
{
	const struct bounds *b = &s->expect;
	const struct {
		const char *name;
		uint64_t bound, seen;
		bool least;
	} all[] = {
		{ "duplicates", b->duplicates, f->duplicates, false },
		{ "credentials_lost", b->credentials_lost, f->credentials_lost, false },
		{ "over_bucket", b->over_bucket, f->over_bucket, false },
		{ "scans_max", b->scans_max, f->qrs, false },
		{ "scans_min", b->scans_min, f->qrs, true },
		{ "scans_needless_max", b->scans_needless_max, f->qrs_needless, false },
		{ "wasted_starts_max", b->wasted_starts_max, f->wasted, false },
		{ "starts_max", b->starts_max, f->starts, false },
		{ "starting_max", b->starting_max, f->starting_max, false },
		{ "connected_99_within", b->connected_99_within, report_reached(f), false },
		{ "connected_min", b->connected_min, f->connected, true },
		{ "person_wait_max", b->person_wait_max, f->wait[WAIT_PERSON].max, false },
		{ "small_workspace_wait_max", b->small_workspace_wait_max, f->wait_small.max,
		  false },
	};
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		bool holds =
		    all[i].least ? all[i].seen >= all[i].bound : all[i].seen <= all[i].bound;

		if (all[i].bound == UINT64_MAX || holds)
			continue;
		n++;
		if (all[i].seen == UINT64_MAX)
			fprintf(to, "BROKEN: %s: %s: never, and the bound is %llu\n", s->name,
				all[i].name, (ull)all[i].bound);
		else
			fprintf(to, "BROKEN: %s: %s: %llu, and the bound is %llu\n", s->name,
				all[i].name, (ull)all[i].seen, (ull)all[i].bound);
	}
	return n;
}
