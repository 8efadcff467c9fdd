/* record.c - the tables of columns, and records as bytes inside a commit. */
#include "store/record.h"

#include "base/obj.h"

#define AT(record, field) offsetof(struct record, field), sizeof(((struct record *)NULL)->field)
#define TYPE(name, record, keys)                                                    \
	const struct record_type record_##name = { #name, name##_columns,           \
						   ARRAY_LEN(name##_columns), keys, \
						   sizeof(struct record) }

_Static_assert(sizeof(enum attempt_state) == sizeof(uint32_t), "stored as a number of 4 bytes");

// clang-format off
static const struct column meta_columns[] = {
	{ "one",               COLUMN_INT,  AT(meta_record, one) },
	{ "installation",      COLUMN_TEXT, AT(meta_record, installation) },
	{ "token",             COLUMN_INT,  AT(meta_record, token) },
	{ "last_row",          COLUMN_INT,  AT(meta_record, last_row) },
	{ "last_seq",          COLUMN_INT,  AT(meta_record, last_seq) },
	{ "latest_ms",         COLUMN_INT,  AT(meta_record, latest_ms) },
};
TYPE(meta, meta_record, 1);

static const struct column account_columns[] = {
	{ "row",               COLUMN_INT,  AT(account_record, row) },
	{ "id",                COLUMN_TEXT, AT(account_record, id) },
	{ "workspace",         COLUMN_TEXT, AT(account_record, workspace) },
	{ "provider",          COLUMN_TEXT, AT(account_record, provider) },
	{ "instance",          COLUMN_TEXT, AT(account_record, instance) },
	{ "label",             COLUMN_TEXT, AT(account_record, label) },
	{ "metadata",          COLUMN_TEXT, AT(account_record, metadata) },
	{ "session",           COLUMN_TEXT, AT(account_record, session) },
	{ "profile",           COLUMN_TEXT, AT(account_record, profile) },
	{ "phone",             COLUMN_TEXT, AT(account_record, phone) },
	{ "reason",            COLUMN_TEXT, AT(account_record, reason) },
	{ "priority",          COLUMN_INT,  AT(account_record, priority) },
	{ "want",              COLUMN_INT,  AT(account_record, want) },
	{ "state",             COLUMN_INT,  AT(account_record, state) },
	{ "after_state",       COLUMN_INT,  AT(account_record, after) },
	{ "status",            COLUMN_INT,  AT(account_record, status) },
	{ "cause",             COLUMN_INT,  AT(account_record, cause) },
	{ "user_action",       COLUMN_INT,  AT(account_record, action) },
	{ "profile_state",     COLUMN_INT,  AT(account_record, profile_state) },
	{ "fails",             COLUMN_INT,  AT(account_record, fails) },
	{ "waits",             COLUMN_INT,  AT(account_record, waits) },
	{ "profile_fails",     COLUMN_INT,  AT(account_record, profile_fails) },
	{ "slow_step",         COLUMN_INT,  AT(account_record, slow_step) },
	{ "close_tries",       COLUMN_INT,  AT(account_record, close_tries) },
	{ "forgotten",         COLUMN_INT,  AT(account_record, forgotten) },
	{ "flags",             COLUMN_INT,  AT(account_record, flags) },
	{ "generation",        COLUMN_INT,  AT(account_record, generation) },
	{ "rng",               COLUMN_BITS, AT(account_record, rng) },
	{ "created_at",        COLUMN_TIME, AT(account_record, created_at) },
	{ "since",             COLUMN_TIME, AT(account_record, since) },
	{ "timer_at",          COLUMN_INT,  AT(account_record, timer_at) },   /* in the future */
	{ "minted_at",         COLUMN_TIME, AT(account_record, minted_at) },
	{ "up_since",          COLUMN_TIME, AT(account_record, up_since) },
	{ "blame_marks",       COLUMN_INT,  AT(account_record, blame_marks) },
	{ "blamed_at",         COLUMN_TIME, AT(account_record, blamed_at) },
	{ "flap_gaps",         COLUMN_BITS, AT(account_record, flap_gaps) },
	{ "flap_at",           COLUMN_INT,  AT(account_record, flap_at) },    /* in seconds */
	{ "flap_step",         COLUMN_INT,  AT(account_record, flap_step) },
};
TYPE(account, account_record, 1);

