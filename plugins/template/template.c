/*
 * template.c - a provider plugin to begin with.  It works as it is: its backend is a list in memory.
 *
 * To make it yours: give it a name (the descriptor at the end, CMakeLists.txt), put the URL and the key
 * of your backend into `keys`, and replace what is marked "backend" by questions to yours through
 * host->http().  relink/plugin.h says what each function owes to whom; relink-plugin-check tells
 * whether this file keeps it.
 */
#include <relink/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an operator may configure, checked by the worker before open(). */
struct conf {
	int64_t scan_ms;
};
static const struct relink_key keys[] = {
	{ "scan_after", "3s", "0", "1h", "How long until the pretended person scans.",
	  RELINK_TYPE_DURATION, 0, offsetof(struct conf, scan_ms) },
	{ 0 },
};

/* backend: a session that runs there. */
struct session {
	struct instance *in;
	struct session *next;
	char *id;
	uint64_t generation;
	enum relink_state state;
	int resume;
	relink_timer timer; /* its next step is due */
};

struct instance {
	const struct relink_host *host;
	struct conf conf;
	struct session *sessions;
};

static struct relink_str text(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

/* Every operation ends here, exactly once. */
static void answer(const struct instance *in, relink_op op, enum relink_cause cause,
		   const char *why)
{
	struct relink_result r = { .size = sizeof r, .cause = cause, .text = text(why) };

	in->host->done(in->host, op, &r);
}

static struct relink_session describe(const struct session *s)
{
	return (struct relink_session){ .size = sizeof(struct relink_session),
					.session = text(s->id),
					.generation = s->generation,
					.state = s->state };
}

/* A copy with a NUL behind it; NULL: no memory. */
static char *keep(struct relink_str s)
{
	char *copy = malloc(s.n + 1);

	if (copy != NULL) {
		memcpy(copy, s.p, s.n);
		copy[s.n] = '\0';
	}
	return copy;
}

static struct session *find(const struct instance *in, struct relink_str id)
{
	struct session *s = in->sessions;

	while (s != NULL && (strlen(s->id) != id.n || memcmp(s->id, id.p, id.n) != 0))
		s = s->next;
	return s;
}

/* ---- backend: what happens there by itself ---- */

static void next_step(void *arg)
{
	struct session *s = arg;
	const struct relink_host *host = s->in->host;
	struct relink_session news;
	uint64_t wait = 0;
	char code[64];

	s->timer = 0;
	if (s->state == RELINK_STATE_STARTING && !s->resume) {
		s->state = RELINK_STATE_QR;
		wait = (uint64_t)s->in->conf.scan_ms;
	} else {
		s->state = RELINK_STATE_CONNECTED;
	}
	news = describe(s);
	if (s->state == RELINK_STATE_QR) {
		snprintf(code, sizeof code, "template %016llx",
			 (unsigned long long)host->random(host));
		news.qr = text(code);
	}
	host->event(host, &news);
	if (wait > 0)
		s->timer = host->timer_start(host, wait, next_step, s);
}

static void end_session(struct session *s)
{
	struct session **at = &s->in->sessions;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->in->host->timer_stop(s->in->host, s->timer);
	free(s->id);
	free(s);
}

static struct session *start_session(struct instance *in, const struct relink_request *r)
{
	struct session *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->id = keep(r->session);
	s->timer = in->host->timer_start(in->host, 100, next_step, s);
	if (s->id == NULL || s->timer == 0) {
		in->host->timer_stop(in->host, s->timer);
		free(s->id);
		free(s);
		return NULL;
	}
	s->in = in;
	s->generation = r->generation;
	s->resume = r->resume;
	s->state = RELINK_STATE_STARTING;
	s->next = in->sessions;
	in->sessions = s;
	return s;
}

/* ---- the operations ---- */

static enum relink_cause open_instance(const struct relink_host *host, const void *conf,
				       void **ret_self, char *why, size_t n)
{
	struct instance *in = calloc(1, sizeof *in);

	if (in == NULL) {
		snprintf(why, n, "no memory for the instance %s", host->instance);
		return RELINK_INTERNAL;
	}
	in->host = host;
	in->conf = *(const struct conf *)conf;
	*ret_self = in;
	return RELINK_NONE;
}

/* The same create may come again only with another generation, so a session of that id is an older life. */
static void create(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	struct session *old = find(in, r->session);

	if (old != NULL && old->generation >= r->generation) {
		struct relink_result stale = { .size = sizeof stale,
					       .cause = RELINK_STALE,
					       .generation = old->generation,
					       .text = text("a newer session of that id runs") };

		in->host->done(in->host, r->op, &stale);
		return;
	}
	if (old != NULL)
		end_session(old);
	if (start_session(in, r) == NULL)
		answer(in, r->op, RELINK_PROVIDER_DOWN, "no memory for the session");
	else
		answer(in, r->op, RELINK_NONE, "");
}

/* What does not exist is disconnected already. */
static void disconnect(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	struct session *s = find(in, r->session);

	if (s != NULL && s->generation <= r->generation)
		end_session(s);
	answer(in, r->op, RELINK_NONE, "");
}

static void health(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	const struct session *s = find(in, r->session);
	struct relink_result found = { .size = sizeof found };

	if (s != NULL) {
		found.state = s->state;
	} else {
		found.cause = RELINK_GONE;
		found.text = text("there is no such session");
	}
	in->host->done(in->host, r->op, &found);
}

/* "complete" is a promise: whatever is not in this list is gone.  A list that may lack something says 0. */
static void list(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	struct relink_result whole = { .size = sizeof whole, .complete = 1 };

	for (const struct session *s = in->sessions; s != NULL; s = s->next) {
		struct relink_session one = describe(s);

		in->host->listed(in->host, r->op, &one);
	}
	in->host->done(in->host, r->op, &whole);
}

static void close_instance(void *self, relink_op op)
{
	struct instance *in = self;
	const struct relink_host *host = in->host;
	struct relink_result r = { .size = sizeof r };

	while (in->sessions != NULL)
		end_session(in->sessions);
	free(in);
	host->done(host, op, &r);
}

RELINK_PLUGIN(.name = "template", .version = "0.1", .summary = "a plugin to begin with",
	      .caps = RELINK_CAP_LIST | RELINK_CAP_PUSH, .keys = keys,
	      .conf_size = sizeof(struct conf), .open = open_instance, .create = create,
	      .disconnect = disconnect, .health = health, .list = list, .close = close_instance, );
