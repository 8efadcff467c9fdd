/*
 * metrics_text.h - figures as the text that Prometheus scrapes (version 0.0.4).
 *
 * metrics.def has all of them.  Values of one metric are written one behind the other; the first one
 * brings HELP and TYPE.  The buffer remembers failure.  Pure.
 */
#ifndef RELINK_OUT_METRICS_TEXT_H
#define RELINK_OUT_METRICS_TEXT_H
#include "base/buf.h"
#include "base/histogram.h"

enum metric {
#define METRIC(id, type, name, labels, help) METRIC_##id,
#include "out/metrics.def"
	METRIC_COUNT
};
enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_info {
	enum metric_type type;
	const char *name, *labels, *help;
};
const struct metric_info *metric_info(enum metric);

struct metrics {
	struct buf *out;
	unsigned open;           /* the metric that is being written; METRIC_COUNT: none */
	bool done[METRIC_COUNT]; /* begun; must not be begun again */
};

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

void metrics_init(struct metrics *, struct buf *out);

/* The values of the metric's labels, in their order: as many as it has, lent. */
#define LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_LABELS   ((const char *const[]){ NULL })

void metrics_u64(struct metrics *, enum metric, const char *const *labels, uint64_t v);
/* v / per_unit, exactly: 1500 per 1000 is written 1.5.  per_unit is a power of ten. */
void metrics_parts(struct metrics *, enum metric, const char *const *labels, uint64_t v,
		   uint64_t per_unit);
void metrics_histogram(struct metrics *, enum metric, const char *const *labels,
		       const struct histogram_steps *, const struct histogram *);

#endif
