/*
 * apply.c - carries changes out with prepared statements.
 *
 * A change that breaks a rule (a second open life of an account, a session and generation minted
 * twice, the end of a life that the ledger doesn't have) is our bug or damage; it is never skipped,
 * since whatever follows would act on a ledger that is wrong.
 */
#include "store/apply.h"

#include "base/killpoint.h"
#include "base/obj.h"
#include "store/row.h"

static int prepare_deletes(struct apply *a, struct why *why)
{
	static const struct {
		enum apply_statement which;
		const char *sql;
	} deletes[] = {
		{ APPLY_ACCOUNT_DELETE, "DELETE FROM account WHERE row = ?1" },
		{ APPLY_API_KEY_DELETE, "DELETE FROM api_key WHERE id = ?1" },
		{ APPLY_QR_LINK_DELETE, "DELETE FROM qr_link WHERE account_row = ?1" },
		{ APPLY_INCIDENTS_CUT, "DELETE FROM incident WHERE id + ?2 <= ?1" },
		{ APPLY_PAUSE_DELETE, "DELETE FROM pause WHERE scope = ?1 AND name = ?2" },
		{ APPLY_ALERT_DELETE, "DELETE FROM alert WHERE kind = ?1 AND subject = ?2" },
		{ APPLY_BULK_DELETE, "DELETE FROM bulk WHERE id = ?1" },
		{ APPLY_DEATHS_CUT,
		  "DELETE FROM death WHERE slot = ?1 AND at <= (SELECT at FROM death "
		  "WHERE slot = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)" },
		{ APPLY_ENDPOINT_DELETE, "DELETE FROM endpoint WHERE id = ?1" },
		{ APPLY_CURSORS_SWEEP, "DELETE FROM cursor WHERE name GLOB 'endpoint:*' AND "
				       "substr(name, 10) NOT IN (SELECT id FROM endpoint)" },
		{ APPLY_DEAD_SWEEP, "DELETE FROM dead_letter WHERE endpoint NOT IN "
				    "(SELECT id FROM endpoint)" },
		{ APPLY_DEAD_DELETE, "DELETE FROM dead_letter WHERE endpoint = ?1 AND seq = ?2" },
		{ APPLY_DEAD_CUT,
		  "DELETE FROM dead_letter WHERE endpoint = ?1 AND seq <= (SELECT seq FROM "
		  "dead_letter WHERE endpoint = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)" },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(deletes) && r == 0; i++)
		r = db_prepare(a->db, deletes[i].sql, &a->statements[deletes[i].which], why);
	return r;
}

int apply_open(struct apply *a, struct db *db, struct fence *fence, struct why *why)
{
	static const struct {
		enum apply_statement id;
		const struct record_type *type;
		enum row_verb verb;
		const char *tail;
	} list[] = {
		{ APPLY_ACCOUNT, &record_account, ROW_UPSERT, "" },
		{ APPLY_ATTEMPT, &record_attempt, ROW_INSERT, "" },
		{ APPLY_ATTEMPT_FIND, &record_attempt, ROW_SELECT,
		  "WHERE account_row = ?1 AND generation = ?2" },
		{ APPLY_ATTEMPT_END, &record_attempt, ROW_UPSERT, "" },
		{ APPLY_JOURNAL, &record_journal, ROW_INSERT, "" },
		{ APPLY_IDEM, &record_idem, ROW_UPSERT, "" },
		{ APPLY_API_KEY, &record_api_key, ROW_UPSERT, "" },
		{ APPLY_INSTANCE, &record_instance, ROW_UPSERT, "" },
		{ APPLY_CURSOR, &record_cursor, ROW_UPSERT, "" },
		{ APPLY_DEATH, &record_death, ROW_UPSERT, "" },
		{ APPLY_INCIDENT, &record_incident, ROW_UPSERT, "" },
		{ APPLY_PAUSE, &record_pause, ROW_UPSERT, "" },
		{ APPLY_ALERT, &record_alert, ROW_UPSERT, "" },
		{ APPLY_BULK, &record_bulk, ROW_UPSERT, "" },
		{ APPLY_QR_LINK, &record_qr_link, ROW_UPSERT, "" },
		{ APPLY_ENDPOINT, &record_endpoint, ROW_UPSERT, "" },
		{ APPLY_DEAD, &record_dead_letter, ROW_UPSERT, "" },
	};
	int r;

	*a = (struct apply){ .db = db, .fence = fence };
	r = prepare_deletes(a, why);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(list); i++)
		r = row_prepare(db, list[i].type, list[i].verb, list[i].tail,
				&a->statements[list[i].id], why);
	if (r < 0)
		apply_close(a);
	return r;
}

