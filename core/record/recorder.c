/* recorder.c - see recorder.h. */
#include "record/recorder.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/obj.h"
#include "record/pack.h"

#define RECORDER_MAGIC 0x52454344u
#define CHUNK_MAX      (4u << 20)

struct chunk {
	struct buf bytes;
	bool begins;
	uint64_t steps;
};

struct recorder {
	unsigned magic;
	struct recorder_options o;
	size_t limit;
	struct chunk filling, out; /* out: at whoever writes */
	bool is_out;
	uint64_t file_bytes; /* of the file that `filling` goes to, without it */
	struct buf scratch;  /* one record */
	unsigned char *told; /* by row: this part has the account */
	uint64_t told_rows;
	struct {
		bool told;
		struct values v;
	} policies[RECORDER_POLICIES];
	uint64_t missing; /* steps that a gap has to tell of */
	struct recorder_stats stats;
};

static size_t chunk_limit(const struct recorder_options *o)
{
	return (size_t)MIN_OF(o->file_bytes / 4, (uint64_t)CHUNK_MAX);
}

/* The file stays within its size: recorder_take begins another one in time. */
bool recorder_fits(const struct recorder_options *o, uint64_t file_bytes)
{
	return file_bytes + 2 * (uint64_t)chunk_limit(o) <= o->file_bytes;
}

static void forget_all(struct recorder *r)
{
	if (r->told != NULL)
		memset(r->told, 0, (size_t)(r->told_rows / 8));
	for (unsigned i = 0; i < RECORDER_POLICIES; i++)
		r->policies[i].told = false;
}

/* The record in scratch, whole or not at all. */
static bool append(struct recorder *r)
{
	struct buf *to = &r->filling.bytes;
	size_t before = to->n;

	if (r->scratch.failed == 0) {
		pack_u64(to, r->scratch.n);
		buf_str(to, buf_all(&r->scratch));
	}
	if (r->scratch.failed == 0 && to->failed == 0)
		return true;
	to->n = before;
	to->failed = 0;
	return false;
}

static struct buf *begin_record(struct recorder *r, enum record_kind kind)
{
	buf_reset(&r->scratch);
	buf_byte(&r->scratch, (char)kind);
	return &r->scratch;
}

static bool tell_gap(struct recorder *r)
{
	if (r->missing == 0)
		return true;
	pack_u64(begin_record(r, RECORD_GAP), r->missing);
	if (!append(r))
		return false;
	r->missing = 0;
	return true;
}

static bool tell_header(struct recorder *r)
{
	struct buf *b = begin_record(r, RECORD_HEADER);

	pack_u64(b, RECORD_VERSION);
	pack_text(b, STR(RELINK_VERSION));
	pack_u64(b, clock_ms());
	for (unsigned of = 0; of < OF_COUNT; of++) {
		pack_u64(b, values_count(of));
		for (unsigned i = 0; i < values_count(of); i++)
			pack_text(b, str_of(values_name(of, i)));
	}
	return append(r);
}

/* Without memory it is tried again with the next step. */
static void begin_part(struct recorder *r)
{
	forget_all(r);
	buf_reset(&r->filling.bytes);
	r->filling.steps = 0;
	r->filling.begins =
	    buf_add(&r->filling.bytes, RECORD_MAGIC, RECORD_MAGIC_SIZE) == 0 && tell_header(r);
	if (!r->filling.begins)
		buf_reset(&r->filling.bytes);
}

int recorder_new(struct recorder **ret_recorder, const struct recorder_options *o)
{
	struct recorder *r = calloc(1, sizeof *r);

	if (r == NULL)
		return ERR_NOMEM;
	OBJ_INIT(r, RECORDER_MAGIC);
	r->o = *o;
	r->limit = chunk_limit(o);
	buf_init(&r->filling.bytes, r->limit);
	buf_init(&r->out.bytes, r->limit);
	buf_init(&r->scratch, RECORD_MAX);
	begin_part(r);
	*ret_recorder = r;
	return 0;
}

void recorder_free(struct recorder **recorder)
{
	struct recorder *r = *recorder;

	if (r == NULL)
		return;
	OBJ_CHECK(r, RECORDER_MAGIC);
	buf_fini(&r->filling.bytes);
	buf_fini(&r->out.bytes);
	buf_fini(&r->scratch);
	free(r->told);
	OBJ_FINI(r);
	free(r);
	*recorder = NULL;
}

static bool is_told(const struct recorder *r, uint64_t row)
{
	return row < r->told_rows && (r->told[row / 8] >> (row % 8) & 1) != 0;
}

static bool note_told(struct recorder *r, uint64_t row)
{
	if (row >= r->told_rows) {
		uint64_t rows = (row + row / 2 + 8192) / 8 * 8;
		unsigned char *more = realloc(r->told, (size_t)(rows / 8));

		if (more == NULL)
			return false;
		memset(more + r->told_rows / 8, 0, (size_t)((rows - r->told_rows) / 8));
		r->told = more;
		r->told_rows = rows;
	}
	r->told[row / 8] |= (unsigned char)(1u << (row % 8));
	return true;
}

