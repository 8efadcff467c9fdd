/*
 * forwarding.h - the face's events on their way to the application: as signed POSTs, from the journal.
 */
#ifndef RELINK_API_DROPIN_FORWARDING_H
#define RELINK_API_DROPIN_FORWARDING_H
#include <stdint.h>

#include "base/err.h"

struct dropin;
struct dropin_options;
struct forward_stats;
struct forwarding;

/* Reads the secret's file.  ERR_CONFIG, ERR_NOMEM. */
int forwarding_new(struct forwarding **ret_forwarding, struct dropin *,
		   const struct dropin_options *, struct why *);
/* `url`: what the application knows us by.  ERR_NOMEM. */
int forwarding_start(struct forwarding *, const char *url);
void forwarding_stop(struct forwarding *);
void forwarding_stats(const struct forwarding *, struct forward_stats *ret_stats,
		      uint64_t *ret_backlog);
/* NULL inside is fine. */
void forwarding_free(struct forwarding **);

#endif