void apply_close(struct apply *a)
{
	for (unsigned i = 0; i < APPLY_STATEMENTS; i++) {
		sqlite3_finalize(a->statements[i]);
		a->statements[i] = NULL;
	}
}

static int put(struct apply *a, enum apply_statement id, const struct record_type *type,
	       const void *record, struct why *why)
{
	return row_write(a->db, a->statements[id], type, record, why);
}

/* An account, or its link. */
static int delete_by_row(struct apply *a, enum apply_statement which, const struct account_key *key,
			 struct why *why)
{
	sqlite3_stmt *stmt = a->statements[which];
	int r = row_bind_number(a->db, stmt, 1, key->row, why);

	return r == 0 ? db_run(a->db, stmt, why) : r;
}

static int delete_named(struct apply *a, enum apply_statement id, struct str name, struct why *why)
{
	sqlite3_stmt *stmt = a->statements[id];
	int r = row_bind_text(a->db, stmt, 1, name, why);

	return r == 0 ? db_run(a->db, stmt, why) : r;
}

/* A pause, or an alert. */
static int delete_pair(struct apply *a, enum apply_statement which, uint64_t number,
		       struct str name, struct why *why)
{
	sqlite3_stmt *stmt = a->statements[which];
	int r = row_bind_number(a->db, stmt, 1, number, why);

	if (r == 0)
		r = row_bind_text(a->db, stmt, 2, name, why);
	return r == 0 ? db_run(a->db, stmt, why) : r;
}

/* A row is read, changed and written, because the checksum covers all of it.  1: there it is. */
static int find_attempt(struct apply *a, uint64_t row, uint64_t generation,
			struct attempt_record *ret_attempt, struct why *why)
{
	sqlite3_stmt *find = a->statements[APPLY_ATTEMPT_FIND];
	int r = row_bind_number(a->db, find, 1, row, why);

	if (r == 0)
		r = row_bind_number(a->db, find, 2, generation, why);
	if (r == 0)
		r = db_step(a->db, find, why);
	if (r == 1 && row_read(a->db, find, &record_attempt, ret_attempt, why) < 0)
		r = ERR_CORRUPT;
	return r;
}

static int close_attempt(struct apply *a, const struct attempt_close *end, struct why *why)
{
	struct attempt_record attempt;
	int r = find_attempt(a, end->row, end->generation, &attempt, why);

	if (r == 0)
		r = why_set(why, ERR_CORRUPT,
			    "%s has no life %llu of account row %llu that could end: damage, or "
			    "a bug in Relink; please report it",
			    a->db->path, (unsigned long long)end->generation,
			    (unsigned long long)end->row);
	if (r == 1) {
		attempt.state = end->state;
		attempt.closed_at = end->closed_at;
		r = put(a, APPLY_ATTEMPT_END, &record_attempt, &attempt, why);
	}
	sqlite3_reset(a->statements[APPLY_ATTEMPT_FIND]);
	return r;
}

/* What is only history may be forgotten by now. */
static int note_outcome(struct apply *a, const struct attempt_outcome *outcome, struct why *why)
{
	struct attempt_record attempt;
	int r = find_attempt(a, outcome->row, outcome->generation, &attempt, why);

	if (r == 1) {
		if (outcome->end.ended_at != 0)
			attempt.end = outcome->end;
		attempt.end.why.after = outcome->end.why.after;
		attempt.end.why.timer_at = outcome->end.why.timer_at;
		r = put(a, APPLY_ATTEMPT_END, &record_attempt, &attempt, why);
	}
	sqlite3_reset(a->statements[APPLY_ATTEMPT_FIND]);
	return r;
}