void recorder_forget(struct recorder *r, uint64_t row)
{
	if (r != NULL && row < r->told_rows)
		r->told[row / 8] &= (unsigned char)~(1u << (row % 8));
}

static bool tell_policy(struct recorder *r, const struct recorder_step *s)
{
	unsigned n = values_count(OF_POLICY);
	struct values v;
	struct buf *b;

	if (s->policy >= RECORDER_POLICIES)
		return false;
	values_of_policy(&v, s->p);
	if (r->policies[s->policy].told &&
	    memcmp(v.v, r->policies[s->policy].v.v, n * sizeof v.v[0]) == 0)
		return true;
	b = begin_record(r, RECORD_POLICY);
	pack_u64(b, s->policy);
	pack_text(b, s->provider);
	pack_values(b, &v, NULL, n);
	if (!append(r))
		return false;
	r->policies[s->policy].told = true;
	memcpy(r->policies[s->policy].v.v, v.v, n * sizeof v.v[0]);
	return true;
}

static bool tell_account(struct recorder *r, const struct recorder_step *s,
			 const struct values *before)
{
	struct buf *b;

	if (is_told(r, s->row))
		return true;
	b = begin_record(r, RECORD_ACCOUNT);
	pack_u64(b, s->row);
	pack_text(b, r->o.ids ? s->id : STR_NONE);
	pack_values(b, before, NULL, values_count(OF_ACCOUNT));
	return append(r) && note_told(r, s->row);
}

static bool tell_step(struct recorder *r, const struct recorder_step *s,
		      const struct values *before)
{
	unsigned n = values_count(OF_ACCOUNT);
	struct buf *b = begin_record(r, RECORD_STEP);
	struct values v;

	pack_u64(b, s->row);
	pack_u64(b, s->policy);
	pack_u64(b, values_digest(before, n));
	values_of_event(&v, s->event);
	pack_values(b, &v, NULL, values_count(OF_EVENT));
	values_of_effects(&v, s->fx);
	pack_values(b, &v, NULL, values_count(OF_EFFECTS));
	values_of_account(&v, s->after);
	pack_values(b, &v, before, n);
	return append(r);
}

void recorder_step(struct recorder *r, const struct recorder_step *s)
{
	struct values before;
	bool begun;

	OBJ_CHECK(r, RECORDER_MAGIC);
	if (r->filling.bytes.n == 0 && r->file_bytes == 0)
		begin_part(r);
	begun = r->filling.begins || r->file_bytes > 0;
	values_of_account(&before, s->before);
	if (begun && tell_gap(r) && tell_policy(r, s) && tell_account(r, s, &before) &&
	    tell_step(r, s, &before)) {
		r->filling.steps++;
		r->stats.steps++;
		return;
	}
	if (r->missing == 0)
		forget_all(r); /* else it is done, and costs a byte for eight accounts */
	r->missing++;
	r->stats.lost++;
}

bool recorder_take(struct recorder *r, struct recorder_chunk *ret_chunk)
{
	struct chunk taken = r->filling;

	OBJ_CHECK(r, RECORDER_MAGIC);
	if (r->is_out || r->filling.bytes.n == 0)
		return false;
	r->filling = r->out;
	r->out = taken;
	r->is_out = true;
	buf_reset(&r->filling.bytes);
	r->filling.steps = 0;
	r->filling.begins = false;
	r->file_bytes += taken.bytes.n;
	if (r->file_bytes + r->limit > r->o.file_bytes) {
		r->file_bytes = 0;
		begin_part(r);
	}
	*ret_chunk = (struct recorder_chunk){ buf_all(&r->out.bytes), taken.begins };
	return true;
}

void recorder_kept(struct recorder *r, uint64_t file_bytes)
{
	OBJ_CHECK(r, RECORDER_MAGIC);
	r->is_out = false;
	r->stats.bytes += r->out.bytes.n;
	if (!r->filling.begins)
		r->file_bytes = file_bytes;
}

static void drop(struct recorder *r, const struct chunk *c)
{
	r->missing += c->steps;
	r->stats.lost += c->steps;
	r->stats.steps -= c->steps;
}

void recorder_skip(struct recorder *r)
{
	OBJ_CHECK(r, RECORDER_MAGIC);
	drop(r, &r->filling);
	r->file_bytes = 0;
	begin_part(r);
}

void recorder_lost(struct recorder *r)
{
	OBJ_CHECK(r, RECORDER_MAGIC);
	r->is_out = false;
	drop(r, &r->out);
	recorder_skip(r);
}

void recorder_stats(const struct recorder *r, struct recorder_stats *ret_stats)
{
	*ret_stats = r->stats;
}
