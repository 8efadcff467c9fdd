/*
 * qr_links.c - links that show one account's QR code, held by the account and by what is in their URL.
 *
 * An account has one link at most; a new one takes the place of the old.  It is for one login: it ends
 * when the account is connected, by whatever way.  What has ended stays until it is in the way, so that
 * the page behind it can say what became of it.
 */
#include <stdlib.h>

#include "base/killpoint.h"
#include "engine/state.h"

/* So long after its end a page is told what became of it, where room is not needed before. */
#define REMEMBERED_MS (24ull * 60 * 60 * 1000)
/* Old ones that one new link clears away. */
#define CLEARED_AT_ONCE 4

struct qr_link {
	struct qr_link_record r;
	UT_hash_handle hh;        /* by row; in the order in which they were made */
	UT_hash_handle hh_digest; /* by r.digest */
};

static struct qr_link *of_row(const struct engine *e, uint64_t row)
{
	struct qr_link *l;

	HASH_FIND(hh, e->links, &row, sizeof row, l);
	return l;
}

static struct qr_link *of_digest(const struct engine *e, const uint8_t digest[32])
{
	struct qr_link *l;

	HASH_FIND(hh_digest, e->links_by_digest, digest, 32, l);
	return l;
}

static struct qr_link *add(struct engine *e, const struct qr_link_record *r)
{
	struct qr_link *l = malloc(sizeof *l);

	if (l == NULL)
		return NULL;
	l->r = *r;
	HASH_ADD(hh, e->links, r.row, sizeof l->r.row, l);
	HASH_ADD(hh_digest, e->links_by_digest, r.digest, sizeof l->r.digest, l);
	return l;
}

static void drop(struct engine *e, struct qr_link *l)
{
	HASH_DELETE(hh, e->links, l);
	HASH_DELETE(hh_digest, e->links_by_digest, l);
	explicit_bzero(&l->r, sizeof l->r);
	free(l);
}

int qr_link_load(struct engine *e, const struct qr_link_record *r)
{
	if (member_by_row(e, r->row) == NULL)
		return 0;
	return add(e, r) != NULL ? 0 : ERR_NOMEM;
}

void qr_links_free(struct engine *e)
{
	while (e->links != NULL)
		drop(e, e->links);
}

static bool is_over(const struct engine *e, const struct qr_link *l, uint64_t since_ms)
{
	return l->r.expires_at + since_ms <= e->now;
}

static void forget(struct engine *e, struct qr_link *l)
{
	commit_qr_link_delete(batch_commit(e), l->r.row);
	drop(e, l);
}

/* The oldest are looked at first.  When there are as many as may be, those that open nothing any more
 * go at once. */
static bool make_room(struct engine *e)
{
	unsigned cleared = 0;

	for (struct qr_link *l = e->links, *next; l != NULL && cleared < CLEARED_AT_ONCE;
	     l = next, cleared++) {
		next = l->hh.next;
		if (is_over(e, l, REMEMBERED_MS))
			forget(e, l);
	}
	if (HASH_COUNT(e->links) < LIMIT_QR_LINKS)
		return true;
	for (struct qr_link *l = e->links; l != NULL; l = l->hh.next) {
		if (l->r.ended != LINK_NOT_ENDED || is_over(e, l, 0)) {
			forget(e, l);
			return true;
		}
	}
	return false;
}

/* What happened to it, for the timeline and the stream.  The token is not known here. */
static void tell(struct engine *e, struct member *m, const char *what)
{
	account_journal(e, m, JOURNAL_QR_LINK, !member_is_deleted(m), str_of(what), STR_NONE);
	LOG(INFO, ENGINE, "qr_link", f_text("account", m->id), f_text("what", what));
}

static void accept(struct engine *e, struct command **c, const struct member *m, bool created)
{
	struct command_result done = { .account = str_of(m->id), .created = created };

	command_remember(e, *c, m);
	batch_reply(e, c, &done);
}

