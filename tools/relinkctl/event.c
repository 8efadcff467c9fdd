/* event.c - see event.h. */
#include "event.h"

#include "base/obj.h"
#include "field.h"
#include "text.h"

// clang-format off
const struct column event_columns[EVENT_COLUMNS] = {
	{ "SEQ",     .right = true, .drop = 4 },
	{ "TIME" },
	{ "TYPE",    .drop = 3 },
	{ "STATUS",  .drop = 2 },
	{ "CAUSE",   .drop = 1 },
	{ "DETAILS", .least = 30 },
};
// clang-format on

/* Members with a place of their own in a line, and in a row. */
static const char *const line_members[] = { "seq", "time", "type", "account", "status", NULL };
static const char *const row_members[] = { "seq",    "time",  "type", "account", "workspace",
					   "status", "cause", "says", NULL };

static const char *const none_placed[] = { NULL };

static bool is_in(const char *const *list, const char *key)
{
	for (; *list != NULL; list++) {
		if (strcmp(*list, key) == 0)
			return true;
	}
	return false;
}

/* Empty values and "none" say nothing. */
static bool says_nothing(const json_t *value)
{
	struct str text = { json_string_value(value), json_string_length(value) };

	return json_is_null(value) ||
	       (json_is_string(value) && (text.n == 0 || str_is(text, "none"))) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

static void add_value(struct buf *to, const json_t *value, bool utf8)
{
	struct buf b;
	bool quoted;

	buf_init(&b, 64u << 10);
	field_show(&b, value, utf8);
	quoted = json_is_string(value) && b.n > 0 && memchr(b.p, ' ', b.n) != NULL;
	buf_text(to, quoted ? "\"" : "");
	buf_str(to, buf_all(&b));
	buf_text(to, quoted ? "\"" : "");
	buf_fini(&b);
}

static void add_rest(struct buf *to, const json_t *event, const char *const *placed, bool utf8)
{
	const char *key;
	const json_t *value;

	json_object_foreach((json_t *)event, key, value)
	{
		if (is_in(placed, key) || says_nothing(value))
			continue;
		if (strcmp(key, "data") == 0 && json_is_object(value)) {
			add_rest(to, value, none_placed, utf8);
			continue;
		}
		if (to->n > 0)
			buf_byte(to, ' ');
		text_add(to, str_of(key), utf8);
		buf_byte(to, '=');
		add_value(to, value, utf8);
	}
}

void event_row(struct table *t, const json_t *entry)
{
	struct buf b;

	buf_init(&b, 64u << 10);
	text_add(&b, field_str(entry, "says"), t->term->utf8);
	add_rest(&b, entry, row_members, t->term->utf8);
	table_cell_u64(t, field_u64(entry, "seq"));
	table_cell_time(t, field_str(entry, "time"));
	table_cell(t, field_str(entry, "type"));
	table_cell(t, field_str(entry, "status"));
	table_cell(t, field_str(entry, "cause"));
	table_cell(t, buf_all(&b));
	buf_fini(&b);
}

void event_line(struct buf *to, const json_t *event, struct str seq, struct str type, bool utf8)
{
	struct str words[] = { field_str(event, "time"), seq, type, field_str(event, "account"),
			       field_str(event, "status") };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (words[i].n > 0 && to->n > 0)
			buf_byte(to, ' ');
		text_add(to, words[i], utf8);
	}
	add_rest(to, event, line_members, utf8);
}
