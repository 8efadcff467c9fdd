/* patterns.c - see patterns.h. */
#include "api/endpoints/patterns.h"

#include "base/obj.h"
#include "out/event_filter.h"
#include "policy/journal.h"

static bool fits(struct str pattern, const char *type)
{
	return str_is(pattern, "*") || event_type_fits(pattern, type);
}

bool pattern_is_good(struct str pattern)
{
	static const char *const types[] = {
#define K(id, n, name) name,
		JOURNAL_KINDS(K)
#undef K
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (fits(pattern, types[i]))
			return true;
	}
	return false;
}

bool patterns_fit(struct str patterns, const char *type)
{
	while (patterns.n > 0) {
		const char *space = memchr(patterns.p, ' ', patterns.n);
		size_t n = space != NULL ? (size_t)(space - patterns.p) : patterns.n;

		if (fits((struct str){ patterns.p, n }, type))
			return true;
		n += space != NULL;
		patterns = (struct str){ patterns.p + n, patterns.n - n };
	}
	return false;
}