static bool has_nothing_to_scan(struct engine *e, const struct member *m, struct command **c)
{
	if (!account_has_login(&m->a))
		return false;
	command_refuse(
	    e, c, ERR_STATE, "login_would_be_lost",
	    "account \"%s\" has a login that may still be good, so there is nothing to scan; ask "
	    "for a new code with POST /v1/accounts/%s/qr {\"force\":true} first, if it shall be "
	    "given up",
	    m->id, m->id);
	return true;
}

void qr_link_create(struct engine *e, struct member *m, struct command *c)
{
	struct qr_link_record r = { .row = m->row,
				    .created_at = e->now,
				    .expires_at = c->key_expires_at };
	struct qr_link *old = of_row(e, m->row);
	bool replaces = old != NULL;

	memcpy(r.digest, c->key_digest, sizeof r.digest);
	if (has_nothing_to_scan(e, m, &c))
		return;
	if (replaces)
		drop(e, old); /* its row is written over */
	else if (!make_room(e)) {
		command_refuse(
		    e, &c, ERR_FULL, "too_many_links",
		    "%d links are open, which is as many as there may be; revoke some, or "
		    "wait until they expire",
		    LIMIT_QR_LINKS);
		return;
	}
	if (add(e, &r) == NULL) {
		if (replaces)
			commit_qr_link_delete(batch_commit(e), m->row);
		command_refuse(e, &c, ERR_NOMEM, "overloaded", "no memory for a link; try again");
		return;
	}
	commit_qr_link(batch_commit(e), &r);
	tell(e, m, "it was made");
	KP("engine.link.created");
	accept(e, &c, m, true);
}

static void end(struct engine *e, struct member *m, enum link_end how, const char *what)
{
	struct qr_link *l = of_row(e, m->row);

	if (l == NULL || l->r.ended != LINK_NOT_ENDED)
		return;
	l->r.ended = (uint8_t)how;
	commit_qr_link(batch_commit(e), &l->r);
	if (!is_over(e, l, 0))
		tell(e, m, what);
}

/* Twice is fine, and so is one that was never made: it is the end that is wanted. */
void qr_link_revoke(struct engine *e, struct member *m, struct command *c)
{
	end(e, m, LINK_REVOKED, "it was revoked");
	accept(e, &c, m, false);
}

void qr_link_connected(struct engine *e, struct member *m)
{
	end(e, m, LINK_CONNECTED, "it has done its work: the account is connected");
}

void qr_link_forget(struct engine *e, struct member *m)
{
	struct qr_link *l = of_row(e, m->row);

	if (l != NULL)
		forget(e, l);
}

/* The first who comes has it; the same again is told so, too. */
void qr_link_open(struct engine *e, struct command *c)
{
	static const uint8_t nobody[32];
	struct qr_link *l = of_digest(e, c->key_digest);
	struct member *m = l != NULL ? member_by_row(e, l->r.row) : NULL;

	if (m == NULL || member_is_deleted(m) || l->r.ended != LINK_NOT_ENDED || is_over(e, l, 0)) {
		command_refuse(e, &c, ERR_NOTFOUND, "not_found", "this link opens nothing");
		return;
	}
	if (memcmp(l->r.visitor, nobody, sizeof nobody) != 0) {
		command_refuse(e, &c, ERR_EXISTS, "forbidden", "somebody has opened it already");
		return;
	}
	memcpy(l->r.visitor, c->visitor_digest, sizeof l->r.visitor);
	l->r.opened_at = e->now;
	commit_qr_link(batch_commit(e), &l->r);
	tell(e, m, "somebody opened it");
	KP("engine.link.opened");
	accept(e, &c, m, false);
}

bool qr_link_view(const struct engine *e, const uint8_t digest[32], struct qr_link_view *v)
{
	const struct qr_link *l = of_digest(e, digest);
	const struct member *m = l != NULL ? e->rows[l->r.row] : NULL;

	if (m == NULL || member_is_deleted(m))
		return false;
	*v = (struct qr_link_view){ .account = str_of(m->id),
				    .visitor = l->r.opened_at != 0 ? l->r.visitor : NULL,
				    .expires_at = l->r.expires_at,
				    .ended = (enum link_end)l->r.ended };
	return true;
}
