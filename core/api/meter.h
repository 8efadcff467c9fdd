/* meter.h - requests, counted by route and answer. */
#ifndef RELINK_API_METER_H
#define RELINK_API_METER_H
#include "base/histogram.h"

struct metrics;
struct route;

enum {
#define ROUTE(method, path, handler, access, body, query, doc) +1
	METER_ROUTES = 0
#include "api/routes.def"
	,
	METER_CLASSES = 5 /* 1xx to 5xx */
};

struct meter {
	struct {
		uint64_t answers[METER_CLASSES];
		struct histogram ms;
	} routes[METER_ROUTES + 1]; /* the last: no route */
};

/* `route` NULL: there is none. */
void meter_count(struct meter *, const struct route *, unsigned status, uint64_t ms);
void meter_write(const struct meter *, struct metrics *);

#endif
