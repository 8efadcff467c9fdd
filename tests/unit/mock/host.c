/* host.c - the fake host: clock, timers, answers, events. */
#include "host.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIRST_MS 1763287200000ull

static const char *const cause_names[] = {
#define C(id, n, name, doc) [n] = name,
	RELINK_CAUSES(C)
#undef C
};
static const char *const state_names[] = { "unknown",       "starting",  "qr",
					   "authenticated", "connected", "down" };

/* --- time --- */

struct timer {
	const struct relink_host *owner;
	relink_timer id;
	uint64_t at;
	void (*fn)(void *arg);
	void *arg;
};
static struct timer *timers;
static size_t n_timers, room_timers;
static uint64_t now = FIRST_MS;
static relink_timer last_timer;

uint64_t host_now(void)
{
	return now;
}

void host_rewind(void)
{
	assert_int_equal(n_timers, 0);
	now = FIRST_MS;
}

static relink_timer timer_start(const struct relink_host *h, uint64_t ms, void (*fn)(void *arg),
				void *arg)
{
	if (n_timers == room_timers) {
		room_timers = room_timers * 2 + 64;
		timers = realloc(timers, room_timers * sizeof *timers);
		assert_non_null(timers);
	}
	timers[n_timers++] = (struct timer){ h, ++last_timer, now + ms, fn, arg };
	return last_timer;
}

static void timer_stop(const struct relink_host *h, relink_timer id)
{
	(void)h;
	for (size_t i = 0; i < n_timers && id != 0; i++) {
		if (timers[i].id == id) {
			timers[i] = timers[--n_timers];
			return;
		}
	}
}

/* The earliest, of equals the oldest; -1: none. */
static long earliest(void)
{
	long best = -1;

	for (size_t i = 0; i < n_timers; i++) {
		if (best < 0 || timers[i].at < timers[best].at ||
		    (timers[i].at == timers[best].at && timers[i].id < timers[best].id))
			best = (long)i;
	}
	return best;
}

void host_run(uint64_t ms)
{
	uint64_t until = now + ms;
	long i;

	while ((i = earliest()) >= 0 && timers[i].at <= until) {
		struct timer t = timers[i];

		timers[i] = timers[--n_timers];
		now = t.at > now ? t.at : now;
		t.fn(t.arg);
	}
	now = until;
	if (n_timers == 0) {
		free(timers);
		timers = NULL;
		room_timers = 0;
	}
}

static uint64_t die;

void host_roll_from(uint64_t seed)
{
	die = seed;
}

unsigned host_roll(unsigned sides)
{
	die = die * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(die >> 33) % sides;
}

static uint64_t now_ms(const struct relink_host *h)
{
	return (uint64_t)((int64_t)now + ((const struct rig *)h)->skew_ms);
}

static uint64_t random_number(const struct relink_host *h)
{
	uint64_t *state = &((struct rig *)h)->random;

	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 16;
}

/* --- what the plugin says --- */

static void note(struct rig *r, const char *fmt, ...) RELINK_PRINTF(2, 3);
static void note(struct rig *r, const char *fmt, ...)
{
	size_t n = strlen(r->said);
	va_list ap;

	if (r->quiet)
		return;
	n += (size_t)snprintf(r->said + n, sizeof r->said - n, "%s%llu ", n > 0 ? "; " : "",
			      (unsigned long long)(now - r->started));
	assert_true(n < sizeof r->said);
	va_start(ap, fmt);
	n += (size_t)vsnprintf(r->said + n, sizeof r->said - n, fmt, ap);
	va_end(ap);
	assert_true(n < sizeof r->said);
}

static void on_log(const struct relink_host *h, enum relink_level level, const char *fmt, ...)
{
	(void)h;
	(void)level;
	(void)fmt;
}

static struct asked *asked_of(struct rig *r, relink_op op)
{
	if (op == 0 || op > r->n_asked)
		fail_msg("operation %llu was never asked", (unsigned long long)op);
	return &r->asked[op - 1];
}

static void on_done(const struct relink_host *h, relink_op op, const struct relink_result *result)
{
	struct rig *r = (struct rig *)h;
	struct asked *a = asked_of(r, op);
	bool is_list = strcmp(a->name, "list") == 0;
	bool is_health = strcmp(a->name, "health") == 0;
	char more[256] = "";
	int n = 0;

	assert_int_equal(result->size, sizeof *result);
	if (a->answered)
		fail_msg("%s was answered twice", a->name);
	a->answered = true;
	if (strcmp(a->name, "close") == 0)
		return;
	if (result->unknown)
		n += snprintf(more + n, sizeof more - (size_t)n, " unknown");
	if (result->generation != 0)
		n += snprintf(more + n, sizeof more - (size_t)n, " gen=%llu",
			      (unsigned long long)result->generation);
	if (result->retry_after_ms != 0)
		n += snprintf(more + n, sizeof more - (size_t)n, " retry=%llu",
			      (unsigned long long)result->retry_after_ms);
	if (is_list)
		n += snprintf(more + n, sizeof more - (size_t)n, " %s",
			      result->complete ? "complete" : "partial");
	if (is_health && result->state != RELINK_STATE_UNKNOWN)
		snprintf(more + n, sizeof more - (size_t)n, " %s", state_names[result->state]);
	note(r, "%s %s%s%s%.*s%s", a->name, result->cause == 0 ? "ok" : cause_names[result->cause],
	     more, result->body.n > 0 ? " " : "", (int)result->body.n,
	     result->body.n > 0 ? result->body.p : "", is_list ? r->list : "");
	if (is_list)
		r->list[0] = '\0';
	if (result->body.n > 0) {
		free(r->last_body);
		r->last_body = strndup(result->body.p, result->body.n);
	}
}

