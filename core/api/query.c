/* query.c - percent-encoding and query parameters. */
#include "api/query.h"

#include <strings.h>

#include "base/obj.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool percent_decode(struct str in, bool plus, char *to, size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];

		if (c == '%') {
			int high = i + 2 < in.n ? hex_digit(in.p[i + 1]) : -1;
			int low = i + 2 < in.n ? hex_digit(in.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (unsigned char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c < 0x20 || c == 0x7f)
			return false;
		to[n++] = (char)c;
	}
	*ret_n = n;
	return str_is_utf8((struct str){ to, n });
}

/* Is `name` one of the words in `list`? */
static bool is_listed(struct str name, const char *list)
{
	while (*list != '\0') {
		size_t n = strcspn(list, " ");

		if (str_eq(name, (struct str){ list, n }))
			return true;
		list += n + strspn(list + n, " ");
	}
	return false;
}

static bool looks_like_a_key(struct str name)
{
	static const char *const names[] = { "key",          "api_key",   "apikey",
					     "api-key",      "x-api-key", "token",
					     "access_token", "auth",      "authorization" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strlen(names[i]) == name.n && strncasecmp(names[i], name.p, name.n) == 0)
			return true;
	}
	return false;
}

static int check_name(const struct query *q, struct str name, const char *allowed,
		      struct problem *problem)
{
	if (looks_like_a_key(name))
		return problem_set(problem, PROBLEM_bad_request,
				   "A key in the URL ends up in logs: send it in the Authorization "
				   "header, and replace it if it was real.");
	if (!is_listed(name, allowed))
		return problem_set(problem, PROBLEM_unknown_field,
				   "There is no query parameter \"%.*s\" here%s%s.",
				   (int)MIN_OF(name.n, 64u), name.p,
				   *allowed != '\0' ? "; known ones: " : "", allowed);
	for (size_t i = 0; i < q->n; i++) {
		if (str_eq(q->v[i].name, name))
			return problem_set(problem, PROBLEM_bad_request,
					   "The query parameter \"%.*s\" is there twice.",
					   STR_ARG(name));
	}
	return 0;
}

/* Decode the bytes of `raw` behind what `q->text` holds already. */
static int decode(struct query *q, size_t *used, struct str raw, struct str *ret_text,
		  struct problem *problem)
{
	size_t n;

	if (!percent_decode(raw, true, q->text + *used, &n))
		return problem_set(problem, PROBLEM_bad_request,
				   "The query is not percent-encoded UTF-8 without control "
				   "characters.");
	*ret_text = (struct str){ q->text + *used, n };
	*used += n;
	return 0;
}

int query_read(struct query *q, struct str raw, const char *allowed, struct problem *problem)
{
	size_t used = 0;

	must(raw.n <= sizeof q->text);
	q->n = 0;
	while (raw.n > 0) {
		const char *amp = memchr(raw.p, '&', raw.n);
		struct str pair = { raw.p, amp != NULL ? (size_t)(amp - raw.p) : raw.n };
		const char *eq = memchr(pair.p, '=', pair.n);
		struct str name = { pair.p, eq != NULL ? (size_t)(eq - pair.p) : pair.n };
		struct str value = STR("");

		raw.p += pair.n + (amp != NULL);
		raw.n -= pair.n + (amp != NULL);
		if (eq != NULL)
			value = (struct str){ eq + 1, pair.n - name.n - 1 };
		if (decode(q, &used, name, &name, problem) != 0 ||
		    decode(q, &used, value, &value, problem) != 0 ||
		    check_name(q, name, allowed, problem) != 0)
			return ERR_FORMAT;
		must(q->n < QUERY_MAX); /* no route allows so many, and none comes twice */
		q->v[q->n].name = name;
		q->v[q->n].value = value;
		q->n++;
	}
	return 0;
}

struct str query_get(const struct query *q, const char *name)
{
	for (size_t i = 0; i < q->n; i++) {
		if (str_is(q->v[i].name, name))
			return q->v[i].value;
	}
	return STR_NONE;
}

int query_u64(const struct query *q, const char *name, uint64_t least, uint64_t most,
	      uint64_t fallback, uint64_t *ret_v, struct problem *problem)
{
	struct str text = query_get(q, name);
	uint64_t v = fallback;

	if (text.p != NULL && (!str_to_u64(text, most, &v) || v < least))
		return problem_set(problem, PROBLEM_invalid_field,
				   "\"%s\" must be a whole number from %llu to %llu.", name,
				   (unsigned long long)least, (unsigned long long)most);
	*ret_v = v;
	return 0;
}
