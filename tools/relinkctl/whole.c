/* whole.c - see whole.h. */
#include "whole.h"

#include <inttypes.h>

#include "call.h"
#include "field.h"
#include "say.h"

static void print_id(struct cli *c, const struct whole *w, const json_t *row)
{
	if (w->print_id != NULL)
		w->print_id(c, row);
	else if (json_is_integer(json_object_get(row, w->id)))
		tell(&c->term, "%" PRIu64, field_u64(row, w->id));
	else
		tell_str(&c->term, field_str(row, w->id));
}

static void print_rows(struct cli *c, const struct whole *w, const json_t *rows)
{
	const json_t *row;
	struct table t;
	size_t n;

	table_init(&t, w->columns, w->n_columns, &c->term);
	json_array_foreach(rows, n, row)
	{
		if (for_people(c))
			w->row(&t, row);
		else
			print_id(c, w, row);
	}
	if (for_people(c) && json_array_size(rows) == 0 && w->none != NULL)
		say(&c->term, "%s", w->none);
	else if (for_people(c))
		table_print(&t, stdout);
	table_fini(&t);
}

int whole_print(struct cli *c, const struct whole *w)
{
	struct request q;
	struct answer a;
	int r;

	request_init(&q, "GET", w->path);
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK && !has_option(c, OPTION_JSON))
		print_rows(c, w, json_object_get(a.json, w->rows));
	answer_fini(&a);
	return r;
}
