/* answer.c - each operation is answered exactly once: after its latency, or at close. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "instance.h"

struct answer *answer_new(struct instance *in, relink_op op)
{
	struct answer *a = calloc(1, sizeof *a);

	if (a == NULL) {
		struct relink_result r = { .size = sizeof r,
					   .cause = RELINK_INTERNAL,
					   .text = str_of("the mock is out of memory") };

		in->host->done(in->host, op, &r);
		return NULL;
	}
	a->instance = in;
	a->op = op;
	a->result.size = sizeof a->result;
	DL_APPEND(in->open, a);
	return a;
}

void answer_set(struct answer *a, enum relink_cause cause, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->text, sizeof a->text, fmt, ap);
	va_end(ap);
	a->result.cause = cause;
	a->result.text = str_of(a->text);
}

/* The answer is in no list any more. */
static void finish(struct answer *a)
{
	struct instance *in = a->instance;

	in->host->timer_stop(in->host, a->timer);
	in->host->done(in->host, a->op, &a->result);
	if (a->again)
		in->host->done(in->host, a->op, &a->result);
	free(a);
}

static void cancel(struct answer *a, const char *why)
{
	a->result = (struct relink_result){ .size = sizeof a->result };
	answer_set(a, RELINK_CANCELLED, "%s", why);
	finish(a);
}

static void on_latency_over(void *arg)
{
	struct answer *a = arg;

	a->timer = 0;
	DL_DELETE(a->instance->open, a);
	finish(a);
}

void answer_send(struct answer *a, uint64_t ms)
{
	const struct relink_host *host = a->instance->host;

	if (ms > 0)
		a->timer = host->timer_start(host, ms, on_latency_over, a);
	if (a->timer == 0) {
		DL_DELETE(a->instance->open, a);
		finish(a);
	}
}

void answer_withhold(struct answer *a)
{
	struct instance *in = a->instance;
	struct answer *oldest = in->withheld;

	DL_DELETE(in->open, a);
	DL_APPEND(in->withheld, a);
	if (in->n_withheld < ANSWERS_WITHHELD_MAX) {
		in->n_withheld++;
	} else {
		DL_DELETE(in->withheld, oldest);
		cancel(oldest, "too many answers are withheld");
	}
}

void answer_cancel_all(struct instance *in)
{
	struct answer *a;

	DL_CONCAT(in->open, in->withheld);
	in->withheld = NULL;
	in->n_withheld = 0;
	while ((a = in->open) != NULL) {
		DL_DELETE(in->open, a);
		cancel(a, "the instance was closed before the answer");
	}
}