static const struct column attempt_columns[] = {
	{ "account_row",       COLUMN_INT,  AT(attempt_record, row) },
	{ "generation",        COLUMN_INT,  AT(attempt_record, generation) },
	{ "session",           COLUMN_TEXT, AT(attempt_record, session) },
	{ "profile",           COLUMN_TEXT, AT(attempt_record, profile) },
	{ "instance",          COLUMN_TEXT, AT(attempt_record, instance) },
	{ "minted_at",         COLUMN_TIME, AT(attempt_record, minted_at) },
	{ "closed_at",         COLUMN_TIME, AT(attempt_record, closed_at) },
	{ "state",             COLUMN_INT,  AT(attempt_record, state) },
	{ "begun_by",          COLUMN_INT,  AT(attempt_record, begun_by) },
	{ "begun_cause",       COLUMN_INT,  AT(attempt_record, begun_cause) },
	{ "begun_on",          COLUMN_INT,  AT(attempt_record, begun_on) },
	{ "up_at",             COLUMN_TIME, AT(attempt_record, end.up_at) },
	{ "ended_at",          COLUMN_TIME, AT(attempt_record, end.ended_at) },
	{ "end_event",         COLUMN_INT,  AT(attempt_record, end.event) },
	{ "end_from",          COLUMN_INT,  AT(attempt_record, end.from) },
	{ "end_cause",         COLUMN_INT,  AT(attempt_record, end.cause) },
	{ "end_evidence",      COLUMN_INT,  AT(attempt_record, end.why.evidence) },
	{ "decision",          COLUMN_INT,  AT(attempt_record, end.why.after) },
	{ "fails",             COLUMN_INT,  AT(attempt_record, end.why.fails) },
	{ "max_fails",         COLUMN_INT,  AT(attempt_record, end.why.max_fails) },
	{ "notes",             COLUMN_INT,  AT(attempt_record, end.why.notes) },
	{ "lacked_ms",         COLUMN_INT,  AT(attempt_record, end.why.lacked_ms) },
	{ "next_at",           COLUMN_INT,  AT(attempt_record, end.why.timer_at) },  /* in the future */
};
TYPE(attempt, attempt_record, 2);

static const struct column journal_columns[] = {
	{ "seq",               COLUMN_INT,  AT(journal_record, seq) },
	{ "at",                COLUMN_TIME, AT(journal_record, at) },
	{ "account_row",       COLUMN_INT,  AT(journal_record, row) },
	{ "generation",        COLUMN_INT,  AT(journal_record, generation) },
	{ "kind",              COLUMN_INT,  AT(journal_record, kind) },
	{ "event",             COLUMN_INT,  AT(journal_record, event) },
	{ "from_state",        COLUMN_INT,  AT(journal_record, from) },
	{ "to_state",          COLUMN_INT,  AT(journal_record, to) },
	{ "status",            COLUMN_INT,  AT(journal_record, status) },
	{ "cause",             COLUMN_INT,  AT(journal_record, cause) },
	{ "user_action",       COLUMN_INT,  AT(journal_record, action) },
	{ "tell",              COLUMN_BOOL, AT(journal_record, tell) },
	{ "account",           COLUMN_TEXT, AT(journal_record, account) },
	{ "workspace",         COLUMN_TEXT, AT(journal_record, workspace) },
	{ "text",              COLUMN_TEXT, AT(journal_record, text) },
	{ "data",              COLUMN_TEXT, AT(journal_record, data) },
	{ "evidence",          COLUMN_INT,  AT(journal_record, why.evidence) },
	{ "after_state",       COLUMN_INT,  AT(journal_record, why.after) },
	{ "fails",             COLUMN_INT,  AT(journal_record, why.fails) },
	{ "max_fails",         COLUMN_INT,  AT(journal_record, why.max_fails) },
	{ "notes",             COLUMN_INT,  AT(journal_record, why.notes) },
	{ "timer_at",          COLUMN_INT,  AT(journal_record, why.timer_at) },      /* in the future */
	{ "lacked_ms",         COLUMN_INT,  AT(journal_record, why.lacked_ms) },
};
TYPE(journal, journal_record, 1);

static const struct column idem_columns[] = {
	{ "key",               COLUMN_TEXT, AT(idem_record, key) },
	{ "account",           COLUMN_TEXT, AT(idem_record, account) },
	{ "hash",              COLUMN_HASH, AT(idem_record, hash) },
	{ "http_status",       COLUMN_INT,  AT(idem_record, http_status) },
	{ "at",                COLUMN_TIME, AT(idem_record, at) },
};
TYPE(idem, idem_record, 1);

