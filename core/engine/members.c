/*
 * members.c - the table of accounts: found by row, by public id, by the session of an open life.
 *
 * A member's fixed texts share one block of memory and the changing ones have their own, because a
 * hundred thousand of them should fit into 64 MiB.
 */
#include <stdlib.h>

#include "engine/state.h"

/* Put `s` and a NUL at *room; the block's parts are NUL-terminated strings. */
static char *put(char **room, struct str s)
{
	char *z = *room;

	str_copy(z, s.n + 1, s);
	*room += s.n + 1;
	return z;
}

/* One block: id, workspace, provider, instance, label, metadata. */
static bool set_block(struct member *m, struct str id, struct str workspace, struct str provider,
		      struct str instance, struct str label, struct str metadata)
{
	size_t n = id.n + workspace.n + provider.n + instance.n + label.n + metadata.n + 6;
	char *room = malloc(n);

	if (room == NULL)
		return false;
	m->id = put(&room, id);
	m->workspace = put(&room, workspace);
	m->provider = put(&room, provider);
	put(&room, instance);
	m->label = put(&room, label);
	m->metadata = put(&room, metadata);
	return true;
}

const char *member_instance(const struct member *m)
{
	return m->provider + strlen(m->provider) + 1;
}

bool member_set(char **text, struct str v)
{
	char *copy = NULL;

	if (v.n > 0) {
		copy = str_dup(v);
		if (copy == NULL)
			return false;
	}
	free(*text);
	*text = copy;
	return true;
}

/* The index holds a pointer into the block, so the account leaves it while the block moves. */
static bool rewrite(struct engine *e, struct member *m, const char *instance, const char *label,
		    const char *metadata)
{
	bool indexed = m->hh_id.tbl != NULL;
	char *old = m->id;
	bool ok;

	if (indexed)
		HASH_DELETE(hh_id, e->by_id, m);
	ok = set_block(m, str_of(m->id), str_of(m->workspace), str_of(m->provider),
		       str_of(instance), str_of(label), str_of(metadata));
	if (ok)
		free(old);
	if (indexed)
		HASH_ADD_KEYPTR(hh_id, e->by_id, m->id, strlen(m->id), m);
	return ok;
}

bool member_describe(struct engine *e, struct member *m, const char *label, const char *metadata)
{
	return rewrite(e, m, member_instance(m), label != NULL ? label : m->label,
		       metadata != NULL ? metadata : m->metadata);
}

void member_leave(struct member *m)
{
	struct instance *i = m->instance;

	if (i != NULL) {
		i->accounts--;
		if (i->listing.last == m)
			i->listing.last = NULL;
		DL_DELETE2(i->members, m, i_prev, i_next);
	} else if (m->home != NULL) {
		m->home->n_homeless--;
		DL_DELETE2(m->home->homeless, m, i_prev, i_next);
	}
	m->instance = NULL;
	m->home = NULL;
}

void member_join(struct engine *e, struct member *m, struct instance *i)
{
	struct provider *p;

	m->instance = i;
	if (i != NULL) {
		i->accounts++;
		DL_APPEND2(i->members, m, i_prev, i_next);
		return;
	}
	p = provider_by_name(e, m->provider);
	if (p == NULL)
		return;
	m->home = p;
	p->n_homeless++;
	DL_APPEND2(p->homeless, m, i_prev, i_next);
}

bool member_rehouse(struct engine *e, struct member *m, struct instance *to)
{
	must(!m->a.open && m->a.state != ST_CLOSING);
	if (!rewrite(e, m, to->conf->id, m->label, m->metadata))
		return false;
	if (m->queued)
		queue_take(e, m);
	member_leave(m);
	m->mark = 0;
	member_join(e, m, to);
	return true;
}

/* Flags of the policy part as bits of one number; positions are stored, never reuse one. */
#define FLAGS(F)         \
	F(open, 0)       \
	F(person, 1)     \
	F(fresh, 2)      \
	F(fresh_next, 3) \
	F(was_up, 4)     \
	F(replaced, 5)   \
	F(seen, 6)

