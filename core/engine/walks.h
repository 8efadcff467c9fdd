/*
 * walks.h - walks over all accounts for lists and sums, a bounded piece in one turn.
 *
 * Only views.c and walks.c include this.
 */
#ifndef RELINK_ENGINE_WALKS_H
#define RELINK_ENGINE_WALKS_H
#include "engine/state.h"

/* views.c.  `text`, of LIMIT_WAITS, must live as long as the view. */
void account_view_of(const struct engine *, const struct member *, char *text,
		     struct account_view *);
bool account_fits(const struct account_filter *, const struct member *);

/* The api_port's. */
uint64_t walk_find(void *ctx, const struct account_filter *, uint32_t rows,
		   void (*each)(void *arg, uint64_t key, uint64_t row), void *arg);
bool walk_account_at(void *ctx, uint64_t row, struct account_view *ret_view);
uint64_t walk_health(void *ctx, uint64_t after_row, uint32_t rows, struct health_summary *);
void walk_totals(void *ctx, void (*each)(void *arg, const struct totals_view *), void *arg);

#endif
