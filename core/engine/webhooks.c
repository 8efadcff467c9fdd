/*
 * webhooks.c - requests of backends to us: which instance is one for, and what is it answered.
 *
 * Whoever knows the address can send one, so nothing in it is believed here; the plugin says whether it
 * is genuine.  A path names a provider, and perhaps an instance.  Where it does not, each instance
 * that serves is asked in turn, since only the one with the right secret can tell.
 */
#include "engine/state.h"

/* Under way at once; a sender tries again.  Their bytes stay far below what a worker's link takes, since
 * anybody may send them and operations go the same way. */
#define WEBHOOKS_MAX      256
#define WEBHOOK_BYTES_MAX (LIMIT_LINK_QUEUE / 4)

static void refuse(struct engine *e, struct command **c, int code, const char *problem,
		   struct str text)
{
	struct command_result result = { .code = code, .problem = problem, .text = text };

	reply_now(e, c, &result);
}

/* The next one after `last` (NULL: the first) that may be meant. */
static struct instance *next_of(struct engine *e, struct provider *p, const struct instance *last,
				const char *name)
{
	for (size_t n = last != NULL ? (size_t)(last - p->instances) + 1 : 0; n < p->n_instances;
	     n++) {
		struct instance *i = &p->instances[n];

		if ((name == NULL || strcmp(i->conf->id, name) == 0) && instance_serves(e, i))
			return i;
	}
	return NULL;
}

/* The old whatsapp-service writes "webjs" into its path, whatever its provider is called here. */
#define OLD_NAME "webjs"
#define OLD_IS   "webjs-seed"

static struct provider *old_one(struct engine *e, const char *name)
{
	return strcmp(name, OLD_NAME) == 0 ? provider_by_name(e, OLD_IS) : NULL;
}

static bool has_instance(const struct provider *p, const char *name)
{
	for (size_t n = 0; p != NULL && n < p->n_instances; n++) {
		if (strcmp(p->instances[n].conf->id, name) == 0)
			return true;
	}
	return false;
}

/* Before the first worker said hello nobody knows: then it may. */
static bool takes_webhooks(const struct provider *p)
{
	return p != NULL && (p->caps == 0 || (p->caps & RELINK_CAP_WEBHOOK) != 0);
}

const char *webhook_problem(struct engine *e, const char *provider, const char *instance,
			    struct why *why)
{
	struct provider *p = provider_by_name(e, provider), *old = old_one(e, provider);

	if (p == NULL && old == NULL) {
		why_set(why, ERR_NOTFOUND, "there is no provider \"%s\" in the configuration",
			provider);
		return "not_found";
	}
	if (instance != NULL && !has_instance(p, instance) && !has_instance(old, instance)) {
		why_set(why, ERR_NOTFOUND, "provider \"%s\" has no instance \"%s\"", provider,
			instance);
		return "instance_not_found";
	}
	if (takes_webhooks(p) || takes_webhooks(old))
		return NULL;
	why_set(why, ERR_NOTFOUND, "provider \"%s\" takes no webhooks", provider);
	return "not_found";
}

void webhook_take(struct engine *e, struct command *c)
{
	struct provider *p = provider_by_name(e, c->provider);
	size_t size = strlen(c->args);
	struct why why = { 0 };
	const char *problem = webhook_problem(e, c->provider, c->instance, &why);
	struct instance *i;

	if (problem != NULL) { /* as it was when it came, it is no longer */
		refuse(e, &c, ERR_NOTFOUND, problem, str_of(why.text));
		return;
	}
	if (p == NULL)
		p = old_one(e, c->provider);
	if (e->n_webhooks >= WEBHOOKS_MAX || e->webhook_bytes + size > WEBHOOK_BYTES_MAX) {
		e->stats.webhooks_refused++;
		refuse(e, &c, ERR_FULL, "overloaded",
		       STR("too many webhooks are being looked at; try again in a second"));
		return;
	}
	i = next_of(e, p, NULL, c->instance);
	if (i == NULL && old_one(e, c->provider) != NULL)
		i = next_of(e, old_one(e, c->provider), NULL, c->instance);
	if (i == NULL) {
		refuse(e, &c, ERR_UNAVAILABLE, "provider_unavailable",
		       STR("no worker of this provider, or of this instance, is ready; try again"));
		return;
	}
	e->n_webhooks++;
	e->webhook_bytes += size;
	e->stats.webhooks++;
	call_webhook(e, i, &c);
}

/* Not genuine for one instance, or not answered there, it may be genuine for the next. */
static bool ask_next(struct engine *e, struct op *op)
{
	struct provider *p = op->instance->provider, *old = old_one(e, op->command->provider);
	struct instance *i = next_of(e, p, op->instance, op->command->instance);

	if (i == NULL && old != NULL && old != p)
		i = next_of(e, old, NULL, op->command->instance);

	if (i == NULL)
		return false;
	call_webhook(e, i, &op->command);
	return true;
}

void webhook_answered(struct engine *e, struct op *op, const struct inbox_reply *r)
{
	struct command_result taken = { .code = 0 };
	bool answered = r->result == ERR_STATE && r->cause != RELINK_PROVIDER_DOWN;
	bool refused = answered && r->cause != RELINK_INTERNAL;

	if (r->result != 0 && !answered)
		op->command->undecided = true; /* it may have been for this one */
	if (r->result != 0 && (refused || !answered) && ask_next(e, op))
		return;
	e->n_webhooks--;
	e->webhook_bytes -= strlen(op->command->args);
	if (r->result == 0) {
		/* what it said is stored before the sender may forget it */
		batch_reply(e, &op->command, &taken);
		return;
	}
	e->stats.webhooks_refused++;
	if (refused && !op->command->undecided)
		refuse(e, &op->command, ERR_STATE, "webhook_refused",
		       r->text.n > 0 ? r->text : STR("the signature is wrong"));
	else if (answered && !refused)
		refuse(e, &op->command, ERR_FORMAT, "bad_request",
		       r->text.n > 0 ? r->text : STR("the body cannot be read"));
	else
		refuse(e, &op->command, ERR_UNAVAILABLE, "provider_unavailable",
		       STR("a worker of this provider did not answer; try again"));
}
