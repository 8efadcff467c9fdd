/* disk_page.c - see disk_page.h. */
#include "api/disk_page.h"

#include <stdlib.h>

#include "api/answer.h"
#include "base/limits.h"
#include "base/obj.h"

#define DISK_PAGE_MAGIC 0x71e11e55u

/* The read is under way and ends it. */
static void on_gone(struct work *w)
{
	(void)w;
}

static const struct work_ops disk_page_ops = { .gone = on_gone };

struct disk_page *disk_page_of(void *arg)
{
	struct disk_page *p;

	OBJ_CAST(p, arg, DISK_PAGE_MAGIC);
	return p;
}

static bool is_full(const struct disk_page *p)
{
	return p->full || p->n == p->limit;
}

struct buf *disk_page_next(struct disk_page *p, uint64_t id)
{
	p->full = p->full || p->entries.n >= PAGE_BYTES;
	if (p->full)
		return NULL;
	if (p->n++ > 0)
		buf_byte(&p->entries, ',');
	p->last = id;
	return &p->entries;
}

static void answer(const struct disk_page *p, int result)
{
	struct conn *c = p->work.conn;
	struct response r = { .status = 200 };
	struct jw j;

	if (result < 0 || p->entries.failed != 0) {
		answer_failure(c, PROBLEM_overloaded,
			       "The %s cannot be read now. Try again in a second.", p->what);
		return;
	}
	j = answer_json(c);
	jw_object(&j, NULL);
	jw_array(&j, p->name);
	if (p->n > 0)
		jw_raw(&j, NULL, buf_all(&p->entries));
	jw_array_end(&j);
	if (is_full(p))
		jw_u64(&j, "next_before", p->last);
	else
		jw_null(&j, "next_before");
	jw_object_end(&j);
	answer_send(c, &r);
}

void disk_page_end(struct disk_page *p, int result)
{
	if (p->work.conn != NULL)
		answer(p, result);
	buf_fini(&p->entries);
	free(p->note);
	OBJ_FINI(p);
	free(p);
}

struct disk_page *disk_page_open(struct exchange *x, const char *name, const char *what,
				 struct account_view *ret_view)
{
	struct api_port *port = &x->face->port;
	uint64_t limit, before;
	struct disk_page *p;

	if (query_u64(&x->query, "limit", 1, LIMIT_PAGE, 50, &limit, &x->problem) != 0 ||
	    query_u64(&x->query, "before", 1, INT64_MAX, INT64_MAX, &before, &x->problem) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return NULL;
	}
	if (!port->account(port->ctx, x->match.id, ret_view)) {
		answer_failure(x->conn, PROBLEM_account_not_found, NO_ACCOUNT,
			       STR_ARG(x->match.id));
		return NULL;
	}
	p = calloc(1, sizeof *p);
	if (p == NULL) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return NULL;
	}
	OBJ_INIT(p, DISK_PAGE_MAGIC);
	p->work = (struct work){ .ops = &disk_page_ops, .due_at = DEADLINE_NEVER };
	p->name = name;
	p->what = what;
	p->limit = (uint32_t)limit;
	p->before = before;
	buf_init(&p->entries, ANSWER_MAX);
	conn_await(x->conn, &p->work);
	return p;
}