static void on_listed(const struct relink_host *h, relink_op op, const struct relink_session *s)
{
	struct rig *r = (struct rig *)h;
	size_t n = strlen(r->list);

	assert_false(asked_of(r, op)->answered);
	r->n_listed++;
	if (r->quiet)
		return;
	n += (size_t)snprintf(r->list + n, sizeof r->list - n, " %.*s/%llu=%s%s%s",
			      (int)s->session.n, s->session.p, (unsigned long long)s->generation,
			      state_names[s->state], s->cause != 0 ? ":" : "",
			      s->cause != 0 ? cause_names[s->cause] : "");
	assert_true(n < sizeof r->list);
}

static void on_event(const struct relink_host *h, const struct relink_session *s)
{
	struct rig *r = (struct rig *)h;
	char qr[128] = "";

	if (s->state == RELINK_STATE_QR)
		snprintf(qr, sizeof qr, " %.*s for %llu", (int)s->qr.n, s->qr.p,
			 (unsigned long long)s->qr_expires_ms);
	note(r, "%.*s/%llu %s%s%s%s%.*s%s", (int)s->session.n, s->session.p,
	     (unsigned long long)s->generation, state_names[s->state], s->cause != 0 ? " " : "",
	     s->cause != 0 ? cause_names[s->cause] : "", s->phone.n > 0 ? " +" : "",
	     (int)s->phone.n, s->phone.n > 0 ? s->phone.p : "", qr);
}

static void on_message(const struct relink_host *h, const struct relink_message *m)
{
	static const char *const kinds[] = { "received", "sent", "ack" };
	struct rig *r = (struct rig *)h;

	note(r, "%.*s/%llu %s %.*s", (int)m->session.n, m->session.p,
	     (unsigned long long)m->generation, kinds[m->kind], (int)m->json.n, m->json.p);
}

/* --- configuration --- */

static int64_t number_of(enum relink_type type, const char *text)
{
	char *unit;
	int64_t v = strtoll(text, &unit, 10);

	if (type == RELINK_TYPE_BOOL)
		return strcmp(text, "true") == 0;
	if (type != RELINK_TYPE_DURATION || strcmp(unit, "ms") == 0)
		return v;
	switch (*unit) {
	case 's':
		return v * 1000;
	case 'm':
		return v * 60000;
	case 'h':
		return v * 3600000;
	default:
		fail_msg("\"%s\" is no duration", text);
		return 0;
	}
}

/* The value of `key` in "key=value,key=value"; a value that begins with '{' goes to the end. */
static char *value_of(const char *config, const char *key, const char *otherwise)
{
	size_t n = strlen(key);

	for (const char *p = config; p != NULL && *p != '\0';) {
		const char *value = strchr(p, '='), *end;

		assert_non_null(value);
		end = value[1] == '{' ? NULL : strchr(value, ',');
		if ((size_t)(value - p) == n && strncmp(p, key, n) == 0)
			return end != NULL ? strndup(value + 1, (size_t)(end - value - 1))
					   : strdup(value + 1);
		p = end != NULL ? end + 1 : NULL;
	}
	return strdup(otherwise != NULL ? otherwise : "");
}

static void *make_conf(const struct relink_plugin *p, const char *config)
{
	char *conf = calloc(1, p->conf_size);

	for (const struct relink_key *k = p->keys; k->name != NULL; k++) {
		char *text = value_of(config, k->name, k->def);

		if (k->type == RELINK_TYPE_STRING) {
			memcpy(conf + k->offset, &text, sizeof text);
		} else {
			int64_t v = number_of(k->type, text);

			memcpy(conf + k->offset, &v, sizeof v);
			free(text);
		}
	}
	return conf;
}

static void free_conf(const struct relink_plugin *p, char *conf)
{
	for (const struct relink_key *k = p->keys; k->name != NULL; k++) {
		char *text;

		if (k->type != RELINK_TYPE_STRING)
			continue;
		memcpy(&text, conf + k->offset, sizeof text);
		free(text);
	}
	free(conf);
}

/* --- life cycle --- */

const struct relink_plugin *host_load(const char *path)
{
	void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (so == NULL)
		fail_msg("%s", dlerror());
	return dlsym(so, "relink_plugin");
}

