/* reader.c - the reader thread, and the way of an answer back to whoever asked. */
#include "store/reader.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/limits.h"
#include "base/obj.h"
#include "store/post.h"
#include "store/row.h"

static const struct record_type *const types[] = {
	[READING_JOURNAL] = &record_journal,  [READING_IDEM] = &record_idem,
	[READING_ATTEMPT] = &record_attempt,  [READING_CURSOR] = &record_cursor,
	[READING_DEATHS] = &record_death,     [READING_ATTEMPTS] = &record_attempt,
	[READING_DEAD] = &record_dead_letter, [READING_DEAD_COUNT] = &record_number,
};

/* ?1 account row, ?2 after, ?3 up to, ?4 least value of `tell`, ?5 limit.  Deaths: ?1 slot
 * and ?5.  The others: ?1 key, and ?2 the horizon. */
#define JOURNAL_RANGE "seq > ?2 AND seq <= ?3 AND tell >= ?4 ORDER BY seq "
static const struct {
	enum reading_kind kind;
	const char *tail;
} queries[READER_STATEMENTS] = {
	[READ_ALL_UP] = { READING_JOURNAL, "WHERE " JOURNAL_RANGE "LIMIT ?5" },
	[READ_ALL_DOWN] = { READING_JOURNAL, "WHERE " JOURNAL_RANGE "DESC LIMIT ?5" },
	[READ_ACCOUNT_UP] = { READING_JOURNAL,
			      "WHERE account_row = ?1 AND " JOURNAL_RANGE "LIMIT ?5" },
	[READ_ACCOUNT_DOWN] = { READING_JOURNAL,
				"WHERE account_row = ?1 AND " JOURNAL_RANGE "DESC LIMIT ?5" },
	[READ_IDEM] = { READING_IDEM, "WHERE key = ?1" },
	[READ_ATTEMPT] = { READING_ATTEMPT, "WHERE session = ?1 AND (state < 2 OR closed_at >= ?2) "
					    "ORDER BY generation DESC LIMIT 1" },
	[READ_CURSOR] = { READING_CURSOR, "WHERE name = ?1" },
	[READ_ATTEMPTS] = { READING_ATTEMPTS, "WHERE account_row = ?1 AND generation < ?3 "
					      "ORDER BY generation DESC LIMIT ?5" },
	[READ_DEATHS] = { READING_DEATHS, "WHERE slot = ?1 ORDER BY at DESC LIMIT ?5" },
	[READ_DEAD] = { READING_DEAD, "WHERE endpoint = ?1 AND seq > ?2 ORDER BY seq LIMIT ?5" },
	[READ_DEAD_COUNT] = { READING_DEAD_COUNT, NULL },
};

static enum reader_statement statement_for(const struct reading *a)
{
	bool down = a->query.before != 0;

	if (a->kind == READING_IDEM)
		return READ_IDEM;
	if (a->kind == READING_ATTEMPT)
		return READ_ATTEMPT;
	if (a->kind == READING_CURSOR)
		return READ_CURSOR;
	if (a->kind == READING_DEATHS)
		return READ_DEATHS;
	if (a->kind == READING_ATTEMPTS)
		return READ_ATTEMPTS;
	if (a->kind == READING_DEAD)
		return READ_DEAD;
	if (a->kind == READING_DEAD_COUNT)
		return READ_DEAD_COUNT;
	if (a->query.row == 0)
		return down ? READ_ALL_DOWN : READ_ALL_UP;
	return down ? READ_ACCOUNT_DOWN : READ_ACCOUNT_UP;
}

static int bind_range(struct reader *rd, sqlite3_stmt *stmt, const struct journal_query *q,
		      struct why *why)
{
	const uint64_t params[] = { q->row, q->after, q->before > 0 ? q->before - 1 : UINT64_MAX,
				    q->told_only, MIN_OF(q->limit, (uint32_t)LIMIT_PAGE) };
	int r = 0;

	for (int i = 0; i < (int)ARRAY_LEN(params) && r == 0; i++)
		r = row_bind_number(&rd->db, stmt, i + 1, params[i], why);
	return r;
}

static int bind_question(struct reader *rd, sqlite3_stmt *stmt, const struct reading *a,
			 struct why *why)
{
	int r;

