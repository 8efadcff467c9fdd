/*
 * commit.h - changes on their way from the engine to the writer.
 *
 * A commit is one growing buffer of packed changes, in the order in which they were added; it is
 * built on the loop thread, given to the writer thread whole, and read there.
 */
#ifndef RELINK_STORE_COMMIT_H
#define RELINK_STORE_COMMIT_H
#include "store/record.h"

/* Bytes of one commit; far above any turn of the engine. */
#define COMMIT_BYTES_MAX (64u << 20)

enum change_kind {
	CHANGE_ACCOUNT,
	CHANGE_ACCOUNT_DELETE,
	CHANGE_ATTEMPT,
	CHANGE_ATTEMPT_CLOSE,
	CHANGE_ATTEMPT_OUTCOME,
	CHANGE_JOURNAL,
	CHANGE_IDEM,
	CHANGE_API_KEY,
	CHANGE_API_KEY_DELETE,
	CHANGE_INSTANCE,
	CHANGE_CURSOR,
	CHANGE_DEATH,
	CHANGE_INCIDENT,
	CHANGE_PAUSE,
	CHANGE_PAUSE_DELETE,
	CHANGE_ALERT,
	CHANGE_ALERT_DELETE,
	CHANGE_BULK,
	CHANGE_BULK_DELETE,
	CHANGE_QR_LINK,
	CHANGE_QR_LINK_DELETE,
	CHANGE_ENDPOINT,
	CHANGE_ENDPOINT_DELETE,
	CHANGE_DEAD_LETTER,
	CHANGE_DEAD_LETTER_DELETE,
	CHANGE_KINDS
};

struct change {
	enum change_kind kind;
	union {
		struct account_record account;
		struct account_key account_delete;
		struct attempt_record attempt;
		struct attempt_close attempt_close;
		struct attempt_outcome attempt_outcome;
		struct journal_record journal;
		struct idem_record idem;
		struct api_key_record api_key;
		struct api_key_name api_key_delete;
		struct instance_record instance;
		struct cursor_record cursor;
		struct death_record death;
		struct incident_record incident;
		struct pause_record pause;
		struct pause_name pause_delete;
		struct alert_record alert;
		struct alert_name alert_delete;
		struct bulk_record bulk;
		struct bulk_name bulk_delete;
		struct qr_link_record qr_link;
		struct account_key qr_link_delete;
		struct endpoint_record endpoint;
		struct endpoint_name endpoint_delete;
		struct dead_letter dead_letter;
		struct dead_letter_key dead_letter_delete;
	};
};

struct commit {
	struct commit *prev, *next;
	struct buf changes;
	uint64_t n_changes;
	uint64_t last_row, last_seq, latest_ms; /* the highest in it; see meta */
	int failed;
	void (*done)(void *ctx);
	void *ctx;
};

/* The change at `*at` (begin with 0), which moves on; false at the end.  Strings are lent. */
bool commit_next(const struct commit *, size_t *at, struct change *ret_change);
void commit_free_all(struct commit **list);

#endif
