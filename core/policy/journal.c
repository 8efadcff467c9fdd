/* journal.c - names of journal lines. */
#include "policy/journal.h"

#include <stddef.h>

const char *journal_kind_name(unsigned kind)
{
	switch (kind) {
#define K(id, n, name) \
	case n:        \
		return name;
		JOURNAL_KINDS(K)
#undef K
	default:
		return NULL;
	}
}
