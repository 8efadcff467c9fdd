/*
 * bad.c - a plugin with one fault, chosen by BUG, so that relink-plugin-check is seen to find it.
 */
#include <relink/plugin.h>
#include <stdlib.h>
#include <string.h>

#define NONE       0
#define TWICE      1
#define NEVER      2
#define EMPTY_LIST 3
#define KEEPS      4
#define CRASHES    5
#define HANGS      6
#define LEAVES     7
#define CLOSES     8
#define OLD_NEWS   9
#define NOT_FENCED 10
#define GULLIBLE   11
#define NO_SIZE    12
#define STRANGERS  13
#define LATE_CALL  14
#define SENDS      15

struct instance {
	const struct relink_host *host;
	char id[160];
	struct relink_str lent;
	uint64_t generation;
	relink_op open, last;
};

static void answer(struct instance *in, relink_op op, enum relink_cause cause)
{
	struct relink_result r = { .size = BUG == NO_SIZE ? 0 : sizeof r, .cause = cause };

	r.complete = 1;
	in->host->done(in->host, op, &r);
}

static enum relink_cause open_(const struct relink_host *host, const void *conf, void **ret_self,
			       char *why, size_t n)
{
	struct instance *in = calloc(1, sizeof *in);

	(void)conf;
	(void)why;
	(void)n;
	if (in == NULL)
		return RELINK_INTERNAL;
	in->host = host;
	*ret_self = in;
	return RELINK_NONE;
}

static void on_time(void *arg)
{
	struct instance *in = arg;
	struct relink_session s = { .size = sizeof s,
				    .session = { in->id, strlen(in->id) },
				    .generation = in->generation,
				    .state = RELINK_STATE_CONNECTED };

	if (BUG == OLD_NEWS)
		s.generation--;
	in->host->event(in->host, &s);
}

/* Whatever came, it is taken as a yes. */
static void on_reply(void *arg, const struct relink_http_reply *reply)
{
	struct instance *in = arg;
	relink_op op = in->open;

	(void)reply;
	in->open = 0;
	answer(in, op, RELINK_NONE);
}

static int asks(struct instance *in, relink_op op)
{
	struct relink_http_request r = { .size = sizeof r };

	if ((BUG != GULLIBLE && BUG != SENDS) || in->open != 0)
		return 0;
	in->open = op;
	return in->host->http(in->host, &r, on_reply, in) != 0;
}

static void create(void *self, const struct relink_request *r)
{
	struct instance *in = self;

	if (BUG == GULLIBLE && asks(in, r->op))
		return;
	memcpy(in->id, r->session.p, r->session.n);
	in->id[r->session.n] = '\0';
	in->lent = r->session;
	in->generation = r->generation;
	if (BUG == LEAVES)
		in->host->timer_start(in->host, 3600000, on_time, in);
	else if (BUG == OLD_NEWS)
		in->host->timer_start(in->host, 10, on_time, in);
	if (BUG != NEVER && BUG != CLOSES)
		answer(in, r->op, RELINK_NONE);
	if (BUG == TWICE)
		answer(in, r->op, RELINK_NONE);
}

static void disconnect(void *self, const struct relink_request *r)
{
	struct instance *in = self;

	if (BUG == CRASHES && in->id[0] == '\0')
		*(volatile int *)0 = 0;
	in->id[0] = '\0';
	answer(in, r->op, RELINK_NONE);
}

static void health(void *self, const struct relink_request *r)
{
	answer(self, r->op, RELINK_GONE);
}

static void list(void *self, const struct relink_request *r)
{
	struct instance *in = self;
	struct relink_session s = { .size = sizeof s, .generation = in->generation };

	if (BUG == GULLIBLE && asks(in, r->op))
		return;
	s.state = RELINK_STATE_CONNECTED;
	s.session = BUG == KEEPS ? in->lent : (struct relink_str){ in->id, strlen(in->id) };
	if (BUG != EMPTY_LIST && in->id[0] != '\0')
		in->host->listed(in->host, r->op, &s);
	answer(in, r->op, RELINK_NONE);
}

static void send(void *self, const struct relink_request *r)
{
	if (!asks(self, r->op))
		answer(self, r->op, RELINK_REFUSED);
}

static void webhook(void *self, const struct relink_request *r)
{
	answer(self, r->op, BUG == STRANGERS ? RELINK_NONE : RELINK_REFUSED);
}

static void close_(void *self, relink_op op)
{
	struct instance *in = self;

	if (in->open != 0)
		answer(in, in->open, RELINK_CANCELLED);
	answer(in, op, RELINK_NONE);
	if (BUG == LATE_CALL)
		in->host->log(in->host, RELINK_INFO, "closed");
	free(in);
}

static void dump(void *self, void (*line)(void *arg, const char *text), void *arg)
{
	volatile int forever = BUG == HANGS;

	(void)self;
	line(arg, "bad");
	while (forever) {
	}
}

RELINK_PLUGIN(.name = "bad", .version = "1", .summary = "one fault",
	      .caps = RELINK_CAP_LIST | RELINK_CAP_PUSH | RELINK_CAP_WEBHOOK |
		      (BUG == NOT_FENCED ? RELINK_CAP_FENCED : 0) |
		      (BUG == SENDS ? RELINK_CAP_SEND : 0),
	      .open = open_, .create = create, .disconnect = disconnect, .health = health,
	      .list = list, .send = send, .webhook = webhook, .close = close_, .dump = dump);
