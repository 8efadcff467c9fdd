/* nomem.c - see nomem.h. */
#include "nomem.h"

#include <stddef.h>

static bool armed, came;
static unsigned left;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);

void nomem_after(unsigned n)
{
	armed = true;
	came = false;
	left = n;
}

bool nomem_came(void)
{
	armed = false;
	return came;
}

static bool fails(void)
{
	if (!armed || left-- > 0)
		return false;
	armed = false;
	came = true;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}
