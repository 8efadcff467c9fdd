/* pages.c - see pages.h. */
#include "pages.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/obj.h"

void pages_of_accounts(const struct cli *c, struct request *q)
{
	static const enum option_id filters[] = { OPTION_WORKSPACE, OPTION_PROVIDER, OPTION_STATUS,
						  OPTION_INSTANCE };

	request_init(q, "GET", "/v1/accounts");
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		if (has_option(c, filters[i]))
			request_query(q, option_specs[filters[i]].name, option_text(c, filters[i]));
	}
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

int pages_walk(struct cli *c, const struct paging *p, bool *ret_more)
{
	uint64_t left = p->limit;
	char *place = NULL;
	bool more = true;
	int r = CTL_OK;

	while (r == CTL_OK && more && left > 0) {
		struct request q;
		struct answer a;
		const json_t *rows;
		char *next;

		p->begin(c, &q);
		request_query_u64(&q, "limit", MIN_OF(left, (uint64_t)LIMIT_PAGE));
		if (place != NULL)
			request_query(&q, p->place, place);
		r = p->call(c, &q, &a);
		request_fini(&q);
		rows = json_object_get(a.json, p->rows);
		if (r == CTL_OK)
			p->page(c, rows, p->ctx);
		left -= MIN_OF(left, (uint64_t)json_array_size(rows));
		next = place_of(json_object_get(a.json, p->next));
		/* A place that does not move on would lead us in circles. */
		more = next != NULL && (place == NULL || strcmp(next, place) != 0);
		free(place);
		place = next;
		answer_fini(&a);
	}
	free(place);
	*ret_more = more;
	return r;
}
