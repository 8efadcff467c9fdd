/*
 * err.h - negative codes go up, the text for people is written where the error is born.
 *
 * A function that can fail returns 0 or more for success and one of these codes otherwise.  Those
 * whose failure a person should understand also take a `struct why *` and fill in one sentence that
 * names the object and the remedy.  Only the edge (engine, app, main) logs it.
 */
#ifndef RELINK_BASE_ERR_H
#define RELINK_BASE_ERR_H
#include <stdarg.h>
#include <stddef.h>

#define ERR_MAP(E)                                \
	E(NOMEM, 1, "out of memory")              \
	E(FULL, 2, "a bound is reached")          \
	E(TOOBIG, 3, "larger than its limit")     \
	E(FORMAT, 4, "malformed")                 \
	E(RANGE, 5, "outside its bounds")         \
	E(NOTFOUND, 6, "not found")               \
	E(EXISTS, 7, "exists already")            \
	E(STATE, 8, "not possible in this state") \
	E(BUSY, 9, "in use by somebody else")     \
	E(IO, 10, "input/output error")           \
	E(DISKFULL, 11, "the disk is full")       \
	E(FENCED, 12, "somebody else took over")  \
	E(TIMEOUT, 13, "took too long")           \
	E(CANCELLED, 14, "cancelled")             \
	E(VERSION, 15, "made by another version") \
	E(CONFIG, 16, "wrong configuration")      \
	E(DENIED, 17, "not allowed")              \
	E(UNSUPPORTED, 18, "not supported")       \
	E(EOF, 19, "ended")                       \
	E(AGAIN, 20, "not yet")                   \
	E(UNAVAILABLE, 21, "not available now")   \
	E(CORRUPT, 22, "damaged")

enum err {
#define E(name, n, text) ERR_##name = -(n),
	ERR_MAP(E)
#undef E
};

/* Short name ("NOTFOUND") and general text of a code; never NULL. */
const char *err_name(int code);
const char *err_text(int code);

#define WHY_MAX 384
struct why {
	int code;
	char text[WHY_MAX];
};

/* why_set(why, code, fmt, ...): fill `why` (NULL is fine) and return `code`, so that it fits into a
 * return statement.  why_errno: the same, with ": " and strerror(errno) behind it.  Macros, so that
 * the compiler and the analyzer see which code comes back; they evaluate `code` twice. */
#define why_set(why, code, ...)   why_code((code), why_fill((why), (code), __VA_ARGS__))
#define why_errno(why, code, ...) why_code((code), why_fill_errno((why), (code), __VA_ARGS__))

struct why *why_fill(struct why *why, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct why *why_fill_errno(struct why *why, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static inline int why_code(int code, const struct why *why)
{
	(void)why;
	return code;
}
/* Put "text: " in front of what is there: the caller knows which file or object it was. */
int why_prefix(struct why *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
