/* texts.h - what texts may look like that more than one kind of request has, and how that is said. */
#ifndef RELINK_API_TEXTS_H
#define RELINK_API_TEXTS_H
#include "base/limits.h"
#include "base/str.h"

#define A_WORKSPACE "1 to 32 characters of a-z, 0-9 and -, the first a letter or digit"
static inline bool is_workspace(struct str s)
{
	return str_is_id(s, LIMIT_WORKSPACE, "-");
}

/* One line for people: anything but control characters. */
#define A_LABEL "text of at most 128 bytes without control characters"
static inline bool is_label(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	}
	return s.n <= LIMIT_LABEL;
}

#define A_PROVIDER                                                                      \
	"the name of a provider: 1 to 32 characters of a-z, 0-9, _ and -, the first a " \
	"letter or digit"
static inline bool is_provider(struct str s)
{
	return str_is_id(s, LIMIT_PROVIDER, "_-");
}

#endif
