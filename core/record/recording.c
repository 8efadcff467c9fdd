/* recording.c - see recording.h. */
#include "record/recording.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/err.h"
#include "base/obj.h"
#include "record/pack.h"
#include "record/recorder.h"

#define RECORDING_MAGIC 0x5245434fu
#define NAME_MAX_BYTES  48

/* A struct's members in the order of the part, and where they are in this build. */
struct layout {
	unsigned n;
	int at[VALUES_MAX]; /* -1: unknown here */
	char strangers[VALUES_MAX][NAME_MAX_BYTES + 1];
	unsigned n_strangers;
	bool known[VALUES_MAX]; /* of our members */
};

struct known {
	UT_hash_handle hh;
	uint64_t row;
	char id[65];
	uint64_t v[]; /* in the order of the part */
};

struct recording {
	unsigned magic;
	struct str bytes;
	size_t at;
	bool in_part;
	struct layout layouts[OF_COUNT];
	struct {
		bool told;
		struct str provider;
		struct policy p;
	} policies[RECORDER_POLICIES];
	struct known *accounts;
};

int recording_open(struct recording **ret_recording, struct str bytes)
{
	struct recording *r = calloc(1, sizeof *r);

	if (r == NULL)
		return ERR_NOMEM;
	OBJ_INIT(r, RECORDING_MAGIC);
	r->bytes = bytes;
	*ret_recording = r;
	return 0;
}

static void forget(struct recording *r, uint64_t row)
{
	struct known *k;

	HASH_FIND(hh, r->accounts, &row, sizeof row, k);
	if (k == NULL)
		return;
	HASH_DEL(r->accounts, k);
	free(k);
}

static void forget_all(struct recording *r)
{
	struct known *k, *next;

	HASH_ITER(hh, r->accounts, k, next)
	{
		HASH_DEL(r->accounts, k);
		free(k);
	}
	for (unsigned i = 0; i < RECORDER_POLICIES; i++)
		r->policies[i].told = false;
}

void recording_close(struct recording **recording)
{
	struct recording *r = *recording;

	if (r == NULL)
		return;
	OBJ_CHECK(r, RECORDING_MAGIC);
	forget_all(r);
	OBJ_FINI(r);
	free(r);
	*recording = NULL;
}

const char *recording_stranger(const struct recording *r, enum values_of of, unsigned n)
{
	return n < r->layouts[of].n_strangers ? r->layouts[of].strangers[n] : NULL;
}

/* ---- layouts ---- */

static int member_at(enum values_of of, struct str name)
{
	for (unsigned i = 0; i < values_count(of); i++) {
		if (str_is(name, values_name(of, i)))
			return (int)i;
	}
	return -1;
}

static void read_layout(struct unpack *u, enum values_of of, struct layout *l)
{
	uint64_t n = unpack_u64(u);

	memset(l, 0, sizeof *l);
	if (n > VALUES_MAX)
		u->bad = true;
	for (unsigned i = 0; i < n && !u->bad; i++) {
		struct str name = unpack_text(u, NAME_MAX_BYTES);
		int at = member_at(of, name);

		if (at >= 0 && l->known[at])
			u->bad = true; /* twice */
		l->at[i] = at;
		if (at >= 0)
			l->known[at] = true;
		else
			str_copy(l->strangers[l->n_strangers++], NAME_MAX_BYTES + 1, name);
	}
	l->n = u->bad ? 0 : (unsigned)n;
}

/* What the part doesn't have is zero here. */
static struct values to_ours(const struct layout *l, const uint64_t *v)
{
	struct values ours = { { 0 } };

	for (unsigned i = 0; i < l->n; i++) {
		if (l->at[i] >= 0)
			ours.v[l->at[i]] = v[i];
	}
	return ours;
}

static struct values read_values(struct unpack *u, const struct layout *l)
{
	struct values theirs = { { 0 } };

	unpack_values(u, &theirs, l->n);
	return to_ours(l, theirs.v);
}

/* ---- records ---- */

