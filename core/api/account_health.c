/*
 * account_health.c - one account's health: the score, the evidence by stages, and what it was.
 *
 * What it was follows from the account's journal, which is read backwards, a bounded number of lines.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/view_json.h"
#include "api/work.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"
#include "policy/account.h"

#define PAST_MAGIC  0x9a579a57u
#define POINTS_MAX  200
#define PAGES_MAX   10 /* of LIMIT_PAGE lines */
#define HOURS_MAX   168
#define MS_PER_HOUR 3600000ull

struct past {
	struct work work;
	unsigned magic;
	const struct api_port *port;
	char id[LIMIT_ACCOUNT_ID + 1];
	struct account_view view; /* its numbers only; strings were lent */
	uint64_t now, begin;      /* begin 0: nobody asked for the past */
	uint64_t before;
	unsigned n_points, pages;
	uint32_t lines;
	bool done; /* back to `begin` */
	struct {
		uint64_t at; /* since when */
		struct health health;
	} points[POINTS_MAX]; /* newest first */
};

/* The read is under way and ends it. */
static void on_gone(struct work *w)
{
	(void)w;
}

static const struct work_ops past_ops = { .gone = on_gone };

/* ---- answer ---- */

static void stages_json(struct jw *j, const struct past *p)
{
	jw_array(j, "stages");
	for (unsigned n = 0; n < STAGE_COUNT; n++) {
		const struct stage *s = &p->view.stages.v[n];

		jw_object(j, NULL);
		jw_text(j, "name", stage_name(n));
		jw_text(j, "verdict", verdict_name(s->verdict));
		if (s->at != 0)
			jw_u64(j, "age_ms", p->now > s->at ? p->now - s->at : 0);
		else
			jw_null(j, "age_ms");
		jw_text(j, "text", stage_text(n));
		jw_object_end(j);
	}
	jw_array_end(j);
}

static void explanation_json(struct jw *j, const struct stages *s)
{
	char text[160];

	if (s->first < STAGE_COUNT)
		snprintf(text, sizeof text,
			 "the first stage that is not good is %s, which is %s: %s",
			 stage_name(s->first), verdict_name(s->v[s->first].verdict),
			 stage_text(s->first));
	else
		snprintf(text, sizeof text, "all stages are good");
	jw_text(j, "explanation", text);
}

static void past_json(struct jw *j, const struct past *p)
{
	jw_array(j, "history");
	for (unsigned n = 0; n < p->n_points; n++) {
		const struct health *h = &p->points[n].health;

		jw_object(j, NULL);
		jw_time(j, "at", p->points[n].at);
		if (h->scored) {
			jw_u64(j, "score", h->score);
			jw_text(j, "band", health_band_name(h->band));
		} else {
			jw_null(j, "score");
			jw_null(j, "band");
		}
		jw_object_end(j);
	}
	jw_array_end(j);
	jw_bool(j, "history_complete", p->done);
}

static void answer(const struct past *p, int result)
{
	struct conn *c = p->work.conn;
	struct response r = { .status = 200 };
	struct jw j;

	if (result < 0) {
		answer_failure(c, PROBLEM_overloaded,
			       "The journal cannot be read now. Try again in a second.");
		return;
	}
	j = answer_json(c);
	jw_object(&j, NULL);
	jw_text(&j, "id", p->id);
	health_json(&j, "health", &p->view);
	stages_json(&j, p);
	explanation_json(&j, &p->view.stages);
	if (p->begin != 0)
		past_json(&j, p);
	jw_object_end(&j);
	answer_send(c, &r);
}

static void past_end(struct past *p, int result)
{
	if (p->work.conn != NULL)
		answer(p, result);
	OBJ_FINI(p);
	free(p);
}

/* ---- the past ---- */

/* Lines come newest first: one of the same score only moves its beginning. */
static void take(struct past *p, const struct journal_record *line)
{
	struct health h, *last = p->n_points > 0 ? &p->points[p->n_points - 1].health : NULL;

	p->lines++;
	p->before = line->seq;
	if (p->done || !health_of_line(line, &h))
		return;
	if (last == NULL || last->scored != h.scored || last->score != h.score) {
		if (p->n_points == POINTS_MAX)
			return;
		p->points[p->n_points++].health = h;
	}
	p->points[p->n_points - 1].at = line->at;
	p->done = line->at <= p->begin || line->kind == JOURNAL_CREATED;
}

static int read_page(struct past *p);

static void on_line(void *arg, int result, const struct journal_record *line)
{
	struct past *p;
	bool more;

	OBJ_CAST(p, arg, PAST_MAGIC);
	if (line != NULL && result == 0) {
		take(p, line);
		return;
	}
	more = p->lines == LIMIT_PAGE;
	p->done |= result == 0 && !more;
	if (result < 0 || p->done || p->work.conn == NULL || p->n_points == POINTS_MAX ||
	    p->pages == PAGES_MAX)
		past_end(p, result);
	else if (read_page(p) < 0)
		past_end(p, ERR_FULL);
}

static int read_page(struct past *p)
{
	p->pages++;
	p->lines = 0;
	return p->port->journal(p->port->ctx, p->view.row, 0, p->before, false, LIMIT_PAGE, on_line,
				p);
}

void get_account_health(struct exchange *x)
{
	const struct api_port *port = &x->face->port;
	struct account_view view;
	struct past *p;
	uint64_t hours;

	if (query_u64(&x->query, "history", 0, HOURS_MAX, 0, &hours, &x->problem) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	if (!port->account(port->ctx, x->match.id, &view)) {
		answer_failure(x->conn, PROBLEM_account_not_found, NO_ACCOUNT,
			       STR_ARG(x->match.id));
		return;
	}
	p = calloc(1, sizeof *p);
	if (p == NULL) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	OBJ_INIT(p, PAST_MAGIC);
	p->work = (struct work){ .ops = &past_ops, .due_at = DEADLINE_NEVER };
	p->port = port;
	must(str_copy(p->id, sizeof p->id, view.id));
	p->view = view;
	p->now = clock_ms();
	p->begin = hours > 0 ? p->now - hours * MS_PER_HOUR : 0;
	p->before = INT64_MAX;
	conn_await(x->conn, &p->work);
	if (hours == 0)
		past_end(p, 0);
	else if (read_page(p) < 0)
		past_end(p, ERR_FULL);
}