/* A slot keeps its newest deaths, however fast they come. */
static int put_death(struct apply *a, const struct death_record *death, struct why *why)
{
	sqlite3_stmt *cut = a->statements[APPLY_DEATHS_CUT];
	int r = put(a, APPLY_DEATH, &record_death, death, why);

	if (r == 0)
		r = row_bind_number(a->db, cut, 1, death->slot, why);
	if (r == 0)
		r = row_bind_number(a->db, cut, 2, DEATHS_KEPT, why);
	return r == 0 ? db_run(a->db, cut, why) : r;
}

static int put_incident(struct apply *a, const struct incident_record *incident, struct why *why)
{
	sqlite3_stmt *cut = a->statements[APPLY_INCIDENTS_CUT];
	int r = put(a, APPLY_INCIDENT, &record_incident, incident, why);

	if (r == 0)
		r = row_bind_number(a->db, cut, 1, incident->id, why);
	if (r == 0)
		r = row_bind_number(a->db, cut, 2, INCIDENTS_KEPT, why);
	return r == 0 ? db_run(a->db, cut, why) : r;
}

/* What belongs to an endpoint goes with it, also what was still on its way when an earlier one went. */
static int delete_endpoint(struct apply *a, const struct endpoint_name *name, struct why *why)
{
	sqlite3_stmt *stmt = a->statements[APPLY_ENDPOINT_DELETE];
	int r = row_bind_text(a->db, stmt, 1, name->id, why);

	if (r == 0)
		r = db_run(a->db, stmt, why);
	if (r == 0)
		r = db_run(a->db, a->statements[APPLY_CURSORS_SWEEP], why);
	return r == 0 ? db_run(a->db, a->statements[APPLY_DEAD_SWEEP], why) : r;
}

static int put_dead_letter(struct apply *a, const struct dead_letter *letter, struct why *why)
{
	sqlite3_stmt *cut = a->statements[APPLY_DEAD_CUT];
	int r = put(a, APPLY_DEAD, &record_dead_letter, letter, why);

	if (r == 0)
		r = row_bind_text(a->db, cut, 1, letter->endpoint, why);
	if (r == 0)
		r = row_bind_number(a->db, cut, 2, DEAD_LETTERS_KEPT, why);
	return r == 0 ? db_run(a->db, cut, why) : r;
}

static int delete_dead_letter(struct apply *a, const struct dead_letter_key *key, struct why *why)
{
	sqlite3_stmt *stmt = a->statements[APPLY_DEAD_DELETE];
	int r = row_bind_text(a->db, stmt, 1, key->endpoint, why);

	if (r == 0)
		r = row_bind_number(a->db, stmt, 2, key->seq, why);
	return r == 0 ? db_run(a->db, stmt, why) : r;
}

