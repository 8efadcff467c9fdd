/* commit.c - builds commits and takes them apart. */
#include "store/commit.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/obj.h"

static const struct record_type *const types[CHANGE_KINDS] = {
	[CHANGE_ACCOUNT] = &record_account,
	[CHANGE_ACCOUNT_DELETE] = &record_account_key,
	[CHANGE_ATTEMPT] = &record_attempt,
	[CHANGE_ATTEMPT_CLOSE] = &record_attempt_close,
	[CHANGE_ATTEMPT_OUTCOME] = &record_attempt_outcome,
	[CHANGE_JOURNAL] = &record_journal,
	[CHANGE_IDEM] = &record_idem,
	[CHANGE_INSTANCE] = &record_instance,
	[CHANGE_CURSOR] = &record_cursor,
	[CHANGE_API_KEY] = &record_api_key,
	[CHANGE_API_KEY_DELETE] = &record_api_key_name,
	[CHANGE_DEATH] = &record_death,
	[CHANGE_INCIDENT] = &record_incident,
	[CHANGE_PAUSE] = &record_pause,
	[CHANGE_BULK] = &record_bulk,
	[CHANGE_PAUSE_DELETE] = &record_pause_name,
	[CHANGE_ALERT] = &record_alert,
	[CHANGE_ALERT_DELETE] = &record_alert_name,
	[CHANGE_BULK_DELETE] = &record_bulk_name,
	[CHANGE_QR_LINK] = &record_qr_link,
	[CHANGE_QR_LINK_DELETE] = &record_account_key,
	[CHANGE_ENDPOINT] = &record_endpoint,
	[CHANGE_ENDPOINT_DELETE] = &record_endpoint_name,
	[CHANGE_DEAD_LETTER] = &record_dead_letter,
	[CHANGE_DEAD_LETTER_DELETE] = &record_dead_letter_key,
};

struct commit *commit_new(struct store *s)
{
	struct commit *c = calloc(1, sizeof *c);

	(void)s; /* another store may want to know whose commit it is */
	if (c != NULL)
		buf_init(&c->changes, COMMIT_BYTES_MAX);
	return c;
}

void commit_free(struct commit **c)
{
	if (*c == NULL)
		return;
	buf_fini(&(*c)->changes);
	free(*c);
	*c = NULL;
}

void commit_free_all(struct commit **list)
{
	while (*list != NULL) {
		struct commit *c = *list;

		DL_DELETE(*list, c);
		commit_free(&c);
	}
}

bool commit_is_empty(const struct commit *c)
{
	return c == NULL || c->n_changes == 0;
}

static void add(struct commit *c, enum change_kind kind, const void *record)
{
	if (c == NULL || c->failed != 0)
		return;
	c->failed = buf_byte(&c->changes, (char)kind);
	if (c->failed == 0)
		c->failed = record_pack(&c->changes, types[kind], record);
	c->n_changes++;
	c->latest_ms = MAX_OF(c->latest_ms, record_latest(types[kind], record));
}

void commit_account(struct commit *c, const struct account_record *r)
{
	add(c, CHANGE_ACCOUNT, r);
	if (c != NULL)
		c->last_row = MAX_OF(c->last_row, r->row);
}

void commit_account_delete(struct commit *c, uint64_t row)
{
	add(c, CHANGE_ACCOUNT_DELETE, &(struct account_key){ .row = row });
}

void commit_attempt(struct commit *c, const struct attempt_record *r)
{
	must(r->state == ATTEMPT_OPEN);
	add(c, CHANGE_ATTEMPT, r);
}

void commit_attempt_close(struct commit *c, uint64_t row, uint64_t generation,
			  enum attempt_state state, uint64_t at)
{
	must(state == ATTEMPT_ABANDONED || state == ATTEMPT_GONE);
	add(c, CHANGE_ATTEMPT_CLOSE, &(struct attempt_close){ row, generation, at, state });
}

void commit_attempt_outcome(struct commit *c, const struct attempt_outcome *outcome)
{
	add(c, CHANGE_ATTEMPT_OUTCOME, outcome);
}

void commit_journal(struct commit *c, const struct journal_record *r)
{
	add(c, CHANGE_JOURNAL, r);
	if (c != NULL)
		c->last_seq = MAX_OF(c->last_seq, r->seq);
}

void commit_idem(struct commit *c, const struct idem_record *r)
{
	add(c, CHANGE_IDEM, r);
}

void commit_api_key(struct commit *c, const struct api_key_record *r)
{
	add(c, CHANGE_API_KEY, r);
}

void commit_api_key_delete(struct commit *c, struct str id)
{
	add(c, CHANGE_API_KEY_DELETE, &(struct api_key_name){ .id = id });
}

void commit_qr_link(struct commit *c, const struct qr_link_record *r)
{
	add(c, CHANGE_QR_LINK, r);
}

void commit_qr_link_delete(struct commit *c, uint64_t row)
{
	add(c, CHANGE_QR_LINK_DELETE, &(struct account_key){ .row = row });
}

void commit_instance(struct commit *c, const struct instance_record *r)
{
	add(c, CHANGE_INSTANCE, r);
}

void commit_cursor(struct commit *c, const struct cursor_record *r)
{
	add(c, CHANGE_CURSOR, r);
}

void commit_incident(struct commit *c, const struct incident_record *r)
{
	add(c, CHANGE_INCIDENT, r);
}

void commit_death(struct commit *c, const struct death_record *r)
{
	add(c, CHANGE_DEATH, r);
}

void commit_pause(struct commit *c, const struct pause_record *r)
{
	add(c, CHANGE_PAUSE, r);
}

void commit_pause_delete(struct commit *c, uint8_t scope, struct str name)
{
	add(c, CHANGE_PAUSE_DELETE, &(struct pause_name){ .scope = scope, .name = name });
}

void commit_alert(struct commit *c, const struct alert_record *r)
{
	add(c, CHANGE_ALERT, r);
}

void commit_alert_delete(struct commit *c, uint8_t kind, struct str subject)
{
	add(c, CHANGE_ALERT_DELETE, &(struct alert_name){ .kind = kind, .subject = subject });
}

void commit_bulk(struct commit *c, const struct bulk_record *r)
{
	add(c, CHANGE_BULK, r);
}

void commit_bulk_delete(struct commit *c, struct str id)
{
	add(c, CHANGE_BULK_DELETE, &(struct bulk_name){ .id = id });
}

void commit_endpoint(struct commit *c, const struct endpoint_record *r)
{
	add(c, CHANGE_ENDPOINT, r);
}

void commit_endpoint_delete(struct commit *c, struct str id)
{
	add(c, CHANGE_ENDPOINT_DELETE, &(struct endpoint_name){ .id = id });
}

void commit_dead_letter(struct commit *c, const struct dead_letter *r)
{
	add(c, CHANGE_DEAD_LETTER, r);
}

void commit_dead_letter_delete(struct commit *c, struct str endpoint, uint64_t seq)
{
	add(c, CHANGE_DEAD_LETTER_DELETE, &(struct dead_letter_key){ endpoint, seq });
}

bool commit_next(const struct commit *c, size_t *at, struct change *ret_change)
{
	const char *p;

	if (*at == c->changes.n)
		return false;
	p = c->changes.p + *at;
	ret_change->kind = (enum change_kind)p[0];
	must(ret_change->kind < CHANGE_KINDS);
	*at += 1 + record_unpack(types[ret_change->kind], p + 1, &ret_change->account);
	return true;
}
