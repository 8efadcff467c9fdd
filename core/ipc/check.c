/*
 * check.c - walks the headers of one MessagePack value.
 *
 * Nodes are counted when a header claims them, not when they are met: claims of nested containers
 * add up, so no byte of the frame can pay for two nodes.
 */
#include "ipc/check.h"

#include <stdint.h>

#include "base/limits.h"

/* A container whose children are not all read. */
struct level {
	uint32_t left; /* children still to come; keys and values of a map each count */
	bool is_map;   /* then an even `left` means that a key comes next */
};

struct walk {
	const unsigned char *p;
	size_t n, at;
	uint64_t nodes; /* met and claimed so far */
	uint64_t owed;  /* claimed and not yet met */
	unsigned depth;
	struct level level[LIMIT_FRAME_DEPTH];
	struct why *why;
};

static int bad(struct walk *w, const char *what)
{
	return why_set(w->why, ERR_FORMAT, "byte %zu of the frame: %s", w->at, what);
}

/* The big-endian number of `size` bytes after the header byte at `at`; the caller looked that they
 * are there. */
static uint64_t number(const struct walk *w, size_t size)
{
	uint64_t v = 0;

	for (size_t i = 1; i <= size; i++)
		v = v << 8 | w->p[w->at + i];
	return v;
}

/* A header of 1 + `head` bytes, and then `body` bytes that hold no further header. */
static int skip(struct walk *w, size_t head, uint64_t body)
{
	size_t left = w->n - w->at - 1;

	if (head > left || body > left - head)
		return bad(w, "a value is longer than the frame");
	w->at += 1 + head + (size_t)body;
	return 0;
}

static int string(struct walk *w, size_t head)
{
	if (head > w->n - w->at - 1)
		return bad(w, "the frame ends in a header");
	return skip(w, head, number(w, head));
}

static int enter(struct walk *w, size_t head, uint64_t count, bool is_map)
{
	uint64_t children = is_map ? 2 * count : count;
	size_t left = w->n - w->at - 1 - head;

	if (w->depth == LIMIT_FRAME_DEPTH)
		return bad(w, "containers are nested too deep");
	if (w->owed + children > left)
		return bad(w, "a container claims more values than the frame has bytes");
	w->nodes += children;
	if (w->nodes > LIMIT_FRAME_NODES)
		return bad(w, "too many values in one frame");
	w->owed += children;
	w->level[w->depth++] = (struct level){ (uint32_t)children, is_map };
	w->at += 1 + head;
	return 0;
}

static int container(struct walk *w, size_t head, bool is_map)
{
	if (head > w->n - w->at - 1)
		return bad(w, "the frame ends in a header");
	return enter(w, head, number(w, head), is_map);
}

/* Take the header at `at` and everything that has no header of its own. */
static int step(struct walk *w)
{
	unsigned char c = w->p[w->at];

	switch (c) {
	case 0x00 ... 0x7f: /* small positive number */
	case 0xe0 ... 0xff: /* small negative number */
	case 0xc0:          /* nil */
	case 0xc2 ... 0xc3: /* false, true */
		return skip(w, 0, 0);
	case 0x80 ... 0x8f:
		return enter(w, 0, c & 0x0f, true);
	case 0x90 ... 0x9f:
		return enter(w, 0, c & 0x0f, false);
	case 0xa0 ... 0xbf:
		return skip(w, 0, c & 0x1f);
	case 0xca ... 0xcb: /* float: 4, 8 bytes */
		return skip(w, (size_t)4 << (c - 0xca), 0);
	case 0xcc ... 0xcf: /* unsigned: 1, 2, 4, 8 bytes */
		return skip(w, (size_t)1 << (c - 0xcc), 0);
	case 0xd0 ... 0xd3: /* signed: 1, 2, 4, 8 bytes */
		return skip(w, (size_t)1 << (c - 0xd0), 0);
	case 0xd9 ... 0xdb: /* string with a length of 1, 2, 4 bytes */
		return string(w, (size_t)1 << (c - 0xd9));
	case 0xdc ... 0xdd: /* array with a count of 2, 4 bytes */
		return container(w, (size_t)2 << (c - 0xdc), false);
	case 0xde ... 0xdf: /* map with a count of 2, 4 bytes */
		return container(w, (size_t)2 << (c - 0xde), true);
	case 0xc4 ... 0xc6:
		return bad(w, "binary data has no place in this protocol");
	case 0xc7 ... 0xc9:
	case 0xd4 ... 0xd8:
		return bad(w, "extension types have no place in this protocol");
	default:
		return bad(w, "0xc1 begins no value");
	}
}

static bool is_string(unsigned char c)
{
	return (c >= 0xa0 && c <= 0xbf) || (c >= 0xd9 && c <= 0xdb);
}

int check_value(struct str value, struct why *why)
{
	struct walk w = {
		.p = (const unsigned char *)value.p,
		.n = value.n,
		.nodes = 1,
		.owed = 1,
		.why = why,
	};

	while (w.owed > 0) {
		struct level *in;
		int r;

		if (w.at == w.n)
			return bad(&w, "the frame ends before its value");
		while (w.depth > 0 && w.level[w.depth - 1].left == 0)
			w.depth--;
		in = w.depth > 0 ? &w.level[w.depth - 1] : NULL;
		if (in != NULL) {
			if (in->is_map && in->left % 2 == 0 && !is_string(w.p[w.at]))
				return bad(&w, "the key of a map is not a string");
			in->left--;
		}
		w.owed--;
		r = step(&w);
		if (r < 0)
			return r;
	}
	if (w.at < w.n)
		return bad(&w, "bytes follow the value");
	return (int)w.nodes;
}
