/*
 * nomem.h - want of memory, at a place that the test counts to.
 *
 * The linker puts these in front of malloc, calloc and realloc (--wrap in CMakeLists.txt) for
 * what is linked into the test; libraries are not touched.
 */
#ifndef RELINK_TEST_NOMEM_H
#define RELINK_TEST_NOMEM_H
#include <stdbool.h>

/* The next `n` allocations work, the one after them fails, and then all work again. */
void nomem_after(unsigned n);
/* No more failures; true when one came. */
bool nomem_came(void);

#endif