	if (a->kind == READING_JOURNAL)
		return bind_range(rd, stmt, &a->query, why);
	if (a->kind == READING_DEATHS || a->kind == READING_ATTEMPTS) {
		r = row_bind_number(&rd->db, stmt, 1, a->query.row, why);
		if (r == 0 && a->kind == READING_ATTEMPTS)
			r = row_bind_number(&rd->db, stmt, 3, a->query.before, why);
		return r < 0 ? r : row_bind_number(&rd->db, stmt, 5, a->query.limit, why);
	}
	r = row_bind_text(&rd->db, stmt, 1, a->key, why);
	if (r == 0 && a->kind == READING_ATTEMPT)
		r = row_bind_number(&rd->db, stmt, 2, a->horizon, why);
	if (r == 0 && a->kind == READING_DEAD)
		r = row_bind_number(&rd->db, stmt, 2, a->query.after, why);
	if (r == 0 && a->kind == READING_DEAD)
		r = row_bind_number(&rd->db, stmt, 5, a->query.limit, why);
	return r;
}

static int pack_row(struct reader *rd, sqlite3_stmt *stmt, struct reading *a, struct why *why)
{
	union {
		struct journal_record journal;
		struct idem_record idem;
		struct attempt_record attempt;
		struct cursor_record cursor;
		struct death_record death;
		struct dead_letter dead;
		struct number_record number;
	} record;
	int r = 0;

	if (a->kind == READING_DEAD_COUNT)
		record.number.n = (uint64_t)sqlite3_column_int64(stmt, 0);
	else
		r = row_read(&rd->db, stmt, types[a->kind], &record, why);

	if (r == 0)
		r = record_pack(&a->rows, types[a->kind], &record);
	if (r == 0)
		a->n_rows++;
	return r;
}

/* Damage of the file or the disk ends the store; one bad row spoils only this answer. */
static void carry_out(struct reader *rd, struct reading *a)
{
	sqlite3_stmt *stmt = rd->statements[statement_for(a)];
	struct why why = { 0 };
	int r = bind_question(rd, stmt, a, &why), more = 0;

	while (r == 0 && (more = db_step(&rd->db, stmt, &why)) == 1)
		r = pack_row(rd, stmt, a, &why);
	if (more < 0 && !db_error_passes(more))
		post_fatal(rd->post, &why);
	sqlite3_reset(stmt);
	a->result = more < 0 ? more : r;
}

static struct reading *next_question(struct reader *rd)
{
	struct reading *a = NULL;

	thread_lock(&rd->thread);
	while (!rd->thread.stopping && (rd->queue == NULL || rd->bytes_waiting > READS_BYTES_MAX))
		thread_wait(&rd->thread);
	if (!rd->thread.stopping) {
		a = rd->queue;
		DL_DELETE(rd->queue, a);
	}
	thread_unlock(&rd->thread);
	return a;
}

static void reader_main(void *arg)
{
	struct reader *rd = arg;
	struct reading *a;

	while ((a = next_question(rd)) != NULL) {
		carry_out(rd, a);
		rd->n_reads++;
		thread_lock(&rd->thread);
		rd->bytes_waiting += a->rows.n;
		thread_unlock(&rd->thread);
		post_answer(rd->post, &a);
	}
}

static int prepare(struct reader *rd, struct why *why)
{
	int r = 0;

	for (unsigned i = 0; i < READER_STATEMENTS && r == 0; i++) {
		if (queries[i].tail != NULL)
			r = row_prepare(&rd->db, types[queries[i].kind], ROW_SELECT,
					queries[i].tail, &rd->statements[i], why);
	}
	if (r == 0)
		r = db_prepare(&rd->db, "SELECT count(*) FROM dead_letter WHERE endpoint = ?1",
			       &rd->statements[READ_DEAD_COUNT], why);
	return r;
}

static void close_db(struct reader *rd)
{
	for (unsigned i = 0; i < READER_STATEMENTS; i++)
		sqlite3_finalize(rd->statements[i]);
	db_close(&rd->db, false);
}

