/* body.c - JSON bodies into structs; jansson reads, the tables check. */
#include "api/body.h"

#include <stdlib.h>

#include "api/json_text.h"
#include "base/limits.h"
#include "base/obj.h"

const char FIELD_REQUIRED[] = "";

/* jansson's own depth limit is fixed and far too large; its parser recurses. */
static bool is_too_deep(struct str s)
{
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			in_string = c != '"';
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > LIMIT_JSON_DEPTH)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

int body_load(struct str body, size_t flags, json_t **ret_json, struct problem *problem)
{
	json_error_t error;
	json_t *j = NULL;

	if (is_too_deep(body))
		return problem_set(problem, PROBLEM_invalid_json,
				   "The JSON is nested deeper than %d levels.", LIMIT_JSON_DEPTH);
	j = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES | flags, &error);
	if (j == NULL)
		return problem_set(problem, PROBLEM_invalid_json,
				   "The body is not valid JSON: %s (line %d, column %d).",
				   error.text, error.line, error.column);
	*ret_json = j;
	return 0;
}

static int refuse(const struct field *f, struct problem *problem)
{
	return problem_set(problem, PROBLEM_invalid_field, "\"%s\" must be %s.", f->name, f->what);
}

/* Move `text` (given, malloc'ed) into the target. */
static int keep(const struct field *f, char *text, void *target, struct problem *problem)
{
	char **to = (char **)(void *)((char *)target + f->offset);

	if (text == NULL)
		return problem_set(problem, PROBLEM_overloaded, "Out of memory. Try again later.");
	free(*to);
	*to = text;
	return 0;
}

static int read_text(const struct field *f, const json_t *v, void *target, struct problem *problem)
{
	struct str s = { json_string_value(v), json_string_length(v) };

	if (!json_is_string(v) || s.n > f->max || (f->check != NULL && !f->check(s)))
		return refuse(f, problem);
	return keep(f, str_dup(s), target, problem);
}

/* None of them may hold a space: `check` sees to that. */
static int read_words(const struct field *f, const json_t *v, void *target, struct problem *problem)
{
	struct buf words;
	const json_t *word;
	char *text;
	size_t i;

	if (!json_is_array(v) || json_array_size(v) == 0)
		return refuse(f, problem);
	buf_init(&words, f->max);
	json_array_foreach(v, i, word)
	{
		struct str s = { json_string_value(word), json_string_length(word) };

		if (!json_is_string(word) || memchr(s.p, ' ', s.n) != NULL || !f->check(s) ||
		    (i > 0 && buf_byte(&words, ' ') < 0) || buf_str(&words, s) < 0) {
			buf_fini(&words);
			return refuse(f, problem);
		}
	}
	text = str_dup(buf_all(&words));
	buf_fini(&words);
	return keep(f, text, target, problem);
}

static int read_object(const struct field *f, const json_t *v, void *target,
		       struct problem *problem)
{
	char *text;

	if (!json_is_object(v))
		return refuse(f, problem);
	text = json_text(v);
	if (text != NULL && strlen(text) > f->max) {
		free(text);
		return refuse(f, problem);
	}
	return keep(f, text, target, problem);
}

#define IDS_MAX 1000

static bool has_before(const json_t *list, size_t i)
{
	const char *text = json_string_value(json_array_get(list, i));

	for (size_t n = 0; n < i; n++) {
		if (strcmp(json_string_value(json_array_get(list, n)), text) == 0)
			return true;
	}
	return false;
}

static int read_ids(const struct field *f, const json_t *v, void *target, struct problem *problem)
{
	const json_t *id;
	struct buf lines;
	char *text;
	size_t i;

	if (!json_is_array(v) || json_array_size(v) == 0 || json_array_size(v) > IDS_MAX)
		return refuse(f, problem);
	buf_init(&lines, f->max);
	json_array_foreach(v, i, id)
	{
		struct str s = { json_string_value(id), json_string_length(id) };

		if (!json_is_string(id) || !f->check(s) || has_before(v, i)) {
			buf_fini(&lines);
			return refuse(f, problem);
		}
		buf_str(&lines, s);
		buf_byte(&lines, '\n');
	}
	if (lines.failed != 0) {
		buf_fini(&lines);
		return refuse(f, problem);
	}
	text = str_dup(buf_all(&lines));
	buf_fini(&lines);
	return keep(f, text, target, problem);
}

static int read_number(const struct field *f, const json_t *v, void *target,
		       struct problem *problem)
{
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 1 || (uint64_t)n > f->max)
		return refuse(f, problem);
	*(uint64_t *)(void *)((char *)target + f->offset) = (uint64_t)n;
	return 0;
}

static int read_field(const struct field *f, const json_t *v, void *target, struct problem *problem)
{
	switch (f->type) {
	case FIELD_TEXT:
		return read_text(f, v, target, problem);
	case FIELD_WORDS:
		return read_words(f, v, target, problem);
	case FIELD_OBJECT:
		return read_object(f, v, target, problem);
	case FIELD_IDS:
		return read_ids(f, v, target, problem);
	case FIELD_NUMBER:
		return read_number(f, v, target, problem);
	case FIELD_BOOL:
		if (!json_is_boolean(v))
			return refuse(f, problem);
		*(bool *)((char *)target + f->offset) = json_is_true(v);
		return 0;
	}
	must_not_reach("field type");
}

/* The member did not come, or is null. */
static int read_absent(const struct field *f, void *target, struct problem *problem)
{
	if (f->absent == FIELD_REQUIRED)
		return problem_set(problem, PROBLEM_invalid_field, "\"%s\" is required: %s.",
				   f->name, f->what);
	return f->absent != NULL ? keep(f, str_dup(str_of(f->absent)), target, problem) : 0;
}

static bool is_known(const char *name, const struct field *fields, size_t n_fields)
{
	for (size_t i = 0; i < n_fields; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return true;
	}
	return false;
}

static int read_members(json_t *j, const struct field *fields, size_t n_fields, void *target,
			struct problem *problem)
{
	const char *name;
	json_t *v;

	if (!json_is_object(j))
		return problem_set(problem, PROBLEM_invalid_json,
				   "The body must be a JSON object.");
	json_object_foreach(j, name, v)
	{
		if (!is_known(name, fields, n_fields))
			return problem_set(problem, PROBLEM_unknown_field,
					   "There is no member \"%.64s\" here; look for a typo.",
					   name);
	}
	for (size_t i = 0; i < n_fields; i++) {
		int r;

		v = json_object_get(j, fields[i].name);
		r = v != NULL && !json_is_null(v) ? read_field(&fields[i], v, target, problem)
						  : read_absent(&fields[i], target, problem);
		if (r != 0)
			return r;
	}
	return 0;
}

int body_read(struct str body, const struct field *fields, size_t n_fields, void *target,
	      struct problem *problem)
{
	json_t *j = NULL;
	int r;

	if (body.n == 0)
		body = STR("{}");
	r = body_load(body, 0, &j, problem);
	if (r != 0)
		return r;
	r = read_members(j, fields, n_fields, target, problem);
	json_decref(j);
	return r;
}

int body_check(struct str body, struct problem *problem)
{
	json_t *j = NULL;
	int r = body_load(body, JSON_DECODE_ANY, &j, problem);

	if (r == 0)
		json_decref(j);
	return r;
}
