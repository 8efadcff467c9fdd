/* event_filter.c - see event_filter.h. */
#include "out/event_filter.h"

#include <string.h>

#include "policy/journal.h"

#define KINDS 64 /* a bit each */

#define K(id, n, name) _Static_assert((n) < KINDS, "a bit for " name);
JOURNAL_KINDS(K)
#undef K

static uint64_t bit(unsigned kind)
{
	return kind < KINDS ? 1ull << kind : 0;
}

bool event_type_fits(struct str pattern, const char *type)
{
	if (pattern.n > 2 && memcmp(pattern.p + pattern.n - 2, ".*", 2) == 0)
		return strncmp(type, pattern.p, pattern.n - 1) == 0;
	return str_is(pattern, type);
}

static uint64_t kinds_of(struct str word)
{
	uint64_t kinds = 0;

	for (unsigned kind = 1; kind < KINDS; kind++) {
		const char *name = journal_kind_name(kind);

		if (name != NULL && event_type_fits(word, name))
			kinds |= bit(kind);
	}
	return kinds;
}

bool event_filter_types(struct str types, uint64_t *ret_kinds, struct str *ret_bad)
{
	*ret_kinds = 0;
	for (;;) {
		const char *comma = types.n > 0 ? memchr(types.p, ',', types.n) : NULL;
		struct str word = { types.p, comma != NULL ? (size_t)(comma - types.p) : types.n };
		uint64_t kinds = kinds_of(word);

		if (kinds == 0) {
			*ret_bad = word;
			return false;
		}
		*ret_kinds |= kinds;
		if (comma == NULL)
			return true;
		types = (struct str){ comma + 1, types.n - word.n - 1 };
	}
}

bool event_filter_takes(const struct event_filter *f, unsigned kind, struct str account,
			struct str workspace)
{
	return (f->kinds == 0 || (f->kinds & bit(kind)) != 0) &&
	       (f->account[0] == '\0' || str_is(account, f->account)) &&
	       (f->workspace[0] == '\0' || str_is(workspace, f->workspace));
}