int reader_start(struct reader *rd, const char *path, struct post *post, struct why *why)
{
	int r;

	*rd = (struct reader){ .post = post };
	r = db_open(&rd->db, path, DB_READ, why);
	if (r == 0)
		r = prepare(rd, why);
	if (r == 0)
		r = thread_start(&rd->thread, reader_main, rd, "store-reader", why);
	if (r < 0)
		close_db(rd);
	return r;
}

void reader_stop(struct reader *rd)
{
	thread_stop(&rd->thread);
	reading_free_all(&rd->queue);
	close_db(rd);
}

static void reading_free(struct reading **a)
{
	if (*a == NULL)
		return;
	free((char *)(*a)->key.p);
	buf_fini(&(*a)->rows);
	free(*a);
	*a = NULL;
}

void reading_free_all(struct reading **list)
{
	while (*list != NULL) {
		struct reading *a = *list;

		DL_DELETE(*list, a);
		reading_free(&a);
	}
}

int reader_ask(struct reader *rd, const struct reading *lent, struct str key)
{
	struct reading *a = malloc(sizeof *a);
	char *copy = str_dup(key);
	int r = ERR_NOMEM;

	if (a == NULL || copy == NULL)
		goto out;
	*a = *lent;
	a->reader = rd;
	a->key = (struct str){ copy, key.n };
	buf_init(&a->rows, ANSWER_BYTES_MAX);
	thread_lock(&rd->thread);
	r = rd->n_open < READS_MAX ? 0 : ERR_FULL;
	if (r == 0) {
		rd->n_open++;
		DL_APPEND(rd->queue, a);
		thread_wake(&rd->thread);
	} else {
		rd->n_refused++;
	}
	thread_unlock(&rd->thread);
out:
	if (r < 0) {
		free(copy);
		free(a);
	}
	return r;
}

static void call_back(const struct reading *a)
{
	const char *at = a->rows.p;
	struct journal_record line;
	struct idem_record idem;
	struct attempt_record attempt;
	struct cursor_record cursor;
	struct death_record death;
	struct dead_letter dead;
	struct number_record number = { 0 };
	bool found = a->result == 0 && a->n_rows > 0;

	switch (a->kind) {
	case READING_JOURNAL:
		for (unsigned i = 0; found && i < a->n_rows; i++) {
			at += record_unpack(&record_journal, at, &line);
			a->on_journal(a->ctx, 0, &line);
		}
		a->on_journal(a->ctx, a->result, NULL);
		break;
	case READING_IDEM:
		if (found)
			record_unpack(&record_idem, at, &idem);
		a->on_idem(a->ctx, a->result, found ? &idem : NULL);
		break;
	case READING_ATTEMPT:
		if (found)
			record_unpack(&record_attempt, at, &attempt);
		a->on_attempt(a->ctx, a->result, found ? &attempt : NULL);
		break;
	case READING_CURSOR:
		if (found)
			record_unpack(&record_cursor, at, &cursor);
		a->on_cursor(a->ctx, a->result, found ? &cursor : NULL);
		break;
	case READING_ATTEMPTS:
		for (unsigned i = 0; found && i < a->n_rows; i++) {
			at += record_unpack(&record_attempt, at, &attempt);
			a->on_attempt(a->ctx, 0, &attempt);
		}
		a->on_attempt(a->ctx, a->result, NULL);
		break;
	case READING_DEATHS:
		for (unsigned i = 0; found && i < a->n_rows; i++) {
			at += record_unpack(&record_death, at, &death);
			a->on_death(a->ctx, 0, &death);
		}
		a->on_death(a->ctx, a->result, NULL);
		break;
	case READING_DEAD:
		for (unsigned i = 0; found && i < a->n_rows; i++) {
			at += record_unpack(&record_dead_letter, at, &dead);
			a->on_dead(a->ctx, 0, &dead);
		}
		a->on_dead(a->ctx, a->result, NULL);
		break;
	case READING_DEAD_COUNT:
		if (found)
			record_unpack(&record_number, at, &number);
		a->on_count(a->ctx, a->result, number.n);
		break;
	}
}

void reading_deliver(struct reading **a)
{
	struct reader *rd = (*a)->reader;

	thread_lock(&rd->thread);
	rd->n_open--;
	rd->bytes_waiting -= (*a)->rows.n;
	thread_wake(&rd->thread);
	thread_unlock(&rd->thread);
	call_back(*a);
	reading_free(a);
}
