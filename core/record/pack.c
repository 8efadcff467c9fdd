/* pack.c - see pack.h. */
#include "record/pack.h"

#define SET 64 /* members in one set: the bits of a number */

void pack_u64(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_byte(b, (char)(0x80 | (v & 0x7f)));
	buf_byte(b, (char)v);
}

void pack_text(struct buf *b, struct str s)
{
	pack_u64(b, s.n);
	buf_str(b, s);
}

void pack_values(struct buf *b, const struct values *values, const struct values *base, unsigned n)
{
	for (unsigned at = 0; at < n; at += SET) {
		uint64_t set = 0;

		for (unsigned i = 0; i < SET && at + i < n; i++) {
			if (values->v[at + i] != (base != NULL ? base->v[at + i] : 0))
				set |= 1ull << i;
		}
		pack_u64(b, set);
		for (unsigned i = 0; i < SET && at + i < n; i++) {
			if ((set >> i & 1) != 0)
				pack_u64(b, values->v[at + i]);
		}
	}
}

uint64_t unpack_u64(struct unpack *u)
{
	uint64_t v = 0;

	for (unsigned shift = 0; !u->bad && u->p < u->end && shift < 64; shift += 7) {
		uint64_t byte = *u->p++;

		if (shift == 63 && byte > 1)
			break;
		v |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	u->bad = true;
	return 0;
}

struct str unpack_text(struct unpack *u, size_t max)
{
	uint64_t n = unpack_u64(u);
	struct str s;

	if (u->bad || n > max || n > (uint64_t)(u->end - u->p)) {
		u->bad = true;
		return STR_NONE;
	}
	s = (struct str){ (const char *)u->p, (size_t)n };
	u->p += n;
	for (size_t i = 0; i < s.n; i++)
		u->bad = u->bad || s.p[i] <= 0x20 || s.p[i] >= 0x7f;
	return u->bad ? STR_NONE : s;
}

void unpack_values(struct unpack *u, struct values *values, unsigned n)
{
	for (unsigned at = 0; at < n && !u->bad; at += SET) {
		unsigned here = n - at < SET ? n - at : SET;
		uint64_t set = unpack_u64(u);

		if (here < SET && set >> here != 0)
			u->bad = true;
		for (unsigned i = 0; i < here && !u->bad; i++) {
			if ((set >> i & 1) != 0)
				values->v[at + i] = unpack_u64(u);
		}
	}
}
