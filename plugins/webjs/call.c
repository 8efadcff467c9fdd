/* call.c - each operation is answered exactly once: by its reply, or at close. */
#include <stdarg.h>
#include <stdlib.h>
#include <utlist.h>

#include "instance.h"

/* An answer must come before the operation's own deadline, or the host drops it. */
#define MARGIN_MS 250u

static void done(struct instance *in, relink_op op, enum relink_cause cause, const char *text)
{
	struct relink_result r = { .size = sizeof r, .cause = cause, .text = str_of(text) };

	in->host->done(in->host, op, &r);
}

static bool take_name(char to[NAME_MAX_BYTES], struct relink_str s)
{
	if (s.n >= NAME_MAX_BYTES || (s.n > 0 && memchr(s.p, '\0', s.n) != NULL))
		return false;
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
	return true;
}

struct call *call_new(struct instance *in, const struct relink_request *req)
{
	struct call *c = calloc(1, sizeof *c);

	if (c == NULL) {
		done(in, req->op, RELINK_INTERNAL, "the plugin has no memory");
		return NULL;
	}
	if (!take_name(c->session, req->session) || !take_name(c->account, req->account)) {
		free(c);
		done(in, req->op, RELINK_INTERNAL,
		     "the id of the session or account is too long for this plugin");
		return NULL;
	}
	c->instance = in;
	c->op = req->op;
	c->generation = req->generation;
	c->deadline_ms = req->deadline_ms;
	DL_APPEND(in->calls, c);
	return c;
}

static void call_free(struct call *c)
{
	DL_DELETE(c->instance->calls, c);
	c->instance->host->http_drop(c->instance->host, c->http);
	c->instance->host->timer_stop(c->instance->host, c->timer);
	if (c->instance->browsers != NULL)
		browsers_drop(c->instance->browsers, &c->look);
	if (c->ask != NULL)
		json_decref(c->ask->body);
	free(c->ask);
	json_decref(c->doc);
	free(c);
}

void call_done(struct call *c, struct relink_result *r)
{
	struct instance *in = c->instance;
	relink_op op = c->op;

	r->size = sizeof *r;
	call_free(c);
	in->host->done(in->host, op, r);
}

void call_fail(struct call *c, const struct verdict *v)
{
	struct relink_result r = { .cause = v->cause,
				   .text = str_of(v->text),
				   .retry_after_ms = v->retry_after_ms,
				   .generation = v->generation,
				   .unknown = c->acts && v->maybe };

	call_done(c, &r);
}

void call_refuse(struct call *c, enum relink_cause cause, const char *fmt, ...)
{
	struct verdict v = { .cause = cause };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v.text, sizeof v.text, fmt, ap);
	va_end(ap);
	call_fail(c, &v);
}

static void on_reply(void *arg, const struct relink_http_reply *reply)
{
	struct call *c = arg;
	struct verdict v;
	json_t *doc = reply_read(c->instance, reply, c->acts, &v);

	c->http = 0;
	if (doc != NULL)
		c->good(c, doc);
	else if (c->bad != NULL)
		c->bad(c, &v);
	else
		call_fail(c, &v);
	json_decref(doc);
}

void call_send(struct call *c, struct ask *a)
{
	struct instance *in = c->instance;
	uint64_t now = in->host->now_ms(in->host);
	uint64_t left = c->deadline_ms > now + MARGIN_MS ? c->deadline_ms - now - MARGIN_MS : 0;
	uint64_t want = a->total_ms != 0 ? a->total_ms : (uint64_t)in->conf->total_ms;

	a->once = c->acts;
	a->total_ms = want < left ? want : left;
	if (left == 0) {
		json_decref(a->body);
		a->body = NULL;
		call_refuse(c, RELINK_NETWORK, "no time is left to ask the service");
		return;
	}
	c->http = ask_send(in, a, on_reply, c);
	if (c->http == 0)
		call_refuse(
		    c, RELINK_PROVIDER_DOWN,
		    "the question was not sent: too many wait for an answer, or there is no "
		    "memory");
}

void call_cancel_all(struct instance *in)
{
	struct call *c;

	while ((c = in->calls) != NULL) {
		struct verdict v;

		verdict_set(&v, RELINK_CANCELLED, c->http != 0, "%s",
			    "the instance was closed before the answer");
		call_fail(c, &v);
	}
}
