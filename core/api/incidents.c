/* incidents.c - many accounts that failed together: one incident instead of an alert for each. */
#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/view_json.h"

static void each_incident(void *arg, const struct incident_view *v)
{
	incident_json(arg, NULL, v);
}

void get_incidents(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);

	jw_object(&j, NULL);
	jw_array(&j, "incidents");
	x->face->port.incidents(x->face->port.ctx, 0, each_incident, &j);
	jw_array_end(&j);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

struct found {
	struct conn *conn;
	bool yes;
};

static void the_incident(void *arg, const struct incident_view *v)
{
	struct found *f = arg;
	struct response r = { .status = 200 };
	struct jw j = answer_json(f->conn);

	incident_json(&j, NULL, v);
	answer_send(f->conn, &r);
	f->yes = true;
}

void get_incident(struct exchange *x)
{
	struct found f = { .conn = x->conn };
	uint64_t id;

	if (str_to_u64(x->match.incident, INT64_MAX, &id) && id > 0)
		x->face->port.incidents(x->face->port.ctx, id, the_incident, &f);
	if (!f.yes)
		answer_failure(x->conn, PROBLEM_incident_not_found,
			       "There is no incident \"%.*s\", or it is too old. List them with "
			       "GET /v1/incidents.",
			       STR_ARG(x->match.incident));
}
