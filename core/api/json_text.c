/* json_text.c - see json_text.h; jansson's own writer knows one precision for all numbers. */
#include "api/json_text.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/obj.h"

static void add_real(struct buf *to, double v)
{
	char text[40];
	int digits = 15;

	do
		snprintf(text, sizeof text, "%.*g", digits, v);
	while (strtod(text, NULL) != v && ++digits <= 17);
	buf_text(to, text);
	if (strpbrk(text, ".e") == NULL)
		buf_text(to, ".0"); /* else it would come back as an integer */
}

static void add_string(struct buf *to, struct str s)
{
	struct jw j = jw_to(to);

	jw_str(&j, NULL, s);
}

static void add_value(struct buf *to, const json_t *v);

static void add_object(struct buf *to, const json_t *object)
{
	const char *key, *comma = "";
	const json_t *v;

	buf_byte(to, '{');
	/* jansson's iteration takes a json_t that is not const and changes nothing. */
	json_object_foreach((json_t *)object, key, v)
	{
		buf_text(to, comma);
		add_string(to, str_of(key));
		buf_byte(to, ':');
		add_value(to, v);
		comma = ",";
	}
	buf_byte(to, '}');
}

static void add_array(struct buf *to, const json_t *array)
{
	const json_t *v;
	size_t i;

	buf_byte(to, '[');
	json_array_foreach(array, i, v)
	{
		buf_text(to, i > 0 ? "," : "");
		add_value(to, v);
	}
	buf_byte(to, ']');
}

static void add_value(struct buf *to, const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		add_object(to, v);
		break;
	case JSON_ARRAY:
		add_array(to, v);
		break;
	case JSON_STRING:
		add_string(to, (struct str){ json_string_value(v), json_string_length(v) });
		break;
	case JSON_INTEGER:
		buf_printf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_REAL:
		add_real(to, json_real_value(v));
		break;
	case JSON_TRUE:
		buf_text(to, "true");
		break;
	case JSON_FALSE:
		buf_text(to, "false");
		break;
	case JSON_NULL:
		buf_text(to, "null");
		break;
	}
}

char *json_text(const json_t *v)
{
	struct buf out;

	buf_init(&out, (size_t)8 * LIMIT_HTTP_BODY);
	add_value(&out, v);
	buf_byte(&out, '\0');
	if (out.failed == 0)
		return out.p;
	buf_fini(&out);
	return NULL;
}
