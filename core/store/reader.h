/*
 * reader.h - answers questions on a thread and a connection of its own.
 *
 * A question sees what was durable when it was carried out, so everything whose `done` has run.
 * Questions are answered one after the other; the rows of an answer are packed like those of a
 * commit and travel to the loop in one piece.
 */
#ifndef RELINK_STORE_READER_H
#define RELINK_STORE_READER_H
#include <stdatomic.h>

#include "store/db.h"
#include "store/record.h"
#include "store/thread.h"

#define READS_MAX        1024         /* asked and not yet answered */
#define READS_BYTES_MAX  (16u << 20)  /* of answers that the loop has not yet taken */
#define ANSWER_BYTES_MAX (128u << 20) /* LIMIT_PAGE rows with all strings at STORE_STRING_MAX */

enum reading_kind {
	READING_JOURNAL,
	READING_IDEM,
	READING_ATTEMPT,
	READING_CURSOR,
	READING_DEATHS,
	READING_ATTEMPTS,
	READING_DEAD,
	READING_DEAD_COUNT
};

enum reader_statement {
	READ_ALL_UP,
	READ_ALL_DOWN,
	READ_ACCOUNT_UP,
	READ_ACCOUNT_DOWN,
	READ_IDEM,
	READ_ATTEMPT,
	READ_CURSOR,
	READ_DEATHS,
	READ_ATTEMPTS,
	READ_DEAD,
	READ_DEAD_COUNT,
	READER_STATEMENTS
};

struct post;
struct reader {
	struct db db;
	struct post *post; /* kept */
	sqlite3_stmt *statements[READER_STATEMENTS];
	struct thread thread;
	/* Under its lock: */
	struct reading *queue;
	uint64_t n_open;        /* asked and not yet delivered */
	uint64_t bytes_waiting; /* of answers not yet delivered */
	_Atomic uint64_t n_reads, n_refused;
};

/* One question with its answer. */
struct reading {
	struct reading *prev, *next;
	struct reader *reader;
	enum reading_kind kind;
	struct journal_query query;
	uint64_t horizon; /* lives that were gone before are as good as forgotten */
	struct str key;   /* malloc'ed */
	union {
		journal_row_fn *on_journal;
		idem_fn *on_idem;
		attempt_fn *on_attempt;
		cursor_fn *on_cursor;
		death_fn *on_death;
		dead_letter_fn *on_dead;
		dead_count_fn *on_count;
	};
	void *ctx;
	int result;
	unsigned n_rows;
	struct buf rows;
};

int reader_start(struct reader *, const char *path, struct post *, struct why *);
/* No question is answered any more.  No-op when not started. */
void reader_stop(struct reader *);

/* ERR_FULL, ERR_NOMEM: no callback follows. */
int reader_ask(struct reader *, const struct reading *lent, struct str key);
/* On the loop thread: call back with all rows and free it. */
void reading_deliver(struct reading **);
void reading_free_all(struct reading **list);

#endif
