/* field.c - see field.h. */
#include "field.h"

#include <stdlib.h>

#include "text.h"
#include "when.h"

struct str field_str(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return (struct str){ json_string_value(v), json_string_length(v) };
}

uint64_t field_u64(const json_t *object, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(object, key));

	return v > 0 ? (uint64_t)v : 0;
}

uint64_t field_time(const json_t *object, const char *key)
{
	return when_ms(field_str(object, key));
}

void field_show(struct buf *to, const json_t *value, bool utf8)
{
	char *json;

	if (json_is_string(value)) {
		text_add(to, (struct str){ json_string_value(value), json_string_length(value) },
			 utf8);
		return;
	}
	if (json_is_null(value))
		return;
	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value); i++) {
			buf_text(to, i > 0 ? "," : "");
			field_show(to, json_array_get(value, i), utf8);
		}
		return;
	}
	json = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	text_add(to, str_of(json), utf8);
	free(json);
}
