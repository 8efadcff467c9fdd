/*
 * accept.c - the Accept header, as RFC 9110 (12.5.1) has it.
 *
 * Of several ranges that fit a type the most specific one counts: "image/png" before an image of any kind
 * before anything at all.  Parameters other than q are not looked at, since our types have none.
 */
#include "api/accept.h"

#include <strings.h>

/* Cut off what is before `until`, without blanks around it. */
static struct str cut(struct str *rest, char until)
{
	const char *end = memchr(rest->p, until, rest->n);
	struct str word = { rest->p, end != NULL ? (size_t)(end - rest->p) : rest->n };

	rest->p += word.n + (end != NULL);
	rest->n -= word.n + (end != NULL);
	while (word.n > 0 && (word.p[0] == ' ' || word.p[0] == '\t')) {
		word.p++;
		word.n--;
	}
	while (word.n > 0 && (word.p[word.n - 1] == ' ' || word.p[word.n - 1] == '\t'))
		word.n--;
	return word;
}

/* "0.8" in thousandths; what is no weight is none. */
static unsigned weight(struct str s)
{
	unsigned v, digits = 100;

	if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
		return 0;
	v = s.p[0] == '1' ? 1000 : 0;
	for (size_t i = 2; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		v += (unsigned)(s.p[i] - '0') * digits;
		digits /= 10;
	}
	return v < 1000 ? v : 1000;
}

static unsigned weight_of(struct str parameters)
{
	while (parameters.n > 0) {
		struct str one = cut(&parameters, ';');

		if (one.n >= 2 && (one.p[0] == 'q' || one.p[0] == 'Q') && one.p[1] == '=')
			return weight((struct str){ one.p + 2, one.n - 2 });
	}
	return 1000;
}

/* 3: it is this type; 2: of its kind; 1: any type; 0: another. */
static unsigned fit(struct str range, const char *type)
{
	size_t kind = strcspn(type, "/") + 1;

	if (range.n == strlen(type) && strncasecmp(range.p, type, range.n) == 0)
		return 3;
	if (range.n == kind + 1 && range.p[kind] == '*' && strncasecmp(range.p, type, kind) == 0)
		return 2;
	return str_is(range, "*/*") ? 1 : 0;
}

static unsigned wish(struct str accept, const char *type)
{
	unsigned best = 0, found = 0;

	while (accept.n > 0) {
		struct str parameters = cut(&accept, ',');
		struct str range = cut(&parameters, ';');
		unsigned f = fit(range, type);

		if (f > best) {
			best = f;
			found = weight_of(parameters);
		}
	}
	return found;
}

unsigned accept_choose(struct str accept, const char *const *types, unsigned n_types)
{
	unsigned best = 0, most = 0;

	for (unsigned i = 0; i < n_types; i++) {
		unsigned w = wish(accept, types[i]);

		if (w > most) {
			best = i;
			most = w;
		}
	}
	return best;
}