#define FLAG_OPEN 1u
#define FLAG_SICK (1u << 15) /* the member's, not the policy's */

static uint32_t flags_of(const struct account *a)
{
	uint32_t bits = 0;

#define F(name, bit) bits |= (uint32_t)a->name << (bit);
	FLAGS(F)
#undef F
	return bits;
}

static void set_flags(struct account *a, uint32_t bits)
{
#define F(name, bit) a->name = (bits >> (bit)) & 1u;
	FLAGS(F)
#undef F
}

void member_to_record(const struct member *m, struct account_record *ret_record)
{
	const struct account *a = &m->a;

	*ret_record = (struct account_record){
		.row = m->row,
		.id = str_of(m->id),
		.workspace = str_of(m->workspace),
		.provider = str_of(m->provider),
		.instance = str_of(member_instance(m)),
		.label = str_of(m->label),
		.metadata = str_of(m->metadata),
		.session = str_of(m->session),
		.profile = str_of(m->profile),
		.phone = str_of(m->phone),
		.reason = str_of(m->reason),
		.priority = a->priority,
		.want = a->want,
		.state = a->state,
		.after = a->after,
		.status = a->status,
		.cause = a->cause,
		.action = a->action,
		.profile_state = a->profile,
		.fails = a->fails,
		.profile_fails = a->profile_fails,
		.slow_step = a->slow_step,
		.waits = a->waits,
		.close_tries = a->close_tries,
		.forgotten = member_is_deleted(m),
		.flags = flags_of(a) | (m->sick ? FLAG_SICK : 0),
		.generation = a->generation,
		.rng = a->rng,
		.created_at = m->created_at,
		.since = a->since,
		.timer_at = a->timer_at,
		.minted_at = a->minted_at,
		.up_since = a->up_since,
		.blame_marks = m->blame.marks,
		.blamed_at = m->blame.at,
		.flap_gaps = a->flap.gaps,
		.flap_at = a->flap.at_s,
		.flap_step = a->flap.step,
	};
}

static bool record_is_sane(const struct account_record *r)
{
	bool lives = r->state == ST_STARTING || r->state == ST_QR || r->state == ST_AUTH ||
		     r->state == ST_UP;

	return r->state < ST_COUNT && r->status < STATUS_COUNT && r->cause < RELINK_CAUSE_COUNT &&
	       r->action < ACTION_COUNT && r->after <= AFTER_DELETE &&
	       r->profile_state <= PROFILE_DEAD && r->priority <= PRIORITY_LOW &&
	       r->generation < GENERATION_MAX && (r->flags & FLAG_OPEN) == (lives ? FLAG_OPEN : 0);
}

struct member *member_new(struct engine *e, const struct account_record *r, struct why *why)
{
	struct member *m;

	if (!record_is_sane(r)) {
		why_set(why, ERR_CORRUPT,
			"account \"%.*s\" has numbers that this version does not know; was the "
			"database written by a newer Relink?",
			STR_ARG(r->id));
		return NULL;
	}
	m = calloc(1, sizeof *m);
	if (m == NULL ||
	    !set_block(m, r->id, r->workspace, r->provider, r->instance, r->label, r->metadata)) {
		free(m);
		why_set(why, ERR_NOMEM, "no memory for account \"%.*s\"", STR_ARG(r->id));
		return NULL;
	}
	OBJ_INIT(m, MEMBER_MAGIC);
	m->row = r->row;
	m->created_at = r->created_at;
	m->timer = (struct timer){ { HEAP_NOWHERE }, TIMER_ACCOUNT };
	m->a = (struct account){ .generation = r->generation,
				 .rng = r->rng,
				 .since = r->since,
				 .timer_at = r->timer_at,
				 .minted_at = r->minted_at,
				 .up_since = r->up_since,
				 .want = r->want != 0,
				 .state = r->state,
				 .after = r->after,
				 .status = r->status,
				 .cause = r->cause,
				 .action = r->action,
				 .profile = r->profile_state,
				 .priority = r->priority,
				 .fails = r->fails,
				 .waits = r->waits,
				 .profile_fails = r->profile_fails,
				 .slow_step = r->slow_step,
				 .close_tries = r->close_tries,
				 .flap = { r->flap_gaps, r->flap_at, r->flap_step } };
	m->blame = (struct blame){ .marks = r->blame_marks, .at = r->blamed_at };
	set_flags(&m->a, r->flags);
	m->sick = (r->flags & FLAG_SICK) != 0;
	if (!member_set(&m->session, r->session) || !member_set(&m->profile, r->profile) ||
	    !member_set(&m->phone, r->phone) || !member_set(&m->reason, r->reason)) {
		why_set(why, ERR_NOMEM, "no memory for account \"%.*s\"", STR_ARG(r->id));
		member_free(e, &m);
	}
	return m;
}

