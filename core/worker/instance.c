/* instance.c - see instance.h. */
#include "worker/instance.h"

#include <stdlib.h>

#include "base/obj.h"
#include "worker/answer.h"
#include "worker/fit.h"
#include "worker/host.h"
#include "worker/keys.h"
#include "worker/serve.h"

static void instance_free(struct instance *in)
{
	host_fini(in);
	fence_fini(&in->fence);
	free(in->conf);
	OBJ_FINI(in);
	free(in);
}

static struct instance *instance_new(struct worker *w, struct str name)
{
	struct instance *in = calloc(1, sizeof *in);

	if (in == NULL)
		return NULL;
	OBJ_INIT(in, INSTANCE_MAGIC);
	in->worker = w;
	str_copy(in->name, sizeof in->name, name);
	host_init(in);
	HASH_ADD_STR(w->instances, name, in);
	if (in->hh.tbl == NULL) {
		instance_free(in);
		return NULL;
	}
	return in;
}

static struct instance *any(struct worker *w, struct str name)
{
	struct instance *in;

	HASH_FIND(hh, w->instances, name.p, name.n, in);
	return in;
}

struct instance *instance_find(struct worker *w, struct str name)
{
	struct instance *in = any(w, name);

	return in != NULL && in->state == INSTANCE_OPEN ? in : NULL;
}

/* The plugin's own sentence, or ours when it left none. */
static enum relink_cause refuse(struct instance *in, enum relink_cause cause, const char *said,
				struct why *why)
{
	if (said[0] != '\0')
		why_set(why, ERR_CONFIG, "instance \"%s\": %s", in->name, said);
	else
		why_set(why, ERR_CONFIG, "instance \"%s\": plugin \"%s\" gives no reason", in->name,
			in->worker->plugin.name);
	return (enum relink_cause)fit_cause(cause);
}

/* Let the plugin open it; what it left behind when it refused is cleared and told. */
static enum relink_cause open_in(struct instance *in, struct why *why)
{
	struct worker *w = in->worker;
	char said[256] = "";
	enum relink_cause cause = w->plugin.open(&in->host, in->conf, &in->self, said, sizeof said);

	said[sizeof said - 1] = '\0';
	if (cause != RELINK_NONE) {
		in->state = INSTANCE_CLOSED;
		host_fini(in);
		return refuse(in, cause, said, why);
	}
	in->state = INSTANCE_OPEN;
	w->n_open++;
	return RELINK_NONE;
}

enum relink_cause instance_open(struct worker *w, const struct msg_instance *spec, struct why *why)
{
	struct instance *in;
	int r;

	if (any(w, spec->id) != NULL) {
		why_set(why, ERR_CONFIG, "instance \"%.*s\" is there twice", STR_ARG(spec->id));
		return RELINK_MISCONFIGURED;
	}
	in = instance_new(w, spec->id);
	if (in == NULL) {
		why_set(why, ERR_NOMEM, "no memory for instance \"%.*s\"", STR_ARG(spec->id));
		return RELINK_INTERNAL;
	}
	r = keys_parse(&w->plugin, spec, &in->conf, why);
	if (r < 0) {
		in->state = INSTANCE_CLOSED;
		return r == ERR_NOMEM ? RELINK_INTERNAL : RELINK_MISCONFIGURED;
	}
	return open_in(in, why);
}

void instance_close(struct instance *in)
{
	struct op *op;

	if (in->state != INSTANCE_OPEN)
		return;
	in->state = INSTANCE_CLOSING;
	op = ops_add(&in->worker->ops, 0, MSG_stop, in, 0);
	if (op == NULL) {
		worker_complain(in->worker, in, "no memory to close it in order");
		instance_closed(in);
		return;
	}
	in->worker->plugin.close(in->self, op->id);
}

/* The plugin should have answered each of these. */
static void answer_leftovers(struct instance *in)
{
	unsigned n = 0;

	for (struct op *op = in->worker->ops.open, *next; op != NULL; op = next) {
		next = op->hh.next;
		if (op->instance != in)
			continue;
		n += op->method != MSG_stop;
		answer_unknown(in->worker, op, RELINK_CANCELLED, "the worker is stopping");
		ops_remove(op);
	}
	for (struct op *op = in->worker->ops.expired, *next; op != NULL; op = next) {
		next = op->hh.next;
		if (op->instance == in)
			ops_remove(op);
	}
	if (n > 0)
		worker_complain(in->worker, in, "it was closed with %u operations unanswered", n);
}

void instance_closed(struct instance *in)
{
	struct worker *w = in->worker;

	OBJ_CHECK(in, INSTANCE_MAGIC);
	if (in->state == INSTANCE_CLOSED)
		return;
	in->state = INSTANCE_CLOSED;
	answer_leftovers(in);
	host_fini(in);
	w->n_open--;
	serve_instance_closed(w);
}

void instances_free(struct worker *w)
{
	while (w->instances != NULL) {
		struct instance *in = w->instances;

		HASH_DEL(w->instances, in);
		instance_free(in);
	}
}