static const struct column api_key_columns[] = {
	{ "id",                COLUMN_TEXT, AT(api_key_record, id) },
	{ "digest",            COLUMN_HASH, AT(api_key_record, digest) },
	{ "role",              COLUMN_INT,  AT(api_key_record, role) },
	{ "workspace",         COLUMN_TEXT, AT(api_key_record, workspace) },
	{ "label",             COLUMN_TEXT, AT(api_key_record, label) },
	{ "created_at",        COLUMN_TIME, AT(api_key_record, created_at) },
	{ "expires_at",        COLUMN_INT,  AT(api_key_record, expires_at) },  /* in the future */
	{ "revoked_at",        COLUMN_TIME, AT(api_key_record, revoked_at) },
	{ "last_used_at",      COLUMN_TIME, AT(api_key_record, last_used_at) },
};
TYPE(api_key, api_key_record, 1);

static const struct column instance_columns[] = {
	{ "id",                COLUMN_TEXT, AT(instance_record, id) },
	{ "drained_at",        COLUMN_TIME, AT(instance_record, drained_at) },
	{ "halted_at",         COLUMN_TIME, AT(instance_record, halted_at) },
	{ "halted_why",        COLUMN_TEXT, AT(instance_record, halted_why) },
};
TYPE(instance, instance_record, 1);

static const struct column pause_columns[] = {
	{ "scope",             COLUMN_INT,  AT(pause_record, scope) },
	{ "name",              COLUMN_TEXT, AT(pause_record, name) },
	{ "since",             COLUMN_TIME, AT(pause_record, since) },
	{ "until",             COLUMN_INT,  AT(pause_record, until) },  /* in the future */
	{ "by_key",            COLUMN_TEXT, AT(pause_record, by) },
	{ "reason",            COLUMN_TEXT, AT(pause_record, reason) },
};
TYPE(pause, pause_record, 2);

static const struct column alert_columns[] = {
	{ "kind",              COLUMN_INT,  AT(alert_record, kind) },
	{ "subject",           COLUMN_TEXT, AT(alert_record, subject) },
	{ "seq",               COLUMN_INT,  AT(alert_record, seq) },
	{ "raised_at",         COLUMN_TIME, AT(alert_record, raised_at) },
	{ "workspace",         COLUMN_TEXT, AT(alert_record, workspace) },
	{ "provider",          COLUMN_TEXT, AT(alert_record, provider) },
	{ "cause",             COLUMN_INT,  AT(alert_record, cause) },
	{ "user_action",       COLUMN_INT,  AT(alert_record, action) },
	{ "text",              COLUMN_TEXT, AT(alert_record, text) },
};
TYPE(alert, alert_record, 2);

static const struct column bulk_columns[] = {
	{ "id",                COLUMN_TEXT, AT(bulk_record, id) },
	{ "action",            COLUMN_INT,  AT(bulk_record, action) },
	{ "state",             COLUMN_INT,  AT(bulk_record, state) },
	{ "rate",              COLUMN_INT,  AT(bulk_record, rate) },
	{ "workspace",         COLUMN_TEXT, AT(bulk_record, workspace) },
	{ "provider",          COLUMN_TEXT, AT(bulk_record, provider) },
	{ "instance",          COLUMN_TEXT, AT(bulk_record, instance) },
	{ "status",            COLUMN_TEXT, AT(bulk_record, status) },
	{ "cause",             COLUMN_TEXT, AT(bulk_record, cause) },
	{ "label_prefix",      COLUMN_TEXT, AT(bulk_record, label_prefix) },
	{ "ids",               COLUMN_TEXT, AT(bulk_record, ids) },
	{ "by_key",            COLUMN_TEXT, AT(bulk_record, by) },
	{ "created_at",        COLUMN_TIME, AT(bulk_record, created_at) },
	{ "ended_at",          COLUMN_TIME, AT(bulk_record, ended_at) },
	{ "last_row",          COLUMN_INT,  AT(bulk_record, last_row) },
	{ "cursor",            COLUMN_INT,  AT(bulk_record, cursor) },
	{ "total",             COLUMN_INT,  AT(bulk_record, total) },
	{ "done",              COLUMN_INT,  AT(bulk_record, done) },
	{ "failed",            COLUMN_INT,  AT(bulk_record, failed) },
	{ "last_error",        COLUMN_TEXT, AT(bulk_record, last_error) },
};
TYPE(bulk, bulk_record, 1);