static int carry_out(struct apply *a, const struct change *c, struct why *why)
{
	switch (c->kind) {
	case CHANGE_ACCOUNT:
		return put(a, APPLY_ACCOUNT, &record_account, &c->account, why);
	case CHANGE_ACCOUNT_DELETE:
		return delete_by_row(a, APPLY_ACCOUNT_DELETE, &c->account_delete, why);
	case CHANGE_ATTEMPT:
		return put(a, APPLY_ATTEMPT, &record_attempt, &c->attempt, why);
	case CHANGE_ATTEMPT_CLOSE:
		return close_attempt(a, &c->attempt_close, why);
	case CHANGE_ATTEMPT_OUTCOME:
		return note_outcome(a, &c->attempt_outcome, why);
	case CHANGE_JOURNAL:
		return put(a, APPLY_JOURNAL, &record_journal, &c->journal, why);
	case CHANGE_IDEM:
		return put(a, APPLY_IDEM, &record_idem, &c->idem, why);
	case CHANGE_API_KEY:
		return put(a, APPLY_API_KEY, &record_api_key, &c->api_key, why);
	case CHANGE_API_KEY_DELETE:
		return delete_named(a, APPLY_API_KEY_DELETE, c->api_key_delete.id, why);
	case CHANGE_INSTANCE:
		return put(a, APPLY_INSTANCE, &record_instance, &c->instance, why);
	case CHANGE_CURSOR:
		return put(a, APPLY_CURSOR, &record_cursor, &c->cursor, why);
	case CHANGE_DEATH:
		return put_death(a, &c->death, why);
	case CHANGE_INCIDENT:
		return put_incident(a, &c->incident, why);
	case CHANGE_PAUSE:
		return put(a, APPLY_PAUSE, &record_pause, &c->pause, why);
	case CHANGE_PAUSE_DELETE:
		return delete_pair(a, APPLY_PAUSE_DELETE, c->pause_delete.scope,
				   c->pause_delete.name, why);
	case CHANGE_ALERT:
		return put(a, APPLY_ALERT, &record_alert, &c->alert, why);
	case CHANGE_ALERT_DELETE:
		return delete_pair(a, APPLY_ALERT_DELETE, c->alert_delete.kind,
				   c->alert_delete.subject, why);
	case CHANGE_BULK:
		return put(a, APPLY_BULK, &record_bulk, &c->bulk, why);
	case CHANGE_BULK_DELETE:
		return delete_named(a, APPLY_BULK_DELETE, c->bulk_delete.id, why);
	case CHANGE_QR_LINK:
		return put(a, APPLY_QR_LINK, &record_qr_link, &c->qr_link, why);
	case CHANGE_QR_LINK_DELETE:
		return delete_by_row(a, APPLY_QR_LINK_DELETE, &c->qr_link_delete, why);
	case CHANGE_ENDPOINT:
		return put(a, APPLY_ENDPOINT, &record_endpoint, &c->endpoint, why);
	case CHANGE_ENDPOINT_DELETE:
		return delete_endpoint(a, &c->endpoint_delete, why);
	case CHANGE_DEAD_LETTER:
		return put_dead_letter(a, &c->dead_letter, why);
	case CHANGE_DEAD_LETTER_DELETE:
		return delete_dead_letter(a, &c->dead_letter_delete, why);
	case CHANGE_KINDS:
		break;
	}
	must_not_reach("a change of no kind");
}

static int carry_out_all(struct apply *a, const struct commit *group, struct why *why)
{
	int r = 0;

	for (const struct commit *c = group; c != NULL && r == 0; c = c->next) {
		struct change change;
		size_t at = 0;

		while (r == 0 && commit_next(c, &at, &change))
			r = carry_out(a, &change, why);
	}
	return r;
}

static struct meta_record marks_after(const struct meta_record *now, const struct commit *group)
{
	struct meta_record marks = *now;

	for (const struct commit *c = group; c != NULL; c = c->next) {
		marks.last_row = MAX_OF(marks.last_row, c->last_row);
		marks.last_seq = MAX_OF(marks.last_seq, c->last_seq);
		marks.latest_ms = MAX_OF(marks.latest_ms, c->latest_ms);
	}
	return marks;
}

int apply_group(struct apply *a, const struct commit *group, struct why *why)
{
	struct meta_record marks = marks_after(&a->fence->now, group);
	int r = db_exec(a->db, "BEGIN IMMEDIATE", why);

	KP("store.group.begin");
	if (r == 0)
		r = fence_pass(a->fence, &marks, why);
	KP("store.group.passed");
	if (r == 0)
		r = carry_out_all(a, group, why);
	KP("store.group.applied");
	if (r == 0)
		r = db_exec(a->db, "COMMIT", why);
	KP("store.group.committed");
	if (r == 0)
		a->fence->now = marks;
	else
		db_rollback(a->db);
	return r;
}
