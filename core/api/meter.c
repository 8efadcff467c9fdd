/* meter.c - see meter.h. */
#include "api/meter.h"

#include "api/router.h"
#include "base/must.h"
#include "out/metrics_text.h"

void meter_count(struct meter *m, const struct route *route, unsigned status, uint64_t ms)
{
	size_t n, at;
	const struct route *all = router_routes(&n);

	must(n == METER_ROUTES && status >= 100 && status < 600);
	at = route != NULL ? (size_t)(route - all) : n;
	m->routes[at].answers[status / 100 - 1]++;
	histogram_add(&m->routes[at].ms, &steps_call_ms, ms);
}

/* Routes that nobody has used are left out: most have no use in most places. */
void meter_write(const struct meter *m, struct metrics *out)
{
	static const char *const classes[METER_CLASSES] = { "1xx", "2xx", "3xx", "4xx", "5xx" };
	size_t n;
	const struct route *all = router_routes(&n);

	for (size_t i = 0; i <= n; i++) {
		const char *method = i < n ? http_method_name(all[i].method) : "";
		const char *path = i < n ? all[i].path : "";

		for (unsigned c = 0; c < METER_CLASSES; c++) {
			if (m->routes[i].answers[c] > 0)
				metrics_u64(out, METRIC_http_requests,
					    LABELS(method, path, classes[c]),
					    m->routes[i].answers[c]);
		}
	}
	for (size_t i = 0; i <= n; i++) {
		const char *method = i < n ? http_method_name(all[i].method) : "";
		const char *path = i < n ? all[i].path : "";

		if (histogram_count(&m->routes[i].ms) > 0)
			metrics_histogram(out, METRIC_http_time, LABELS(method, path),
					  &steps_call_ms, &m->routes[i].ms);
	}
}
