/* view.c - see view.h. */
#include "view.h"

#include <stdlib.h>

#include "cli.h"
#include "field.h"
#include "say.h"
#include "when.h"
#include "words.h"

// clang-format off
const struct column view_columns[VIEW_COLUMNS] = {
	{ "ID" },
	{ "STATUS" },
	{ "HEALTH",    .right = true, .drop = 5 },
	{ "REASON",    .least = 12 },
	{ "TO DO" },
	{ "SINCE",     .right = true, .drop = 6 },
	{ "NEXT",      .drop = 4 },
	{ "BACKEND",   .least = 8, .drop = 2 },
	{ "WORKSPACE", .least = 8, .drop = 1 },
	{ "LABEL",     .least = 10, .drop = 3 },
};
// clang-format on

struct view view_of(const json_t *account)
{
	const json_t *reason = json_object_get(account, "reason");
	const json_t *score = json_object_get(json_object_get(account, "health"), "score");

	return (struct view){
		.field = {
			[VIEW_ID] = field_str(account, "id"),
			[VIEW_STATUS] = field_str(account, "status"),
			[VIEW_CAUSE] = field_str(reason, "cause"),
			[VIEW_TEXT] = field_str(reason, "text"),
			[VIEW_ACTION] = field_str(account, "user_action"),
			[VIEW_PROVIDER] = field_str(account, "provider"),
			[VIEW_INSTANCE] = field_str(account, "instance"),
			[VIEW_WORKSPACE] = field_str(account, "workspace"),
			[VIEW_PHONE] = field_str(account, "phone"),
			[VIEW_LABEL] = field_str(account, "label"),
		},
		.since = field_time(account, "since"),
		.next_at = field_time(account, "next_attempt_at"),
		.starts_at = field_time(account, "estimated_start_at"),
		.health = json_is_integer(score) ? (int)json_integer_value(score) : -1,
		.want_connected = json_is_true(json_object_get(account, "want_connected")),
	};
}

struct view *view_copy(const struct view *v)
{
	size_t bytes = sizeof *v;
	struct view *copy;
	char *at;

	for (unsigned i = 0; i < VIEW_FIELDS; i++)
		bytes += v->field[i].n;
	copy = malloc(bytes);
	if (copy == NULL)
		return NULL;
	*copy = *v;
	at = (char *)(copy + 1);
	for (unsigned i = 0; i < VIEW_FIELDS; i++) {
		if (v->field[i].n > 0)
			memcpy(at, v->field[i].p, v->field[i].n);
		copy->field[i].p = at;
		at += v->field[i].n;
	}
	return copy;
}

bool view_differs(const struct view *a, const struct view *b)
{
	for (unsigned i = 0; i < VIEW_FIELDS; i++) {
		if (!str_eq(a->field[i], b->field[i]))
			return true;
	}
	return a->next_at != b->next_at || a->health != b->health;
}

static struct str unless_none(struct str word)
{
	return str_is(word, "none") ? STR_NONE : word;
}

/* "cause (text)", either alone, or nothing. */
static void add_reason(struct buf *to, const struct view *v)
{
	struct str cause = unless_none(v->field[VIEW_CAUSE]), text = v->field[VIEW_TEXT];

	buf_str(to, cause);
	buf_text(to, cause.n > 0 && text.n > 0 ? " (" : "");
	buf_str(to, text);
	buf_text(to, cause.n > 0 && text.n > 0 ? ")" : "");
}

/* "in 12s", or "~in 12s" of an estimate. */
static void when_next(char to[WHEN_MAX + 1], const struct view *v)
{
	bool known = v->next_at != 0 || v->starts_at == 0;

	to[0] = '~';
	when_ahead(to + !known, known ? v->next_at : v->starts_at);
}

void view_row(struct table *t, const struct view *v)
{
	char since[WHEN_MAX], next[WHEN_MAX + 1], health[16] = "";
	struct buf reason;

	buf_init(&reason, 4096);
	add_reason(&reason, v);
	when_ago(since, v->since);
	when_next(next, v);
	if (v->health >= 0)
		snprintf(health, sizeof health, "%d", v->health);
	table_cell(t, v->field[VIEW_ID]);
	table_cell_painted(t, v->field[VIEW_STATUS], status_paint(v->field[VIEW_STATUS]));
	table_cell_painted(t, str_of(health), health_paint(v->health));
	table_cell(t, buf_all(&reason));
	table_cell_painted(t, unless_none(v->field[VIEW_ACTION]), PAINT_PERSON);
	table_cell(t, str_of(since));
	table_cell(t, str_of(next));
	table_cell(t, v->field[VIEW_INSTANCE].n > 0 ? v->field[VIEW_INSTANCE]
						    : v->field[VIEW_PROVIDER]);
	table_cell(t, v->field[VIEW_WORKSPACE]);
	table_cell(t, v->field[VIEW_LABEL]);
	buf_fini(&reason);
}

void view_line(struct buf *to, const struct view *v)
{
	struct str action = unless_none(v->field[VIEW_ACTION]);
	char next[WHEN_MAX], starts[WHEN_MAX];
	struct buf reason;

	buf_init(&reason, 4096);
	add_reason(&reason, v);
	when_ahead(next, v->next_at);
	when_ahead(starts, v->starts_at);
	buf_str(to, v->field[VIEW_ID]);
	buf_text(to, ": ");
	buf_str(to, v->field[VIEW_STATUS]);
	if (v->field[VIEW_PHONE].n > 0) {
		buf_text(to, ", phone ");
		buf_str(to, v->field[VIEW_PHONE]);
	}
	buf_text(to, reason.n > 0 ? ", " : "");
	buf_str(to, buf_all(&reason));
	if (next[0] != '\0')
		buf_printf(to, ", next try %s", next);
	else if (starts[0] != '\0')
		buf_printf(to, ", starts about %s", starts);
	buf_text(to, action.n > 0 ? "; to do: " : "");
	buf_str(to, action);
	buf_fini(&reason);
}

void view_print(const struct cli *c, const json_t *account)
{
	struct view v = view_of(account);
	struct buf b;

	buf_init(&b, 8192);
	if (has_option(c, OPTION_QUIET))
		buf_str(&b, v.field[VIEW_ID]);
	else
		view_line(&b, &v);
	if (!has_option(c, OPTION_JSON))
		tell_str(&c->term, buf_all(&b));
	buf_fini(&b);
}
