/* form.c - bodies and queries of the drop-in face. */
#include "api/dropin/form.h"

#include <stdio.h>

#include "api/body.h"
#include "api/dropin/ids.h"

int form_open(struct form *f, struct exchange *x)
{
	struct str body = x->request->body;

	*f = (struct form){ .problem = &x->problem };
	if (body.n == 0)
		body = STR("{}");
	if (body_load(body, 0, &f->json, f->problem) < 0)
		return ERR_FORMAT;
	if (json_is_object(f->json))
		return 0;
	form_close(f);
	return problem_set(f->problem, PROBLEM_invalid_json, "The body must be a JSON object.");
}

void form_close(struct form *f)
{
	json_decref(f->json);
	f->json = NULL;
}

struct str form_text(const struct form *f, const char *name)
{
	const json_t *v = json_object_get(f->json, name);

	if (!json_is_string(v))
		return STR_NONE;
	return (struct str){ json_string_value(v), json_string_length(v) };
}

struct str form_id(const struct form *f, const char *name, char digits[FORM_DIGITS])
{
	const json_t *v = json_object_get(f->json, name);

	if (!json_is_integer(v))
		return form_text(f, name);
	snprintf(digits, FORM_DIGITS, "%lld", (long long)json_integer_value(v));
	return str_of(digits);
}

json_t *form_raw_id(const struct form *f, const char *name)
{
	json_t *v = json_object_get(f->json, name);

	if (json_is_string(v))
		return json_string_length(v) > 0 && json_string_length(v) <= DROPIN_SESSION_MAX
			   ? v
			   : NULL;
	return json_is_integer(v) ? v : NULL;
}

bool form_bool(const struct form *f, const char *name)
{
	return json_is_true(json_object_get(f->json, name));
}

/* Cut off what comes before `mark`, and the mark. */
static struct str next_part(struct str *rest, char mark)
{
	const char *at = rest->n > 0 ? memchr(rest->p, mark, rest->n) : NULL;
	struct str part = { rest->p, at != NULL ? (size_t)(at - rest->p) : rest->n };

	if (rest->n == 0)
		return part;
	rest->p += part.n + (at != NULL);
	rest->n -= part.n + (at != NULL);
	return part;
}

struct str form_query(struct str query, struct str name, char *text)
{
	struct str once = next_part(&query, '?');

	while (once.n > 0) {
		struct str value = next_part(&once, '&'), key = next_part(&value, '=');
		size_t n;

		if (str_eq(key, name) && percent_decode(value, true, text, &n))
			return (struct str){ text, n };
	}
	return STR_NONE;
}
