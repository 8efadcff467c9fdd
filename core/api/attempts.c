/* attempts.c - an account's lives, newest first: the lineage of its session ids and profiles. */
#include "api/disk_page.h"
#include "api/handlers.h"
#include "base/json.h"
#include "base/obj.h"

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

static void on_attempt(void *arg, int result, const struct attempt_record *a)
{
	struct disk_page *p = disk_page_of(arg);
	struct buf *out;
	struct jw j;

	if (a == NULL || result < 0) {
		disk_page_end(p, result);
		return;
	}
	out = disk_page_next(p, a->generation);
	if (out == NULL)
		return;
	j = jw_to(out);
	attempt_json(&j, a, p->note);
}

void get_attempts(struct exchange *x)
{
	struct api_port *port = &x->face->port;
	struct account_view view;
	struct disk_page *p = disk_page_open(x, "attempts", "attempts", &view);

	if (p == NULL)
		return;
	p->note = view.resumes ? str_dup(view.profile) : NULL; /* the profile of the next start */
	if (port->attempts(port->ctx, view.row, p->before, p->limit, on_attempt, p) < 0)
		disk_page_end(p, ERR_FULL);
}
