/* wait.c - see wait.h. */
#include "wait.h"

#include <inttypes.h>

#include "base/clock.h"
#include "call.h"
#include "text.h"

unsigned wait_seconds(const struct cli *c, unsigned otherwise)
{
	if (has_option(c, OPTION_NO_WAIT))
		return 0;
	return (unsigned)option_number(c, OPTION_WAIT, otherwise);
}

void wait_begin(struct wait *w, struct cli *c, const char *id, unsigned seconds)
{
	*w = (struct wait){ .cli = c, .id = id, .seconds = seconds, .begun_ms = clock_ms() };
	w->until_ms = w->begun_ms + seconds * UINT64_C(1000);
}

int wait_call(struct wait *w, struct request *q, struct answer *ret_answer)
{
	int r;

	q->wait_s = w->seconds;
	q->tick = w->seconds > 0 ? wait_tick : NULL;
	q->ctx = w;
	r = call(w->cli, q, ret_answer);
	wait_wipe(w);
	return r;
}

void wait_status(struct wait *w, struct str status)
{
	if (str_is(status, w->status))
		return;
	str_copy(w->status, sizeof w->status, status);
	wait_wipe(w);
}

void wait_tick(void *ctx)
{
	struct wait *w = ctx;
	const struct term *t = &w->cli->term;
	uint64_t passed_s = (clock_ms() - w->begun_ms) / 1000;
	struct buf raw, line;

	if (!t->err_tty || !for_people(w->cli) || (w->shown && w->shown_s == passed_s))
		return;
	buf_init(&raw, 4096);
	buf_init(&line, 4096);
	buf_printf(&raw, "%s: %s, %" PRIu64 " s of %" PRIu64 " (Ctrl-C ends the waiting only)",
		   w->id, w->status[0] != '\0' ? w->status : "waiting", passed_s,
		   (w->until_ms - w->begun_ms) / 1000);
	text_add(&line, buf_all(&raw), t->utf8);
	/* A line that wraps could not be wiped. */
	if (t->columns > 0)
		line.n = text_fit(buf_all(&line), t->columns - 1);
	fprintf(stderr, "\r\033[K%.*s", STR_ARG(buf_all(&line)));
	fflush(stderr);
	buf_fini(&raw);
	buf_fini(&line);
	w->shown = true;
	w->shown_s = passed_s;
}

void wait_wipe(struct wait *w)
{
	if (w->shown)
		fputs("\r\033[K", stderr);
	w->shown = false;
}
