/*
 * words.h - what both halves of an HTTP exchange need of HTTP's grammar.
 */
#ifndef RELINK_WEB_WORDS_H
#define RELINK_WEB_WORDS_H
#include <strings.h>

#include "base/str.h"

/* Equal, as names of headers are: whatever the case. */
static inline bool word_is(struct str s, const char *z)
{
	return s.n == strlen(z) && strncasecmp(s.p, z, s.n) == 0;
}

/* Without the white space at its ends. */
static inline struct str word_trim(struct str s)
{
	while (s.n > 0 && strchr(" \t\r\n", s.p[0]) != NULL) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL)
		s.n--;
	return s;
}

#endif
