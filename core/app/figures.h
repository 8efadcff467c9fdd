/* figures.h - what /metrics tells of the parts that know nothing of it. */
#ifndef RELINK_APP_FIGURES_H
#define RELINK_APP_FIGURES_H

struct metrics;
struct pool;
struct store;

void pool_figures(const struct pool *, struct metrics *);
void store_figures(struct store *, struct metrics *);
/* Of this process, by the names that Prometheus' own clients use. */
void process_figures(struct metrics *);

#endif
