/*
 * timeline.c - an account's journal, newest first.
 *
 * The journal is on the disk: lines come from the store's reader in callbacks, and the client may
 * be gone before the last.
 */
#include <stdlib.h>

#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/work.h"
#include "base/limits.h"
#include "base/obj.h"
#include "out/event_json.h"

#define TIMELINE_MAGIC 0x71e11e55u

struct timeline {
	struct work work;
	unsigned magic;
	struct buf entries; /* the elements of the array, with commas */
	uint64_t last_seq;
	uint32_t n, limit;
	bool full; /* in bytes: the lines that still come belong to the next page */
};

/* The read is under way and ends it. */
static void on_gone(struct work *w)
{
	(void)w;
}

static const struct work_ops timeline_ops = { .gone = on_gone };

static void answer(const struct timeline *t, int result)
{
	struct conn *c = t->work.conn;
	struct response r = { .status = 200 };
	struct jw j;

	if (result < 0 || t->entries.failed != 0) {
		answer_failure(c, PROBLEM_overloaded,
			       "The journal cannot be read now. Try again in a second.");
		return;
	}
	j = answer_json(c);
	jw_object(&j, NULL);
	jw_array(&j, "entries");
	if (t->n > 0)
		jw_raw(&j, NULL, buf_all(&t->entries));
	jw_array_end(&j);
	if (t->full || t->n == t->limit)
		jw_u64(&j, "next_before", t->last_seq);
	else
		jw_null(&j, "next_before");
	jw_object_end(&j);
	answer_send(c, &r);
}

static void timeline_end(struct timeline *t, int result)
{
	if (t->work.conn != NULL)
		answer(t, result);
	buf_fini(&t->entries);
	OBJ_FINI(t);
	free(t);
}

static void on_line(void *arg, int result, const struct journal_record *line)
{
	struct timeline *t;

	OBJ_CAST(t, arg, TIMELINE_MAGIC);
	if (line != NULL && result == 0) {
		if (t->full)
			return;
		if (t->n++ > 0)
			buf_byte(&t->entries, ',');
		event_json_says(&t->entries, line);
		t->last_seq = line->seq;
		t->full = t->entries.n >= PAGE_BYTES;
		return;
	}
	timeline_end(t, result);
}

static int read_page(struct exchange *x, uint64_t *ret_limit, uint64_t *ret_before)
{
	if (query_u64(&x->query, "limit", 1, LIMIT_PAGE, 50, ret_limit, &x->problem) != 0)
		return ERR_FORMAT;
	return query_u64(&x->query, "before", 1, INT64_MAX, INT64_MAX, ret_before, &x->problem);
}

void get_timeline(struct exchange *x)
{
	struct api_port *port = &x->face->port;
	struct account_view view;
	uint64_t limit, before;
	struct timeline *t;

	if (read_page(x, &limit, &before) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	if (!port->account(port->ctx, x->match.id, &view)) {
		answer_failure(x->conn, PROBLEM_account_not_found, NO_ACCOUNT,
			       STR_ARG(x->match.id));
		return;
	}
	t = calloc(1, sizeof *t);
	if (t == NULL) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	OBJ_INIT(t, TIMELINE_MAGIC);
	t->work = (struct work){ .ops = &timeline_ops, .due_at = DEADLINE_NEVER };
	t->limit = (uint32_t)limit;
	buf_init(&t->entries, ANSWER_MAX);
	conn_await(x->conn, &t->work);
	if (port->journal(port->ctx, view.row, 0, before, false, t->limit, on_line, t) < 0)
		timeline_end(t, ERR_FULL);
}
