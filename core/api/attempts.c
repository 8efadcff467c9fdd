/*
 * attempts.c - an account's lives, newest first: the lineage of its session ids and profiles.
 *
 * They are on the disk, as the journal is: see timeline.c.
 */
#include <stdlib.h>

#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/work.h"
#include "base/limits.h"
#include "base/obj.h"

#define ATTEMPTS_MAGIC 0xa77e4b75u

struct attempts {
	struct work work;
	unsigned magic;
	struct buf entries; /* the elements of the array */
	struct jw j;
	char *profile; /* that of the next start, as the account has it now */
	uint64_t last;
	uint32_t n, limit;
};

/* The read is under way and ends it. */
static void on_gone(struct work *w)
{
	(void)w;
}

static const struct work_ops attempts_ops = { .gone = on_gone };

static void evidence_json(struct jw *j, unsigned evidence)
{
	static const struct {
		unsigned bit;
		const char *name;
	} kinds[] = { { EVIDENCE_PUSHED, "push" },
		      { EVIDENCE_LISTED, "list" },
		      { EVIDENCE_ASKED, "asked" },
		      { EVIDENCE_ABSENT, "absent" } };

	jw_array(j, "evidence");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if ((evidence & kinds[i].bit) != 0)
			jw_text(j, NULL, kinds[i].name);
	}
	jw_array_end(j);
}

static void begun_json(struct jw *j, const struct attempt_record *a)
{
	jw_object(j, "begun");
	jw_time(j, "at", a->minted_at);
	jw_text(j, "by", attempt_begun_name(a->begun_by));
	jw_text(j, "cause", cause_name(a->begun_cause));
	if (a->begun_on == LOGIN_UNKNOWN)
		jw_null(j, "login");
	else
		jw_text(j, "login", a->begun_on == LOGIN_SAME ? "same" : "new");
	jw_object_end(j);
}

static void ended_json(struct jw *j, const struct attempt_record *a)
{
	static const char *const afters[] = {
		[AFTER_IDLE] = "idle", [AFTER_START] = "start", [AFTER_WAIT] = "wait",
		[AFTER_PARK] = "park", [AFTER_HOLD] = "hold",   [AFTER_DELETE] = "delete",
	};
	const struct step_why *w = &a->end.why;

	if (a->end.ended_at == 0) {
		jw_null(j, "ended");
		jw_null(j, "decision");
		return;
	}
	jw_object(j, "ended");
	jw_time(j, "at", a->end.ended_at);
	jw_text(j, "event", event_name(a->end.event));
	jw_text(j, "phase", state_name(a->end.from));
	jw_text(j, "cause", cause_name(a->end.cause));
	evidence_json(j, w->evidence);
	jw_object_end(j);
	jw_object(j, "decision");
	jw_text(j, "then", w->after < ARRAY_LEN(afters) ? afters[w->after] : "?");
	jw_u64(j, "attempts", w->fails);
	jw_u64(j, "max_attempts", w->max_fails);
	jw_bool(j, "counted", (w->notes & NOTE_FREE) == 0);
	jw_bool(j, "new_login", (w->notes & NOTE_FRESH_NEXT) != 0);
	jw_bool(j, "slow", (w->notes & NOTE_SLOW) != 0);
	jw_bool(j, "flapping", (w->notes & NOTE_FLAPPING) != 0);
	jw_time(j, "next_attempt_at", w->timer_at);
	jw_object_end(j);
}

static void attempt_json(struct jw *j, const struct attempt_record *a, const char *profile)
{
	static const char *const states[] = {
		[ATTEMPT_OPEN] = "open", [ATTEMPT_ABANDONED] = "ending", [ATTEMPT_GONE] = "gone"
	};
	char says[2 * EXPLAIN_MAX];

	explain_attempt(a, says, sizeof says);
	jw_object(j, NULL);
	jw_u64(j, "generation", a->generation);
	jw_str(j, "session_id", a->session);
	jw_str(j, "profile", a->profile);
	jw_bool(j, "current_login", profile != NULL && str_is(a->profile, profile));
	jw_str(j, "instance", a->instance);
	jw_text(j, "state", states[a->state <= ATTEMPT_GONE ? a->state : ATTEMPT_GONE]);
	begun_json(j, a);
	jw_time(j, "connected_at", a->end.up_at);
	ended_json(j, a);
	jw_time(j, "closed_at", a->closed_at);
	jw_text(j, "says", says);
	jw_object_end(j);
}

static void answer(const struct attempts *t, int result)
{
	struct conn *c = t->work.conn;
	struct response r = { .status = 200 };
	struct jw j;

	if (result < 0 || t->entries.failed != 0) {
		answer_failure(c, PROBLEM_overloaded,
			       "The attempts cannot be read now. Try again in a second.");
		return;
	}
	j = answer_json(c);
	jw_object(&j, NULL);
	jw_array(&j, "attempts");
	if (t->n > 0)
		jw_raw(&j, NULL, buf_all(&t->entries));
	jw_array_end(&j);
	if (t->n == t->limit)
		jw_u64(&j, "next_before", t->last);
	else
		jw_null(&j, "next_before");
	jw_object_end(&j);
	answer_send(c, &r);
}

static void end(struct attempts *t, int result)
{
	if (t->work.conn != NULL)
		answer(t, result);
	buf_fini(&t->entries);
	free(t->profile);
	OBJ_FINI(t);
	free(t);
}

static void on_attempt(void *arg, int result, const struct attempt_record *a)
{
	struct attempts *t;

	OBJ_CAST(t, arg, ATTEMPTS_MAGIC);
	if (a == NULL || result < 0) {
		end(t, result);
		return;
	}
	attempt_json(&t->j, a, t->profile);
	t->last = a->generation;
	t->n++;
}

void get_attempts(struct exchange *x)
{
	struct api_port *port = &x->face->port;
	struct account_view view;
	uint64_t limit, before;
	struct attempts *t;

	if (query_u64(&x->query, "limit", 1, LIMIT_PAGE, 50, &limit, &x->problem) != 0 ||
	    query_u64(&x->query, "before", 1, INT64_MAX, INT64_MAX, &before, &x->problem) != 0) {
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
	OBJ_INIT(t, ATTEMPTS_MAGIC);
	t->work = (struct work){ .ops = &attempts_ops, .due_at = DEADLINE_NEVER };
	t->limit = (uint32_t)limit;
	t->profile = view.resumes ? str_dup(view.profile) : NULL;
	buf_init(&t->entries, ANSWER_MAX);
	t->j = jw_to(&t->entries);
	conn_await(x->conn, &t->work);
	if (port->attempts(port->ctx, view.row, before, t->limit, on_attempt, t) < 0)
		end(t, ERR_FULL);
}