/* What was told before is as long as the layouts before said. */
static bool read_header(struct recording *r, struct unpack *u, struct recorded *item)
{
	forget_all(r);
	if (unpack_u64(u) != RECORD_VERSION)
		u->bad = true;
	item->version = unpack_text(u, 64);
	item->time = unpack_u64(u);
	for (unsigned of = 0; of < OF_COUNT; of++)
		read_layout(u, of, &r->layouts[of]);
	item->kind = RECORDED_PART;
	return !u->bad;
}

static bool read_policy(struct recording *r, struct unpack *u)
{
	uint64_t n = unpack_u64(u);
	struct str provider = unpack_text(u, 64);
	struct values v = read_values(u, &r->layouts[OF_POLICY]);

	if (u->bad || n >= RECORDER_POLICIES)
		return false;
	r->policies[n].told = values_to_policy(&v, &r->policies[n].p);
	r->policies[n].provider = provider;
	return r->policies[n].told;
}

static int read_account(struct recording *r, struct unpack *u)
{
	const struct layout *l = &r->layouts[OF_ACCOUNT];
	uint64_t row = unpack_u64(u);
	struct str id = unpack_text(u, 64);
	struct values theirs = { { 0 } }, ours;
	struct account a;
	struct known *k;

	unpack_values(u, &theirs, l->n);
	ours = to_ours(l, theirs.v);
	if (u->bad || !values_to_account(&ours, &a))
		return ERR_CORRUPT;
	forget(r, row);
	k = malloc(sizeof *k + l->n * sizeof k->v[0]);
	if (k == NULL)
		return ERR_NOMEM;
	k->row = row;
	str_copy(k->id, sizeof k->id, id);
	memcpy(k->v, theirs.v, l->n * sizeof k->v[0]);
	HASH_ADD(hh, r->accounts, row, sizeof k->row, k);
	return 0;
}

/* False: nothing to tell, its account is not known since something before was lost. */
static int read_step(struct recording *r, struct unpack *u, struct recorded *item)
{
	const struct layout *l = &r->layouts[OF_ACCOUNT];
	uint64_t policy, digest;
	struct values theirs = { { 0 } }, event;
	struct account after;
	struct effects fx;
	struct known *k;

	item->row = unpack_u64(u);
	policy = unpack_u64(u);
	digest = unpack_u64(u);
	event = read_values(u, &r->layouts[OF_EVENT]);
	item->effects = read_values(u, &r->layouts[OF_EFFECTS]);
	HASH_FIND(hh, r->accounts, &item->row, sizeof item->row, k);
	if (k == NULL)
		return u->bad ? ERR_CORRUPT : 0;
	memcpy(theirs.v, k->v, l->n * sizeof k->v[0]);
	item->before = (struct account){ 0 };
	item->after = to_ours(l, theirs.v);
	if (u->bad || policy >= RECORDER_POLICIES || !r->policies[policy].told ||
	    !values_to_event(&event, &item->event) ||
	    !values_to_account(&item->after, &item->before)) {
		forget(r, item->row);
		return ERR_CORRUPT;
	}
	item->policy = r->policies[policy].p;
	item->provider = r->policies[policy].provider;
	memcpy(item->id, k->id, sizeof item->id);
	if (values_digest(&theirs, l->n) != digest) {
		forget(r, item->row);
		item->kind = RECORDED_BREAK;
		return 1;
	}
	unpack_values(u, &theirs, l->n);
	if (u->bad || u->p != u->end) {
		forget(r, item->row);
		return ERR_CORRUPT;
	}
	item->after = to_ours(l, theirs.v);
	for (unsigned of = 0; of < OF_COUNT; of++)
		item->known[of] = r->layouts[of].known;
	item->kind = RECORDED_STEP;
	/* Compared as it is, but no next step can begin there. */
	(void)values_to_effects(&item->effects, &fx);
	if (values_to_account(&item->after, &after))
		memcpy(k->v, theirs.v, l->n * sizeof k->v[0]);
	else
		forget(r, item->row);
	return 1;
}

/* ---- reading ---- */

/* The next part, or the end. */
static void skip(struct recording *r, size_t from, struct recorded *item, const char *why)
{
	const char *p = from < r->bytes.n ? memmem(r->bytes.p + from, r->bytes.n - from,
						   RECORD_MAGIC, RECORD_MAGIC_SIZE)
					  : NULL;

	item->kind = RECORDED_DAMAGE;
	item->why = why;
	r->at = p != NULL ? (size_t)(p - r->bytes.p) : r->bytes.n;
	item->count = r->at - item->at;
	r->in_part = false;
	forget_all(r);
}

