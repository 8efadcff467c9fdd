/* face.c - set-up and end of what connections share. */
#include "api/face.h"

#include <time.h>

#include "api/dropin/dropin.h"
#include "api/endpoints/endpoints.h"
#include "api/wait.h"
#include "base/clock.h"

int face_init(struct face *f, const struct api_options *o, const struct api_port *port,
	      struct bus *bus)
{
	*f = (struct face){
		.port = *port,
		.bus = bus,
		.hosts = { .any = true },
		.header_ms = o->header_ms,
		.body_ms = o->body_ms,
		.write_ms = o->write_ms,
		.idle_ms = o->idle_ms,
		.body_limit = o->body_bytes,
		.metrics_open = o->metrics_open,
		.office = o->office,
		.figures = o->figures,
		.figures_ctx = o->figures_ctx,
	};
	buf_init(&f->content, ANSWER_MAX);
	return waits_new(&f->waits, f);
}

void face_fini(struct face *f)
{
	endpoints_free(&f->endpoints);
	dropin_free(&f->dropin);
	waits_free(&f->waits);
	failures_fini(&f->failures);
	guests_fini(&f->guests);
	hosts_fini(&f->hosts);
	buf_fini(&f->content);
	deadlines_fini(&f->deadlines);
}

const char *face_date(struct face *f)
{
	uint64_t now_s = clock_wall_ms() / 1000;
	time_t t = (time_t)now_s;
	struct tm tm;

	if (now_s != f->date_s && gmtime_r(&t, &tm) != NULL) {
		f->date_s = now_s;
		strftime(f->date, sizeof f->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	}
	return f->date;
}
