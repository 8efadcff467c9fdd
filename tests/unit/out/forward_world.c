/* forward_world.c - see forward_world.h. */
#include "forward_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/obj.h"

#define START 1700000000000ull

struct forward_world w;

static bool port_wants(void *ctx, const struct journal_record *r)
{
	(void)ctx;
	return w.lines[r->seq - 1].wanted;
}

static int port_send(void *ctx, const struct journal_record *r, struct forward_account *a)
{
	(void)ctx;
	assert_int_equal(r->row, w.lines[r->seq - 1].row);
	assert_true(str_is(r->text, "text"));
	assert_true(str_is(r->data, "{\"a\":1}"));
	if (w.refuses)
		return ERR_FULL;
	if (r->row == w.gone_row)
		return 1;
	assert_true(w.n_sent < SENT_MAX);
	w.sent[w.n_sent++] = (struct sent){ r->seq, r->row, w.now };
	for (size_t i = 0; i < FORWARD_FLYING; i++) {
		if (w.flying[i].account != NULL) {
			assert_int_not_equal(w.flying[i].row, r->row); /* one of an account */
			continue;
		}
		w.flying[i].account = a;
		w.flying[i].row = r->row;
		w.flying[i].seq = r->seq;
		return 0;
	}
	fail_msg("more than %d are under way", FORWARD_FLYING);
	return ERR_FULL;
}

static int port_journal(void *ctx, uint64_t row, uint64_t after, uint32_t limit,
			forward_line_fn *fn, void *arg)
{
	(void)ctx;
	assert_null(w.read.fn); /* one at a time */
	assert_true(limit > 0 && limit <= FORWARD_PAGE);
	if (w.busy)
		return ERR_FULL;
	w.n_reads++;
	w.read.fn = fn;
	w.read.arg = arg;
	w.read.row = row;
	w.read.after = after;
	w.read.limit = limit;
	return 0;
}

static int port_save(void *ctx, const struct forward_place *p, void (*done)(void *arg), void *arg)
{
	(void)ctx;
	if (w.saves_fail)
		return ERR_FULL;
	w.n_saves++;
	w.place = p->seq;
	assert_true(str_copy(w.behind, sizeof w.behind, p->behind));
	w.done = done;
	w.done_arg = arg;
	return 0;
}

static void port_wake_at(void *ctx, uint64_t at)
{
	(void)ctx;
	w.wake_at = at;
}

const struct forward_port port = { .name = "test",
				   .wants = port_wants,
				   .send = port_send,
				   .journal = port_journal,
				   .save = port_save,
				   .wake_at = port_wake_at };

/* --- the world turns --- */

bool answer_read(void)
{
	forward_line_fn *fn = w.read.fn;
	uint32_t n = 0;

	if (fn == NULL)
		return false;
	w.read.fn = NULL;
	for (uint64_t i = w.read.after; i < w.n_lines && n < w.read.limit; i++) {
		if (!w.lines[i].pruned && w.lines[i].damaged &&
		    (w.read.row == 0 || w.lines[i].row == w.read.row)) {
			fn(w.read.arg, ERR_CORRUPT, NULL);
			return true;
		}
		n += !w.lines[i].pruned && (w.read.row == 0 || w.lines[i].row == w.read.row);
	}
	n = 0;
	for (uint64_t i = w.read.after; i < w.n_lines && n < w.read.limit; i++) {
		struct journal_record r = { .seq = i + 1,
					    .row = w.lines[i].row,
					    .at = w.lines[i].at,
					    .kind = JOURNAL_RECEIVED,
					    .tell = w.lines[i].tell,
					    .account = STR("acc"),
					    .workspace = STR("w"),
					    .text = STR("text"),
					    .data = STR("{\"a\":1}") };

		if (w.lines[i].pruned || (w.read.row != 0 && r.row != w.read.row))
			continue;
		n++;
		fn(w.read.arg, 0, &r);
	}
	fn(w.read.arg, 0, NULL);
	return true;
}

