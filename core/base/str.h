/*
 * str.h - pointer and length, not NUL-terminated, never owning.
 *
 * A `struct str` is lent by whoever made it; keep bytes by copying them.  Text from outside may hold
 * any byte, so it travels in this form until an edge escapes it.
 */
#ifndef RELINK_BASE_STR_H
#define RELINK_BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){ (lit), sizeof(lit) - 1 })
#define STR_NONE ((struct str){ NULL, 0 })
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, ((s).p != NULL ? (s).p : "")

static inline struct str str_of(const char *z)
{
	return (struct str){ z, z != NULL ? strlen(z) : 0 };
}
static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool str_is(struct str a, const char *z)
{
	return str_eq(a, str_of(z));
}

/* Copy into `dst` of `size` bytes (1 or more), always NUL-terminated; false when it had to be cut. */
bool str_copy(char *dst, size_t size, struct str s);
/* A malloc'ed NUL-terminated copy; NULL when memory is out.  The caller frees it. */
char *str_dup(struct str s);
/* Whole string as a decimal number without sign or spaces, at most `max`. */
bool str_to_u64(struct str s, uint64_t max, uint64_t *ret_v);
/* Length of the well-formed UTF-8 sequence that begins at byte `at` < s.n; 0 when there is none. */
size_t str_utf8_at(struct str s, size_t at);
/* Well-formed UTF-8 (no overlong forms, surrogates, or code points above U+10FFFF). */
bool str_is_utf8(struct str s);
/* True when `s` has 1 to `max` bytes, all of [a-z0-9] or in `extra`, and begins with [a-z0-9]. */
bool str_is_id(struct str s, size_t max, const char *extra);
/* Equal in a time that depends on the lengths only; for keys and signatures. */
bool str_eq_secret(struct str a, struct str b);
/* FNV-1a, 64 bits; stable over releases because delays and spreads are derived from it. */
uint64_t str_hash(struct str s);

#endif
