/* totals.c - see totals.h. */
#include "totals.h"

#include <inttypes.h>

void totals_add(struct totals *t, struct str status)
{
	t->all++;
	t->by_status[status_rank(status)]++;
}

void totals_print(const struct totals *t, FILE *out, const struct term *term)
{
	const char *comma = ": ";

	fprintf(out, "%" PRIu64 " account%s", t->all, t->all == 1 ? "" : "s");
	for (unsigned i = 0; i <= N_STATUSES; i++) {
		enum paint paint = i < N_STATUSES ? status_words[i].paint : PAINT_NONE;
		const char *name = i < N_STATUSES ? status_words[i].name : "other";

		if (t->by_status[i] == 0)
			continue;
		fprintf(out, "%s%s%" PRIu64 " %s%s", comma, term_paint(term, paint),
			t->by_status[i], name, term_plain(term));
		comma = ", ";
	}
}
