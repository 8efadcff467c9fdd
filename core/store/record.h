/*
 * record.h - what is kept, as tables of columns.
 *
 * One table a record says which field is which column.  Packing a record into a commit, binding it
 * to a statement, reading it back and its checksum all follow that table, so a new field is one
 * line in record.c and one in a migration.
 *
 * The order is part of the format: new columns go to the end, and a column that is zero or empty
 * does not count in the checksum.  So a later schema adds columns without touching old rows.
 */
#ifndef RELINK_STORE_RECORD_H
#define RELINK_STORE_RECORD_H
#include "base/buf.h"
#include "store/store.h"

/* No string that is kept may be longer: the edges (api, policy) have tighter limits of their own,
 * this one only keeps a mistake there from filling the disk. */
#define STORE_STRING_MAX 16384

enum column_type {
	COLUMN_TEXT, /* struct str, any bytes */
	COLUMN_INT,  /* unsigned, 0 to 2^63 - 1: it is compared and sorted */
	COLUMN_TIME, /* the same, and a moment that has passed: see record_latest */
	COLUMN_BITS, /* uint64_t of which every bit counts; never compared */
	COLUMN_BOOL,
	COLUMN_HASH, /* uint8_t[32] */
};

struct column {
	const char *name;
	enum column_type type;
	size_t offset, size;
};

/* The first `n_keys` columns are the primary key. */
struct record_type {
	const char *table;
	const struct column *columns;
	unsigned n_columns, n_keys;
	size_t size;
};

/* The single row of `meta`: whose database it is, who owns it, marks that must never go back. */
struct meta_record {
	uint64_t one;
	struct str installation;
	uint64_t token, last_row, last_seq, latest_ms;
};

/* Changes that are not a whole record. */
struct account_key {
	uint64_t row;
};
struct api_key_name {
	struct str id;
};
struct pause_name {
	uint8_t scope;
	struct str name;
};
struct alert_name {
	uint8_t kind;
	struct str subject;
};
struct bulk_name {
	struct str id;
};
struct endpoint_name {
	struct str id;
};
struct dead_letter_key {
	struct str endpoint;
	uint64_t seq;
};
/* An answer that is a number. */
struct number_record {
	uint64_t n;
};
struct attempt_close {
	uint64_t row, generation, closed_at;
	enum attempt_state state;
};

extern const struct record_type record_meta, record_account, record_attempt, record_journal,
    record_idem, record_instance, record_cursor, record_api_key, record_death, record_incident,
    record_account_key, record_attempt_close, record_attempt_outcome, record_api_key_name,
    record_pause, record_pause_name, record_alert, record_alert_name, record_bulk, record_bulk_name,
    record_qr_link, record_endpoint, record_dead_letter, record_endpoint_name,
    record_dead_letter_key, record_number;

/* Append the record with the bytes of its strings.  ERR_RANGE, ERR_TOOBIG, ERR_NOMEM. */
int record_pack(struct buf *, const struct record_type *, const void *record);
/* The reverse; returns how many bytes it took.  Strings are lent from `packed`. */
size_t record_unpack(const struct record_type *, const char *packed, void *ret_record);
/* The latest moment that the record mentions. */
uint64_t record_latest(const struct record_type *, const void *record);
uint32_t record_checksum(const struct record_type *, const void *record);

/* Integers of any width inside a record, as the number that is stored. */
uint64_t record_get(const struct column *, const void *record);
/* False when `v` does not fit into the field. */
bool record_set(const struct column *, void *record, uint64_t v);

static inline struct str *record_text(const struct column *c, const void *record)
{
	return (struct str *)((char *)record + c->offset);
}

#endif
