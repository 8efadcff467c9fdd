/* pages.c - see pages.h. */
#include "pages.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/obj.h"
#include "call.h"

void pages_of_accounts(const struct cli *c, struct request *q)
{
	static const enum option_id filters[] = { OPTION_WORKSPACE, OPTION_PROVIDER, OPTION_STATUS,
						  OPTION_INSTANCE, OPTION_SORT };

	request_init(q, "GET", "/v1/accounts");
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		if (has_option(c, filters[i]))
			request_query(q, option_specs[filters[i]].name, option_text(c, filters[i]));
	}
	if (has_option(c, OPTION_SEARCH))
		request_query(q, "q", option_text(c, OPTION_SEARCH));
}

/* A cursor is a string, a sequence number is a number; null: there are no more. */
static char *place_of(const json_t *next)
{
	char *place = NULL;

	if (json_is_string(next))
		return str_dup((struct str){ json_string_value(next), json_string_length(next) });
	if (json_is_integer(next) &&
	    asprintf(&place, "%" JSON_INTEGER_FORMAT, json_integer_value(next)) < 0)
		return NULL;
	return place;
}

/* Rows of an array without its brackets; `first`: no comma before them. */
static void print_rows(const json_t *rows, bool first)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		char *text = json_dumps(row, JSON_COMPACT | JSON_ENCODE_ANY);

		printf("%s%s", first && i == 0 ? "" : ",", text != NULL ? text : "null");
		free(text);
	}
}

/* With --json a list is one document, of however many pages it was made: a single page as it came. */
struct document {
	bool begun, rows;
};

static void add_page(const struct cli *c, struct document *d, const struct paging *p,
		     const struct answer *a, bool last)
{
	const json_t *rows = json_object_get(a->json, p->rows);
	char *next;

	if (!has_option(c, OPTION_JSON))
		return;
	if (!d->begun && last) {
		call_print_json(c, a);
		return;
	}
	if (!d->begun)
		printf("{\"%s\":[", p->rows);
	print_rows(rows, !d->rows);
	d->begun = true;
	d->rows = d->rows || json_array_size(rows) > 0;
	if (!last)
		return;
	next = json_dumps(json_object_get(a->json, p->next), JSON_ENCODE_ANY);
	printf("],\"%s\":%s}\n", p->next, next != NULL ? next : "null");
	free(next);
}

/* One page; *ret_place is where the next one begins, NULL behind the last. */
static int walk_page(struct cli *c, const struct paging *p, struct document *d, uint64_t *left,
		     const char *place, char **ret_place)
{
	struct request q;
	struct answer a;
	const json_t *rows;
	int r;

	p->begin(c, &q);
	request_query_u64(&q, "limit", MIN_OF(*left, (uint64_t)LIMIT_PAGE));
	if (place != NULL)
		request_query(&q, p->place, place);
	r = p->call(c, &q, &a);
	request_fini(&q);
	rows = json_object_get(a.json, p->rows);
	*left -= MIN_OF(*left, (uint64_t)json_array_size(rows));
	*ret_place = place_of(json_object_get(a.json, p->next));
	/* A place that does not move on would lead us in circles. */
	if (place != NULL && *ret_place != NULL && strcmp(*ret_place, place) == 0) {
		free(*ret_place);
		*ret_place = NULL;
	}
	if (r == CTL_OK && p->document)
		add_page(c, d, p, &a, *ret_place == NULL || *left == 0);
	if (r == CTL_OK)
		p->page(c, rows, p->ctx);
	answer_fini(&a);
	return r;
}

int pages_walk(struct cli *c, const struct paging *p, bool *ret_more)
{
	struct document d = { false, false };
	uint64_t left = p->limit;
	char *place = NULL;
	bool more = true;
	int r = CTL_OK;

	while (r == CTL_OK && more && left > 0) {
		char *next;

		r = walk_page(c, p, &d, &left, place, &next);
		more = next != NULL;
		free(place);
		place = next;
	}
	free(place);
	*ret_more = more;
	return r;
}