/* Deleted, or on the way there: for the outside it does not exist. */
bool member_is_deleted(const struct member *m)
{
	return m->a.state == ST_DELETED || (m->a.state == ST_CLOSING && m->a.after == AFTER_DELETE);
}

static int rows_reach(struct engine *e, uint64_t row)
{
	uint64_t room = e->n_rows > 0 ? e->n_rows : 1024;
	struct member **rows;

	if (row < e->n_rows)
		return 0;
	while (room <= row)
		room *= 2;
	rows = realloc(e->rows, room * sizeof(struct member *));
	if (rows == NULL)
		return ERR_NOMEM;
	memset(rows + e->n_rows, 0, (room - e->n_rows) * sizeof(struct member *));
	e->rows = rows;
	e->n_rows = room;
	return 0;
}

int member_add(struct engine *e, struct member *m)
{
	int r = rows_reach(e, m->row);

	if (r < 0)
		return r;
	e->rows[m->row] = m;
	if (e->last_row < m->row)
		e->last_row = m->row;
	e->stats.accounts++;
	if (!member_is_deleted(m))
		HASH_ADD_KEYPTR(hh_id, e->by_id, m->id, strlen(m->id), m);
	member_join(e, m, m->instance);
	meter_place(e, m);
	return 0;
}

/* The id may be used again from now on; the row never is. */
void member_forget_id(struct engine *e, struct member *m)
{
	if (m->hh_id.tbl != NULL)
		HASH_DELETE(hh_id, e->by_id, m);
	m->hh_id.tbl = NULL;
}

void member_free(struct engine *e, struct member **member)
{
	struct member *m = *member;

	if (m == NULL)
		return;
	OBJ_CHECK(m, MEMBER_MAGIC);
	timer_set(e, &m->timer, 0);
	if (m->queued)
		queue_take(e, m);
	if (m->row < e->n_rows && e->rows[m->row] == m) {
		member_forget_id(e, m);
		meter_forget(e, m);
		if (m->hh_session.tbl != NULL)
			HASH_DELETE(hh_session, e->by_session, m);
		member_leave(m);
		e->rows[m->row] = NULL;
		e->stats.accounts--;
	}
	OBJ_FINI(m);
	free(m->id);
	free(m->session);
	free(m->profile);
	free(m->phone);
	free(m->lost_at);
	free(m->reason);
	free(m->qr);
	free(m->failures);
	free(m);
	*member = NULL;
}

struct member *member_by_row(struct engine *e, uint64_t row)
{
	return row < e->n_rows ? e->rows[row] : NULL;
}

struct member *member_by_id(struct engine *e, struct str id)
{
	struct member *m;

	HASH_FIND(hh_id, e->by_id, id.p, id.n, m);
	return m;
}

struct member *member_by_session(struct engine *e, struct str session)
{
	struct member *m;

	HASH_FIND(hh_session, e->by_session, session.p, session.n, m);
	return m;
}