bool answer_saves(void)
{
	void (*done)(void *arg) = TAKE(w.done);

	if (done == NULL)
		return false;
	done(w.done_arg);
	return true;
}

bool answer_sent(void)
{
	bool any = false;

	for (size_t i = 0; i < FORWARD_FLYING; i++) {
		struct forward_account *a = TAKE(w.flying[i].account);
		bool taken = a != NULL && w.flying[i].row != w.sick_row;
		struct forward_answer answer = { .taken = taken,
						 .retry_after_ms = w.retry_after,
						 .why = STR("it was answered 500") };

		if (a == NULL)
			continue;
		if (taken)
			w.taken[w.n_taken++] = w.flying[i].seq;
		any = true;
		forward_answered(w.f, a, &answer);
	}
	return any;
}

void settle(void)
{
	while (answer_read() || answer_saves() || answer_sent()) {
	}
}

void time_goes_to(uint64_t at)
{
	w.now = at;
	clock_virtual(at);
}

bool step_to(uint64_t end)
{
	if (w.wake_at == UINT64_MAX || w.wake_at > end)
		return false;
	time_goes_to(MAX_OF(w.wake_at, w.now));
	forward_due(w.f);
	settle();
	return true;
}

void pass(uint64_t ms)
{
	uint64_t end = w.now + ms;
	unsigned n = 0;

	while (step_to(end))
		assert_true(++n < 200000);
	time_goes_to(end);
}

void write_line(uint64_t row, bool wanted)
{
	assert_true(w.n_lines < LINES_MAX);
	w.lines[w.n_lines].row = row;
	w.lines[w.n_lines].at = w.now;
	w.lines[w.n_lines].tell = wanted;
	w.lines[w.n_lines].wanted = wanted;
	w.n_lines++;
}

void happen(uint64_t row)
{
	write_line(row, true);
	forward_wake(w.f, w.n_lines);
	settle();
}

static void start_paused(uint64_t seq, const char *behind, bool fresh)
{
	struct forward_place place = { .seq = seq, .behind = str_of(behind) };

	assert_int_equal(forward_new(&w.f, &port, 4711), 0);
	assert_int_equal(forward_start(w.f, &place, fresh), 0);
	forward_wake(w.f, w.n_lines);
}

void start_paused_at(uint64_t seq, const char *behind)
{
	start_paused(seq, behind, false);
}

void start_at(uint64_t seq, const char *behind, bool fresh)
{
	start_paused(seq, behind, fresh);
	settle();
}

void restart(void)
{
	forward_free(&w.f);
	memset(w.flying, 0, sizeof w.flying);
	w.read.fn = NULL;
	w.done = NULL;
	start_at(w.place, w.behind, false);
}

int open_world(void **state)
{
	(void)state;
	memset(&w, 0, sizeof w);
	w.sick_row = w.gone_row = w.wake_at = UINT64_MAX;
	time_goes_to(START);
	return 0;
}

int close_world(void **state)
{
	(void)state;
	forward_free(&w.f);
	clock_virtual(0);
	return 0;
}

struct forward_stats stats(void)
{
	struct forward_stats s;

	forward_stats(w.f, &s);
	return s;
}

void all_taken(uint64_t from, unsigned twice)
{
	static uint64_t last[LINES_MAX];
	uint64_t wanted = 0;
	unsigned again = 0;

	memset(last, 0, sizeof last);
	for (unsigned i = 0; i < w.n_taken; i++) {
		uint64_t *at = &last[w.lines[w.taken[i] - 1].row];

		if (w.taken[i] <= *at)
			again++;
		else
			for (uint64_t s = *at; s + 1 < w.taken[i]; s++)
				assert_false(s >= from && w.lines[s].wanted && !w.lines[s].pruned &&
					     w.lines[s].row == w.lines[w.taken[i] - 1].row);
		*at = MAX_OF(*at, w.taken[i]);
	}
	for (uint64_t s = from; s < w.n_lines; s++)
		wanted += w.lines[s].wanted && !w.lines[s].pruned;
	assert_int_equal(w.n_taken - again, wanted);
	assert_true(again <= twice);
}
