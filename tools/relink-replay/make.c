/*
 * make.c - see make.h.
 *
 * Each step begins where it began in the field, and has the outcome that this build gives: it is
 * right once the fault is mended.
 */
#include "make.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "record/recorder.h"

#define MAKE_BYTES (64u << 20)

struct make {
	const char *path;
	FILE *file;
	struct recorder *recorder;
	bool failed;
};

bool make_begin(struct make **ret_make, const char *path)
{
	const struct recorder_options o = { .file_bytes = MAKE_BYTES };
	struct make *m = calloc(1, sizeof *m);

	if (m == NULL || recorder_new(&m->recorder, &o) < 0) {
		fprintf(stderr, "relink-replay: no memory\n");
		free(m);
		return false;
	}
	m->path = path;
	m->file = fopen(path, "wxe");
	if (m->file == NULL) {
		fprintf(stderr, "relink-replay: cannot make %s: %s\n", path, strerror(errno));
		recorder_free(&m->recorder);
		free(m);
		return false;
	}
	*ret_make = m;
	return true;
}

static void flush(struct make *m)
{
	struct recorder_chunk c;

	while (recorder_take(m->recorder, &c)) {
		if (fwrite(c.bytes.p, 1, c.bytes.n, m->file) != c.bytes.n)
			m->failed = true;
		recorder_kept(m->recorder, c.bytes.n);
	}
}

bool make_step(struct make *m, const struct recorded *s, const struct replayed *r)
{
	struct recorder_step step = { .row = s->row,
				      .provider = s->provider,
				      .p = &s->policy,
				      .before = &s->before,
				      .after = &r->after,
				      .event = &s->event,
				      .fx = &r->effects };

	recorder_forget(m->recorder, s->row);
	recorder_step(m->recorder, &step);
	flush(m);
	return !m->failed;
}

bool make_end(struct make **make)
{
	struct make *m = *make;
	bool ok;

	flush(m);
	ok = fclose(m->file) == 0 && !m->failed;
	if (!ok)
		fprintf(stderr, "relink-replay: cannot write %s\n", m->path);
	recorder_free(&m->recorder);
	free(m);
	*make = NULL;
	return ok;
}
