/*
 * line.h - one line of the journal: its text, and its fields.
 *
 *	1763287200123 1 create account=acc_1 session=mock_default_1763287200_1a2b3c4d gen=1 ...
 *
 * Milliseconds since the epoch, the backend's boot counter, a verb, then key=value.  In values
 * every byte outside 0x21..0x7e and '%' itself is written as %XX, so a line is plain ASCII, splits
 * at spaces, and a newline always ends it.
 */
#ifndef RELINK_MOCK_LINE_H
#define RELINK_MOCK_LINE_H
#include <stdbool.h>

#include "words.h"

/* No line is longer, its newline included. */
#define LINE_BYTES_MAX 65536u
#define LINE_FIELDS    24u

/* Bytes that grow.  `failed`: there was no memory, or a line became too long; then what is there is
 * not to be used. */
struct text {
	char *p;
	size_t n, room;
	size_t line; /* where the line under way began */
	bool failed;
};
void text_free(struct text *);
void text_reset(struct text *);

void line_start(struct text *, uint64_t at, uint64_t boot, const char *verb);
/* An empty value is left out: an absent key and an empty value are the same. */
void line_str(struct text *, const char *key, struct relink_str value);
void line_word(struct text *, const char *key, const char *value);
/* Written also when it is 0; use only where 0 says something. */
void line_u64(struct text *, const char *key, uint64_t value);
void line_stop(struct text *);

/* A parsed line.  Points into the text that it was parsed from, which was decoded in place. */
struct line {
	uint64_t at, boot;
	struct relink_str verb;
	struct {
		struct relink_str key, value;
	} field[LINE_FIELDS];
	unsigned n;
};
/* `text` without its newline; changed.  False when it is not a line in this form. */
bool line_parse(struct line *, char *text, size_t n);
/* Value of `key`, empty when absent. */
struct relink_str line_get(const struct line *, const char *key);
/* The same as a number; 0 when absent or no number. */
uint64_t line_number(const struct line *, const char *key);

#endif