static const struct column cursor_columns[] = {
	{ "name",              COLUMN_TEXT, AT(cursor_record, name) },
	{ "seq",               COLUMN_INT,  AT(cursor_record, seq) },
	{ "behind",            COLUMN_TEXT, AT(cursor_record, behind) },
};
TYPE(cursor, cursor_record, 1);

static const struct column death_columns[] = {
	{ "slot",              COLUMN_INT,  AT(death_record, slot) },
	{ "at",                COLUMN_TIME, AT(death_record, at) },
	{ "kind",              COLUMN_INT,  AT(death_record, kind) },
	{ "pid",               COLUMN_INT,  AT(death_record, pid) },
	{ "started_at",        COLUMN_TIME, AT(death_record, started_at) },
	{ "exit_status",       COLUMN_INT,  AT(death_record, exit_status) },
	{ "signal",            COLUMN_INT,  AT(death_record, signal) },
	{ "was_ready",         COLUMN_BOOL, AT(death_record, was_ready) },
	{ "open_calls",        COLUMN_INT,  AT(death_record, open_calls) },
	{ "accounts",          COLUMN_INT,  AT(death_record, accounts) },
	{ "provider",          COLUMN_TEXT, AT(death_record, provider) },
	{ "plugin",            COLUMN_TEXT, AT(death_record, plugin) },
	{ "version",           COLUMN_TEXT, AT(death_record, version) },
	{ "how",               COLUMN_TEXT, AT(death_record, how) },
	{ "blame",             COLUMN_TEXT, AT(death_record, blame) },
	{ "report",            COLUMN_TEXT, AT(death_record, report) },
	{ "last_lines",        COLUMN_TEXT, AT(death_record, last_lines) },
	{ "ops",               COLUMN_TEXT, AT(death_record, ops) },
};
TYPE(death, death_record, 2);

static const struct column incident_columns[] = {
	{ "id",                COLUMN_INT,  AT(incident_record, id) },
	{ "state",             COLUMN_INT,  AT(incident_record, state) },
	{ "real",              COLUMN_BOOL, AT(incident_record, real) },
	{ "provider",          COLUMN_TEXT, AT(incident_record, provider) },
	{ "instance",          COLUMN_TEXT, AT(incident_record, instance) },
	{ "opened_at",         COLUMN_TIME, AT(incident_record, opened_at) },
	{ "changed_at",        COLUMN_TIME, AT(incident_record, changed_at) },
	{ "closed_at",         COLUMN_TIME, AT(incident_record, closed_at) },
	{ "accounts",          COLUMN_INT,  AT(incident_record, accounts) },
	{ "rounds",            COLUMN_INT,  AT(incident_record, rounds) },
	{ "causes",            COLUMN_TEXT, AT(incident_record, causes) },
	{ "text",              COLUMN_TEXT, AT(incident_record, text) },
};
TYPE(incident, incident_record, 1);

static const struct column qr_link_columns[] = {
	{ "account_row",       COLUMN_INT,  AT(qr_link_record, row) },
	{ "digest",            COLUMN_HASH, AT(qr_link_record, digest) },
	{ "visitor",           COLUMN_HASH, AT(qr_link_record, visitor) },
	{ "created_at",        COLUMN_TIME, AT(qr_link_record, created_at) },
	{ "expires_at",        COLUMN_INT,  AT(qr_link_record, expires_at) },  /* in the future */
	{ "opened_at",         COLUMN_TIME, AT(qr_link_record, opened_at) },
	{ "ended",             COLUMN_INT,  AT(qr_link_record, ended) },
};
TYPE(qr_link, qr_link_record, 1);
static const struct column endpoint_columns[] = {
	{ "id",                COLUMN_TEXT, AT(endpoint_record, id) },
	{ "workspace",         COLUMN_TEXT, AT(endpoint_record, workspace) },
	{ "label",             COLUMN_TEXT, AT(endpoint_record, label) },
	{ "url",               COLUMN_TEXT, AT(endpoint_record, url) },
	{ "events",            COLUMN_TEXT, AT(endpoint_record, events) },
	{ "form",              COLUMN_INT,  AT(endpoint_record, form) },
	{ "secret",            COLUMN_TEXT, AT(endpoint_record, secret) },
	{ "old_secret",        COLUMN_TEXT, AT(endpoint_record, old_secret) },
	{ "old_until",         COLUMN_INT,  AT(endpoint_record, old_until) },  /* in the future */
	{ "disabled",          COLUMN_BOOL, AT(endpoint_record, disabled) },
	{ "why",               COLUMN_TEXT, AT(endpoint_record, why) },
	{ "created_at",        COLUMN_TIME, AT(endpoint_record, created_at) },
	{ "changed_at",        COLUMN_TIME, AT(endpoint_record, changed_at) },
	{ "disabled_at",       COLUMN_TIME, AT(endpoint_record, disabled_at) },
};
TYPE(endpoint, endpoint_record, 1);

