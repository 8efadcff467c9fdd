/* health.c - how many accounts there are, and how well all of them are: added up a piece in each turn. */
#include <stdlib.h>

#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/view_json.h"
#include "api/work.h"
#include "base/clock.h"
#include "base/obj.h"

#define SURVEY_MAGIC 0x5c07e5aau

/* Accounts looked at in one turn. */
#define ROWS_A_TURN 4096

struct survey {
	struct work work;
	unsigned magic;
	uint64_t row; /* the last that was looked at */
	struct health_summary sum;
};

static void worst_json(struct jw *j, const struct account_view *v)
{
	jw_object(j, NULL);
	jw_str(j, "id", v->id);
	jw_str(j, "workspace", v->workspace);
	jw_text(j, "status", v->status);
	jw_text(j, "user_action", v->user_action);
	jw_object(j, "reason");
	jw_text(j, "cause", v->cause);
	jw_str(j, "text", v->reason);
	jw_object_end(j);
	health_json(j, "health", v);
	jw_object_end(j);
}

static void statuses_json(struct jw *j, const uint64_t status[STATUS_COUNT])
{
	jw_object(j, "statuses");
	for (unsigned i = 0; i < STATUS_COUNT; i++)
		jw_u64(j, status_name(i), status[i]);
	jw_object_end(j);
}

static uint64_t sum_of(const uint64_t status[STATUS_COUNT])
{
	uint64_t n = 0;

	for (unsigned i = 0; i < STATUS_COUNT; i++)
		n += status[i];
	return n;
}

static void add_totals(void *arg, const struct totals_view *v)
{
	uint64_t *status = arg;

	for (unsigned i = 0; i < STATUS_COUNT; i++)
		status[i] += v->status[i];
}

static void provider_totals(void *arg, const struct totals_view *v)
{
	struct jw *j = arg;

	if (v->provider == NULL && sum_of(v->status) == 0)
		return;
	jw_object(j, NULL);
	jw_text(j, "provider", v->provider);
	jw_u64(j, "accounts", sum_of(v->status));
	statuses_json(j, v->status);
	jw_object_end(j);
}

static void instance_totals(void *arg, const struct instance_view *v)
{
	struct jw *j = arg;

	jw_object(j, NULL);
	jw_str(j, "id", v->id);
	jw_text(j, "provider", v->provider);
	jw_u64(j, "accounts", v->accounts);
	jw_u64(j, "open", v->open);
	jw_object_end(j);
}

/* These are counted as it happens. */
static void totals_json(struct jw *j, struct api_port *port)
{
	uint64_t status[STATUS_COUNT] = { 0 };

	port->totals(port->ctx, add_totals, status);
	statuses_json(j, status);
	jw_array(j, "providers");
	port->totals(port->ctx, provider_totals, j);
	jw_array_end(j);
	jw_array(j, "instances");
	port->instances(port->ctx, instance_totals, j);
	jw_array_end(j);
}

static void health_totals(struct jw *j, const struct health_summary *s)
{
	jw_u64(j, "accounts", s->accounts);
	jw_u64(j, "scored", s->scored);
	if (s->scored > 0)
		jw_u64(j, "average", (s->sum + s->scored / 2) / s->scored);
	else
		jw_null(j, "average");
	jw_object(j, "bands");
	for (unsigned i = 0; i < HEALTH_BAND_COUNT; i++)
		jw_u64(j, health_band_name(i), s->bands[i]);
	jw_object_end(j);
}

static void answer(const struct survey *v)
{
	struct response r = { .status = 200 };
	struct api_port *port = &v->work.conn->face->port;
	struct account_view view;
	struct jw j = answer_json(v->work.conn);

	jw_object(&j, NULL);
	health_totals(&j, &v->sum);
	totals_json(&j, port);
	jw_array(&j, "worst");
	for (unsigned i = 0; i < v->sum.n_worst; i++) {
		if (port->account_at(port->ctx, v->sum.worst[i].row, &view))
			worst_json(&j, &view);
	}
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(v->work.conn, &r);
}

static void survey_free(struct survey *v)
{
	OBJ_FINI(v);
	free(v);
}

static struct survey *survey_of(void *w)
{
	struct survey *v;

	OBJ_CAST(v, w, SURVEY_MAGIC);
	return v;
}

static void go_on(struct survey *v)
{
	struct api_port *port = &v->work.conn->face->port;

	v->row = port->health(port->ctx, v->row, ROWS_A_TURN, &v->sum);
	if (v->row == 0) {
		answer(v);
		survey_free(v);
		return;
	}
	v->work.due_at = clock_ms() + 1;
}

static void on_due(struct work *w)
{
	go_on(survey_of(w));
}

static void on_gone(struct work *w)
{
	survey_free(survey_of(w));
}

static const struct work_ops survey_ops = { .gone = on_gone, .due = on_due };

void get_health_summary(struct exchange *x)
{
	struct survey *v = calloc(1, sizeof *v);

	if (v == NULL) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	OBJ_INIT(v, SURVEY_MAGIC);
	v->work = (struct work){ .ops = &survey_ops, .due_at = DEADLINE_NEVER };
	conn_await(x->conn, &v->work);
	go_on(v);
}