static bool at_magic(const struct recording *r)
{
	return r->bytes.n - r->at >= RECORD_MAGIC_SIZE &&
	       memcmp(r->bytes.p + r->at, RECORD_MAGIC, RECORD_MAGIC_SIZE) == 0;
}

/* One record; 0: nothing to tell. */
static int take(struct recording *r, enum record_kind kind, struct unpack *u, struct recorded *item)
{
	switch (kind) {
	case RECORD_HEADER:
		r->in_part = read_header(r, u, item);
		return r->in_part ? 1 : ERR_VERSION;
	case RECORD_POLICY:
		return read_policy(r, u) ? 0 : ERR_CORRUPT;
	case RECORD_ACCOUNT:
		return read_account(r, u);
	case RECORD_STEP:
		return read_step(r, u, item);
	case RECORD_GAP:
		item->kind = RECORDED_GAP;
		item->count = unpack_u64(u);
		forget_all(r);
		return u->bad ? ERR_CORRUPT : 1;
	}
	return ERR_FORMAT;
}

/* Whoever wrote it was ended in this record, and its successor went on behind that. */
static bool is_torn_by_next(const struct recording *r, size_t span)
{
	size_t left = r->bytes.n - r->at;

	span = MIN_OF(span, RECORD_MAX) + RECORD_MAGIC_SIZE - 1;
	return memmem(r->bytes.p + r->at, MIN_OF(span, left), RECORD_MAGIC, RECORD_MAGIC_SIZE) !=
	       NULL;
}

static int next_record(struct recording *r, struct recorded *item)
{
	struct unpack u = { (const unsigned char *)r->bytes.p + r->at,
			    (const unsigned char *)r->bytes.p + r->bytes.n, false };
	uint64_t n = unpack_u64(&u);
	size_t left = (size_t)(u.end - u.p), prefix = r->bytes.n - r->at - left;
	bool fits = !u.bad && n > 0 && n <= RECORD_MAX;
	int result;

	if (is_torn_by_next(r, prefix + (fits ? (size_t)n : 0)) || (fits && n > left) ||
	    (u.bad && left == 0)) {
		skip(r, item->at + 1, item, "a record is cut off");
		item->torn = true;
		return 1;
	}
	if (!fits) {
		skip(r, item->at + 1, item, "a record is damaged");
		return 1;
	}
	u.end = u.p + n;
	if (!r->in_part && *u.p != RECORD_HEADER) {
		skip(r, item->at + 1, item, "there is no header");
		return 1;
	}
	r->at = (size_t)((const char *)u.end - r->bytes.p);
	u.p++;
	result = take(r, u.p[-1], &u, item);
	if (result == ERR_VERSION) {
		skip(r, r->at, item, "the header is damaged, or of a format this build can't read");
		return 1;
	}
	if (result == ERR_FORMAT) {
		skip(r, r->at, item, "there is no such record");
		return 1;
	}
	if (result == ERR_CORRUPT) {
		item->kind = RECORDED_DAMAGE;
		item->why = "a record is damaged";
		item->count = r->at - item->at;
		return 1;
	}
	return result;
}

int recording_next(struct recording *r, struct recorded *item)
{
	OBJ_CHECK(r, RECORDING_MAGIC);
	for (;;) {
		int result;

		memset(item, 0, sizeof *item);
		item->at = r->at;
		if (r->at >= r->bytes.n)
			return 0;
		if (at_magic(r)) {
			forget_all(r);
			r->in_part = false;
			r->at += RECORD_MAGIC_SIZE;
		} else if (!r->in_part) {
			skip(r, r->at + 1, item, "no recording begins here");
			item->torn = r->at < r->bytes.n && item->count < RECORD_MAGIC_SIZE;
			return 1;
		}
		if (r->at >= r->bytes.n) {
			skip(r, r->at, item, "it ends behind its first bytes");
			item->torn = true;
			return 1;
		}
		result = next_record(r, item);
		if (result != 0)
			return result;
	}
}