static const struct column dead_letter_columns[] = {
	{ "endpoint",          COLUMN_TEXT, AT(dead_letter, endpoint) },
	{ "seq",               COLUMN_INT,  AT(dead_letter, line.seq) },
	{ "died_at",           COLUMN_TIME, AT(dead_letter, died_at) },
	{ "tries",             COLUMN_INT,  AT(dead_letter, tries) },
	{ "why",               COLUMN_TEXT, AT(dead_letter, why) },
	{ "at",                COLUMN_TIME, AT(dead_letter, line.at) },
	{ "account_row",       COLUMN_INT,  AT(dead_letter, line.row) },
	{ "generation",        COLUMN_INT,  AT(dead_letter, line.generation) },
	{ "kind",              COLUMN_INT,  AT(dead_letter, line.kind) },
	{ "event",             COLUMN_INT,  AT(dead_letter, line.event) },
	{ "from_state",        COLUMN_INT,  AT(dead_letter, line.from) },
	{ "to_state",          COLUMN_INT,  AT(dead_letter, line.to) },
	{ "status",            COLUMN_INT,  AT(dead_letter, line.status) },
	{ "cause",             COLUMN_INT,  AT(dead_letter, line.cause) },
	{ "user_action",       COLUMN_INT,  AT(dead_letter, line.action) },
	{ "account",           COLUMN_TEXT, AT(dead_letter, line.account) },
	{ "workspace",         COLUMN_TEXT, AT(dead_letter, line.workspace) },
	{ "text",              COLUMN_TEXT, AT(dead_letter, line.text) },
	{ "data",              COLUMN_TEXT, AT(dead_letter, line.data) },
};
TYPE(dead_letter, dead_letter, 2);

static const struct column endpoint_name_columns[] = {
	{ "id",                COLUMN_TEXT, AT(endpoint_name, id) },
};
TYPE(endpoint_name, endpoint_name, 1);

static const struct column dead_letter_key_columns[] = {
	{ "endpoint",          COLUMN_TEXT, AT(dead_letter_key, endpoint) },
	{ "seq",               COLUMN_INT,  AT(dead_letter_key, seq) },
};
TYPE(dead_letter_key, dead_letter_key, 2);

static const struct column number_columns[] = {
	{ "n",                 COLUMN_INT,  AT(number_record, n) },
};
TYPE(number, number_record, 1);

static const struct column account_key_columns[] = {
	{ "row",               COLUMN_INT,  AT(account_key, row) },
};
TYPE(account_key, account_key, 1);

static const struct column attempt_close_columns[] = {
	{ "account_row",       COLUMN_INT,  AT(attempt_close, row) },
	{ "generation",        COLUMN_INT,  AT(attempt_close, generation) },
	{ "closed_at",         COLUMN_TIME, AT(attempt_close, closed_at) },
	{ "state",             COLUMN_INT,  AT(attempt_close, state) },
};
TYPE(attempt_close, attempt_close, 2);

/* Only its size counts: it is packed into commits, and never a row by itself. */
static const struct column attempt_outcome_columns[] = {
	{ "account_row",       COLUMN_INT,  AT(attempt_outcome, row) },
	{ "generation",        COLUMN_INT,  AT(attempt_outcome, generation) },
	{ "ended_at",          COLUMN_TIME, AT(attempt_outcome, end.ended_at) },
	{ "up_at",             COLUMN_TIME, AT(attempt_outcome, end.up_at) },
};
TYPE(attempt_outcome, attempt_outcome, 2);

static const struct column api_key_name_columns[] = {
	{ "id",                COLUMN_TEXT, AT(api_key_name, id) },
};
TYPE(api_key_name, api_key_name, 1);

