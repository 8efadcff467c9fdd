/*
 * obj.h - magics for objects that travel through `void *`, and moving pointers out.
 *
 * An object that reaches us through uv's `->data`, a queue or a plugin carries its type's magic as
 * first member, so that a wrong pointer aborts where it is cast and not three calls later.
 * tests/lint checks that no two types share a magic.
 */
#ifndef RELINK_BASE_OBJ_H
#define RELINK_BASE_OBJ_H
#include "base/must.h"

#define OBJ_INIT(o, m)  ((void)((o)->magic = (m)))
#define OBJ_CHECK(o, m) must((o) != NULL && (o)->magic == (m))
/* to = from, checked: the first line of every callback that gets its object as `void *`. */
#define OBJ_CAST(to, from, m)     \
	do {                      \
		(to) = (from);    \
		OBJ_CHECK(to, m); \
	} while (0)
#define OBJ_FINI(o) ((void)((o)->magic = 0))

/* Move a pointer out of a variable and leave NULL there: `*ret_store = TAKE(s);`. */
#define TAKE(p)                             \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))

#endif
