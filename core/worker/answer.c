/* answer.c - see answer.h. */
#include "worker/answer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/killpoint.h"
#include "base/limits.h"
#include "base/must.h"
#include "worker/fit.h"
#include "worker/listing.h"

#define BODY_MAX    65536 /* of control, as in messages.def */
#define BOOT_ID_MAX 64

/* Who gives an operation up cannot say that it did not happen: a cancelled one is unknown. */
static void send_error(struct worker *w, const struct op *op, const struct relink_result *result)
{
	char text[LIMIT_REASON];
	struct fit_room room = { .p = text, .size = sizeof text };
	const struct msg_error error = { .cause = fit_cause(result->cause),
					 .text = fit_text(&room, result->text, LIMIT_REASON),
					 .retry_after = result->retry_after_ms,
					 .generation = result->generation,
					 .unknown = result->unknown != 0 ||
						    result->cause == RELINK_CANCELLED };

	uplink_error(&w->uplink, op->call, op->method, &error);
}

static void send_health(struct worker *w, const struct op *op, const struct relink_result *result)
{
	char text[LIMIT_REASON];
	struct fit_room room = { .p = text, .size = sizeof text };
	const struct msg_health_reply reply = { .state = fit_state(result->state),
						.cause = fit_cause(result->cause),
						.text =
						    fit_text(&room, result->text, LIMIT_REASON) };

	uplink_reply(&w->uplink, op->call, op->method, &reply);
}

static void send_list(struct worker *w, const struct op *op, const struct relink_result *result)
{
	char text[BOOT_ID_MAX];
	struct fit_room room = { .p = text, .size = sizeof text };
	struct msg_list_reply reply = { .boot_id = fit_text(&room, result->boot_id, BOOT_ID_MAX),
					.complete = result->complete != 0 };

	if (op->listing != NULL) {
		listing_flush(op->listing);
		reply.total = listing_total(op->listing);
	}
	uplink_reply(&w->uplink, op->call, op->method, &reply);
}

/* A JSON value cannot be cut or mended: it is passed on whole or not at all. */
static void send_control(struct worker *w, const struct op *op, const struct relink_result *result)
{
	const struct msg_control_reply reply = { .body = fit_str(result->body) };
	struct relink_result unfit = { .cause = RELINK_INTERNAL };

	if (reply.body.n <= BODY_MAX && str_is_utf8(reply.body)) {
		uplink_reply(&w->uplink, op->call, op->method, &reply);
		return;
	}
	unfit.text = fit_lend(STR("the verb's answer is over 64 KiB or not UTF-8"));
	send_error(w, op, &unfit);
}

/* It was sent, whatever the plugin says about it: what does not fit is left out. */
static void send_sent(struct worker *w, const struct op *op, const struct relink_result *result)
{
	struct msg_send_reply reply = { .body = fit_str(result->body) };

	if (reply.body.n > LIMIT_SENT || !str_is_utf8(reply.body))
		reply.body = STR_NONE;
	uplink_reply(&w->uplink, op->call, op->method, &reply);
}

static bool is_error(const struct op *op, const struct relink_result *result)
{
	if (op->method == MSG_health)
		return result->state == RELINK_STATE_UNKNOWN && result->cause != RELINK_NONE &&
		       result->cause != RELINK_GONE;
	return result->cause != RELINK_NONE;
}

void answer_result(struct worker *w, struct op *op, const struct relink_result *result)
{
	KP("worker.done.before_reply");
	if (is_error(op, result)) {
		send_error(w, op, result);
		return;
	}
	switch (op->method) {
	case MSG_create:
		uplink_reply(&w->uplink, op->call, op->method,
			     &(struct msg_create_reply){ .accepted = true });
		break;
	case MSG_disconnect:
		uplink_reply(&w->uplink, op->call, op->method,
			     &(struct msg_disconnect_reply){ .ended = true });
		break;
	case MSG_health:
		send_health(w, op, result);
		break;
	case MSG_list:
		send_list(w, op, result);
		break;
	case MSG_send:
		send_sent(w, op, result);
		break;
	case MSG_control:
		send_control(w, op, result);
		break;
	case MSG_webhook:
		uplink_reply(&w->uplink, op->call, op->method,
			     &(struct msg_webhook_reply){ .taken = true });
		break;
	default:
		must_not_reach("a method that no plugin is asked for");
	}
	KP("worker.done.queued");
}

void answer_unknown(struct worker *w, struct op *op, enum relink_cause cause, const char *text)
{
	const struct relink_result result = { .cause = cause,
					      .text = fit_lend(str_of(text)),
					      .unknown = 1 };

	if (op->method != MSG_stop) /* a close that we asked for ourselves */
		send_error(w, op, &result);
}

void answer_refuse(struct worker *w, const struct msg *request, enum relink_cause cause,
		   uint64_t generation, const char *fmt, ...)
{
	struct msg_error error = { .cause = cause, .generation = generation };
	char said[WHY_MAX], text[LIMIT_REASON];
	struct fit_room room = { .p = text, .size = sizeof text };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof said, fmt, ap);
	va_end(ap);
	error.text = fit_text(&room, fit_lend(str_of(said)), LIMIT_REASON);
	uplink_error(&w->uplink, request->id, request->method, &error);
}