static const struct column pause_name_columns[] = {
	{ "scope",             COLUMN_INT,  AT(pause_name, scope) },
	{ "name",              COLUMN_TEXT, AT(pause_name, name) },
};
TYPE(pause_name, pause_name, 2);

static const struct column alert_name_columns[] = {
	{ "kind",              COLUMN_INT,  AT(alert_name, kind) },
	{ "subject",           COLUMN_TEXT, AT(alert_name, subject) },
};
TYPE(alert_name, alert_name, 2);

static const struct column bulk_name_columns[] = {
	{ "id",                COLUMN_TEXT, AT(bulk_name, id) },
};
TYPE(bulk_name, bulk_name, 1);
// clang-format on

static uint64_t most(const struct column *c)
{
	if (c->type == COLUMN_BITS)
		return UINT64_MAX;
	if (c->type == COLUMN_BOOL)
		return 1;
	return c->size == 1 ? UINT8_MAX : c->size == 4 ? UINT32_MAX : INT64_MAX;
}

uint64_t record_get(const struct column *c, const void *record)
{
	const char *from = (const char *)record + c->offset;
	uint8_t v8;
	uint32_t v32;
	uint64_t v64;

	switch (c->size) {
	case 1:
		memcpy(&v8, from, sizeof v8);
		return v8;
	case 4:
		memcpy(&v32, from, sizeof v32);
		return v32;
	default:
		memcpy(&v64, from, sizeof v64);
		return v64;
	}
}

bool record_set(const struct column *c, void *record, uint64_t v)
{
	char *to = (char *)record + c->offset;
	uint8_t v8 = (uint8_t)v;
	uint32_t v32 = (uint32_t)v;

	if (v > most(c))
		return false;
	switch (c->size) {
	case 1:
		memcpy(to, &v8, sizeof v8);
		return true;
	case 4:
		memcpy(to, &v32, sizeof v32);
		return true;
	default:
		memcpy(to, &v, sizeof v);
		return true;
	}
}

static int check(const struct column *c, const void *record)
{
	if (c->type == COLUMN_TEXT)
		return record_text(c, record)->n <= STORE_STRING_MAX ? 0 : ERR_TOOBIG;
	if (c->type == COLUMN_HASH)
		return 0;
	return record_get(c, record) <= most(c) ? 0 : ERR_RANGE;
}

/* The struct as it lies in memory, then its strings; the pointers in it are set when it is read. */
int record_pack(struct buf *b, const struct record_type *t, const void *record)
{
	for (unsigned i = 0; i < t->n_columns; i++) {
		int r = check(&t->columns[i], record);

		if (r < 0)
			return r;
	}
	buf_add(b, record, t->size);
	for (unsigned i = 0; i < t->n_columns; i++) {
		if (t->columns[i].type == COLUMN_TEXT)
			buf_str(b, *record_text(&t->columns[i], record));
	}
	return b->failed;
}

size_t record_unpack(const struct record_type *t, const char *packed, void *ret_record)
{
	const char *at = packed + t->size;

	memcpy(ret_record, packed, t->size);
	for (unsigned i = 0; i < t->n_columns; i++) {
		if (t->columns[i].type == COLUMN_TEXT) {
			struct str *s = record_text(&t->columns[i], ret_record);

			s->p = at;
			at += s->n;
		}
	}
	return (size_t)(at - packed);
}

uint64_t record_latest(const struct record_type *t, const void *record)
{
	uint64_t latest = 0;

	for (unsigned i = 0; i < t->n_columns; i++) {
		if (t->columns[i].type == COLUMN_TIME)
			latest = MAX_OF(latest, record_get(&t->columns[i], record));
	}
	return latest;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

static uint64_t digest(const struct column *c, const void *record)
{
	struct str bytes = { (const char *)record + c->offset, c->size };

	switch (c->type) {
	case COLUMN_TEXT:
		bytes = *record_text(c, record);
		return bytes.n > 0 ? str_hash(bytes) : 0;
	case COLUMN_HASH:
		return str_hash(bytes);
	default:
		return record_get(c, record);
	}
}

uint32_t record_checksum(const struct record_type *t, const void *record)
{
	uint64_t h = 0;

	for (unsigned i = 0; i < t->n_columns; i++) {
		uint64_t v = digest(&t->columns[i], record);

		if (v != 0)
			h = mix(mix(h, i + 1), v);
	}
	return (uint32_t)(h >> 32);
}
