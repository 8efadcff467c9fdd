/* record.c - see record.h. */
#include "record.h"

#include <stdio.h>

#include "field.h"
#include "table.h"
#include "when.h"
#include "words.h"

static void add_distance(struct buf *to, uint64_t at_ms)
{
	char ago[WHEN_MAX], ahead[WHEN_MAX];

	when_ago(ago, at_ms);
	when_ahead(ahead, at_ms);
	if (ahead[0] == 'i')
		buf_printf(to, " (%s)", ahead);
	else
		buf_printf(to, " (%s ago)", ago);
}

static void add_row(struct table *t, const char *name, const json_t *value)
{
	struct str text = { json_string_value(value), json_string_length(value) };
	uint64_t at = when_ms(text);
	struct buf b;

	buf_init(&b, 64u << 10);
	field_show(&b, value, t->term->utf8);
	if (at != 0)
		add_distance(&b, at);
	if (b.n == 0)
		buf_byte(&b, '-');
	table_cell(t, str_of(name));
	table_cell_painted(t, buf_all(&b),
			   strcmp(name, "status") == 0 ? status_paint(text) : PAINT_NONE);
	buf_fini(&b);
}

/* What a score is made of, a row each: "session_not_found  -100  the provider ...". */
static void add_components(struct table *t, const char *name, const json_t *components)
{
	const json_t *c;
	size_t i;

	json_array_foreach(components, i, c)
	{
		struct str text = field_str(c, "text");
		struct buf b;

		buf_init(&b, 4096);
		buf_printf(&b, "%.*s %lld: %.*s", STR_ARG(field_str(c, "name")),
			   (long long)json_integer_value(json_object_get(c, "points")),
			   STR_ARG(text));
		table_cell(t, str_of(i == 0 ? name : ""));
		table_cell(t, buf_all(&b));
		buf_fini(&b);
	}
}

static void add_rows(struct table *t, const json_t *object, const char *prefix)
{
	const char *key;
	const json_t *value;

	/* jansson's iteration takes a json_t that is not const and changes nothing. */
	json_object_foreach((json_t *)object, key, value)
	{
		char name[128];

		snprintf(name, sizeof name, "%s%s", prefix, key);
		if (json_is_object(value) && *prefix == '\0' && strcmp(key, "metadata") != 0) {
			char deeper[130];

			snprintf(deeper, sizeof deeper, "%s.", name);
			add_rows(t, value, deeper);
		} else if (strcmp(name, "health.components") == 0 && json_array_size(value) > 0) {
			add_components(t, name, value);
		} else {
			add_row(t, name, value);
		}
	}
}

void record_print(const struct term *term, const json_t *object)
{
	static const struct column columns[] = { { .head = "" }, { .head = "" } };
	struct table t;

	table_init(&t, columns, 2, term);
	t.headless = true;
	add_rows(&t, object, "");
	table_print(&t, stdout);
	table_fini(&t);
}
