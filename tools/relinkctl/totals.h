/* totals.h - how many accounts are in each status. */
#ifndef RELINKCTL_TOTALS_H
#define RELINKCTL_TOTALS_H
#include <stdio.h>

#include "words.h"

struct totals {
	uint64_t all, by_status[N_STATUSES + 1]; /* the last: statuses of a newer daemon */
};

void totals_add(struct totals *, struct str status);
/* "12 accounts: 1 failed, 11 connected", without a line end. */
void totals_print(const struct totals *, FILE *out, const struct term *);

#endif