enum relink_cause host_open_why(struct rig *r, const char *path, const char *config, char *why,
				size_t n)
{
	int64_t skew_ms = r->skew_ms;
	enum relink_cause cause;

	*r = (struct rig){ .host = { .size = sizeof r->host,
				     .instance = "mock-1",
				     .log = on_log,
				     .done = on_done,
				     .listed = on_listed,
				     .event = on_event,
				     .message = on_message,
				     .now_ms = now_ms,
				     .random = random_number,
				     .timer_start = timer_start,
				     .timer_stop = timer_stop },
			   .plugin = host_load(path),
			   .skew_ms = skew_ms };
	host_forget(r);
	r->conf = make_conf(r->plugin, config);
	cause = r->plugin->open(&r->host, r->conf, &r->self, why, n);
	if (cause != RELINK_NONE) {
		free_conf(r->plugin, r->conf);
		*r = (struct rig){ .plugin = r->plugin, .skew_ms = skew_ms };
	}
	return cause;
}

enum relink_cause host_open(struct rig *r, const char *path, const char *config)
{
	char why[256] = "";
	enum relink_cause cause = host_open_why(r, path, config, why, sizeof why);

	if (cause != RELINK_NONE)
		print_message("%s\n", why);
	return cause;
}

static relink_op ask(struct rig *r, const char *name)
{
	if (r->n_asked == r->room_asked) {
		r->room_asked = r->room_asked * 2 + 64;
		r->asked = realloc(r->asked, r->room_asked * sizeof *r->asked);
		assert_non_null(r->asked);
	}
	r->asked[r->n_asked] = (struct asked){ .op = r->n_asked + 1 };
	snprintf(r->asked[r->n_asked].name, sizeof r->asked[0].name, "%s", name);
	return ++r->n_asked;
}

void host_close(struct rig *r)
{
	relink_op op = ask(r, "close");

	r->plugin->close(r->self, op);
	for (size_t i = 0; i < n_timers; i++) {
		if (timers[i].owner == &r->host)
			fail_msg("a timer is left after close");
	}
	for (size_t i = 0; i < r->n_asked; i++) {
		if (!r->asked[i].answered)
			fail_msg("%s was never answered", r->asked[i].name);
	}
	free_conf(r->plugin, r->conf);
	free(r->asked);
	free(r->last_body);
	r->self = r->conf = r->asked = NULL;
	r->last_body = NULL;
}

void host_forget(struct rig *r)
{
	r->said[0] = '\0';
	r->started = now;
}

/* --- operations --- */

static struct relink_str str(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

static struct relink_request request(struct rig *r, const char *name, const char *account,
				     const char *session, uint64_t generation)
{
	return (struct relink_request){ .size = sizeof(struct relink_request),
					.op = ask(r, name),
					.deadline_ms = now + 10000,
					.account = str(account),
					.session = str(session),
					.generation = generation };
}

void host_create(struct rig *r, const char *account, const char *session, uint64_t generation,
		 const char *profile, bool resume, const char *metadata)
{
	struct relink_request req = request(r, "create", account, session, generation);

	req.profile = str(profile);
	req.resume = resume;
	req.metadata = str(metadata);
	r->plugin->create(r->self, &req);
}

void host_disconnect(struct rig *r, const char *account, const char *session, uint64_t generation)
{
	struct relink_request req = request(r, "disconnect", account, session, generation);

	r->plugin->disconnect(r->self, &req);
}

void host_health(struct rig *r, const char *account, const char *session, uint64_t generation)
{
	struct relink_request req = request(r, "health", account, session, generation);

	r->plugin->health(r->self, &req);
}

void host_list(struct rig *r)
{
	struct relink_request req = request(r, "list", "", "", 0);

	r->plugin->list(r->self, &req);
}

void host_control(struct rig *r, const char *account, const char *session, const char *verb,
		  const char *args)
{
	struct relink_request req = request(r, verb, account, session, 0);

	req.verb = str(verb);
	req.args = str(args);
	r->plugin->control(r->self, &req);
}

void host_send(struct rig *r, const char *account, const char *session, uint64_t generation,
	       const char *args)
{
	struct relink_request req = request(r, "send", account, session, generation);

	req.args = str(args);
	r->plugin->send(r->self, &req);
}

void host_webhook(struct rig *r, const struct relink_header *headers, size_t n, const char *body)
{
	struct relink_request req = request(r, "webhook", "", "", 0);

	req.headers = headers;
	req.n_headers = n;
	req.body = str(body);
	r->plugin->webhook(r->self, &req);
}

struct dump {
	char *to;
	size_t size;
};

static void on_dump_line(void *arg, const char *text)
{
	struct dump *d = arg;
	size_t n = strlen(d->to);

	snprintf(d->to + n, d->size - n, "%s", text);
}

void host_dump(struct rig *r, char *to, size_t size)
{
	struct dump d = { to, size };

	to[0] = '\0';
	r->plugin->dump(r->self, on_dump_line, &d);
}

unsigned host_count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what))
		n++;
	return n;
}

size_t host_open_ops(const struct rig *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_asked; i++)
		n += !r->asked[i].answered;
	return n;
}
