/*
 * workers.c - the worker processes, and how those before them ended, newest first.
 *
 * Obituaries are on the disk, as the journal is: see disk_page.h.
 */
#include <stdlib.h>

#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/view_json.h"
#include "api/work.h"
#include "base/limits.h"
#include "base/obj.h"

#define DEATHS_MAGIC   0xdea75005u
#define DEATHS_LIMIT   100
#define DEATHS_USUALLY 20

static void each_worker(void *arg, const struct worker_view *w)
{
	worker_json(arg, NULL, w);
}

void get_workers(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);

	jw_object(&j, NULL);
	jw_array(&j, "workers");
	x->face->port.workers(x->face->port.ctx, each_worker, &j);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

/* --- deaths --- */

struct deaths {
	struct work work;
	unsigned magic;
	struct buf entries; /* the elements of the array */
	struct jw j;
	bool more; /* the page is full: the deaths that still come are left out */
};

/* The read is under way and ends it. */
static void on_gone(struct work *w)
{
	(void)w;
}

static const struct work_ops deaths_ops = { .gone = on_gone };

static void answer(const struct deaths *d, int result)
{
	struct conn *c = d->work.conn;
	struct response r = { .status = 200 };
	struct jw j;

	if (result == ERR_NOTFOUND) {
		answer_failure(c, PROBLEM_worker_not_found,
			       "There is no worker in this slot. List them with GET /v1/workers.");
		return;
	}
	if (result < 0 || d->entries.failed != 0) {
		answer_failure(c, PROBLEM_overloaded,
			       "The deaths cannot be read now. Try again in a second, or with a "
			       "smaller limit.");
		return;
	}
	j = answer_json(c);
	jw_object(&j, NULL);
	jw_array(&j, "deaths");
	if (d->entries.n > 0)
		jw_raw(&j, NULL, buf_all(&d->entries));
	jw_array_end(&j);
	jw_bool(&j, "more", d->more);
	jw_object_end(&j);
	answer_send(c, &r);
}

static void end(struct deaths *d)
{
	buf_fini(&d->entries);
	OBJ_FINI(d);
	free(d);
}

static void on_death(void *arg, int result, const struct death_record *death)
{
	struct deaths *d;

	OBJ_CAST(d, arg, DEATHS_MAGIC);
	if (death != NULL && result == 0) {
		d->more = d->entries.n >= PAGE_BYTES;
		if (!d->more)
			death_json(&d->j, NULL, death);
		return;
	}
	if (d->work.conn != NULL)
		answer(d, result);
	end(d);
}

void get_deaths(struct exchange *x)
{
	struct api_port *port = &x->face->port;
	uint64_t limit, slot;
	struct deaths *d;
	int r;

	if (query_u64(&x->query, "limit", 1, DEATHS_LIMIT, DEATHS_USUALLY, &limit, &x->problem) !=
	    0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	if (!str_to_u64(x->match.slot, LIMIT_SLOTS, &slot))
		slot = UINT32_MAX;
	d = calloc(1, sizeof *d);
	if (d == NULL) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	OBJ_INIT(d, DEATHS_MAGIC);
	d->work = (struct work){ .ops = &deaths_ops, .due_at = DEADLINE_NEVER };
	buf_init(&d->entries, ANSWER_MAX);
	d->j = jw_to(&d->entries);
	conn_await(x->conn, &d->work);
	r = port->deaths(port->ctx, (unsigned)slot, (uint32_t)limit, on_death, d);
	if (r < 0) {
		answer(d, r);
		end(d);
	}
}
