/*
 * mock.c - the plugin: what it is, what can be configured, opening and closing an instance.
 *
 * Two shared objects come from these sources: mock.so, whose service fences (it refuses older
 * generations), and mock-listable.so, whose service can only be asked.  What a plugin can do stands
 * in its descriptor, so it is decided when it is built: MOCK_FENCED is 1 or 0.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "instance.h"
#include "logins.h"

// clang-format off
#define LATENCY(name, def, doc) \
	{ #name, def, "0s", "720h", doc, RELINK_TYPE_DURATION, 0, offsetof(struct conf, name) }

static const struct relink_key keys[] = {
	{ "dir", "", NULL, NULL,
	  "Where the service keeps its side, to outlive workers; empty: in memory.",
	  RELINK_TYPE_STRING, RELINK_KEY_WRITES, offsetof(struct conf, dir) },
	{ "logins", "", NULL, NULL,
	  "A folder of logins that several instances see; empty: each has its own.",
	  RELINK_TYPE_STRING, RELINK_KEY_WRITES, offsetof(struct conf, logins) },
	{ "script", "", NULL, NULL, "Behaviours of the instance from the start, as JSON.",
	  RELINK_TYPE_STRING, 0, offsetof(struct conf, script) },
	LATENCY(create_ms,     "20ms",  "How long a create is on its way."),
	LATENCY(disconnect_ms, "20ms",  "How long a disconnect is on its way."),
	LATENCY(health_ms,     "5ms",   "How long a health question is on its way."),
	LATENCY(list_ms,       "5ms",   "How long a list is on its way."),
	LATENCY(send_ms,       "20ms",  "How long a message is on its way."),
	LATENCY(qr_ms,         "300ms", "From the start without a login to the QR code."),
	LATENCY(qr_refresh,    "20s",   "How long a QR code stands; 0: for ever."),
	LATENCY(scan_ms,       "0s",    "From the QR code to its scan; 0: only by the verb scan."),
	LATENCY(auth_ms,       "300ms", "From authenticated to connected."),
	LATENCY(resume_ms,     "500ms", "From the start with a login to connected."),
	{ "jitter", "0", "0", "100", "Percent by which each latency may differ.",
	  RELINK_TYPE_INT, 0, offsetof(struct conf, jitter) },
	{ "capacity", "0", "0", "1000000", "How many sessions the service takes; 0: a million.",
	  RELINK_TYPE_INT, 0, offsetof(struct conf, capacity) },
	{ "push", "true", NULL, NULL, "Report changes at once; false: only list and health tell.",
	  RELINK_TYPE_BOOL, 0, offsetof(struct conf, push) },
	{ "seed", "0", NULL, NULL, "Seed of the jitter, to repeat a run; 0: by chance.",
	  RELINK_TYPE_INT, 0, offsetof(struct conf, seed) },
	{ 0 }
};
// clang-format on

static void read_config(struct script *s, const struct conf *conf)
{
	script_clear(s);
	s->v[KNOB_CREATE_MS] = conf->create_ms;
	s->v[KNOB_DISCONNECT_MS] = conf->disconnect_ms;
	s->v[KNOB_HEALTH_MS] = conf->health_ms;
	s->v[KNOB_LIST_MS] = conf->list_ms;
	s->v[KNOB_SEND_MS] = conf->send_ms;
	s->v[KNOB_QR_MS] = conf->qr_ms;
	s->v[KNOB_QR_REFRESH] = conf->qr_refresh;
	s->v[KNOB_SCAN_MS] = conf->scan_ms;
	s->v[KNOB_AUTH_MS] = conf->auth_ms;
	s->v[KNOB_RESUME_MS] = conf->resume_ms;
	s->v[KNOB_JITTER] = conf->jitter;
	s->v[KNOB_CAPACITY] = conf->capacity;
	s->v[KNOB_PUSH] = conf->push;
	s->v[KNOB_DROP_CAUSE] = RELINK_NETWORK;
	s->v[KNOB_DROP_HOW] = HOW_VANISH;
}

/* The script of the configuration, in a form that can be compared; *ret_json NULL: none. */
static bool read_script(const char *text, char **ret_json, char *why, size_t n)
{
	struct script trial;
	json_error_t error;
	json_t *json;
	bool ok;

	*ret_json = NULL;
	if (text[0] == '\0')
		return true;
	json = json_loads(text, 0, &error);
	if (json == NULL) {
		snprintf(why, n, "script: line %d, column %d: %s", error.line, error.column,
			 error.text);
		return false;
	}
	script_clear(&trial);
	ok = script_merge(&trial, json, true, why, n);
	if (ok)
		*ret_json = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
	return ok;
}

/* An unchanged script goes on with its counts: a restarted worker is no new beginning. */
static int take_script(struct backend *b, const char *json)
{
	int r = 0;

	if (strcmp(json != NULL ? json : "", b->world.base != NULL ? b->world.base : "") == 0)
		return 0;
	r = backend_begin(b);
	if (r < 0)
		return r;
	backend_line(b, "behave");
	line_word(&b->out, "from", "script");
	line_word(&b->out, "json", json);
	backend_line_stop(b);
	r = backend_say(b);
	backend_end(b);
	return r;
}

/* Does the failure go away by itself, or must an operator act? */
static enum relink_cause cause_of_errno(int r)
{
	switch (-r) {
	case ENOMEM:
	case ENOSPC:
	case EDQUOT:
	case EMFILE:
	case ENFILE:
		return RELINK_PROVIDER_DOWN;
	default:
		return RELINK_MISCONFIGURED;
	}
}

static enum relink_cause open_backend(struct instance *in, const struct conf *conf,
				      const char *script, char *why, size_t n)
{
	struct backend *b = &in->backend;
	int r = backend_open(b, in->host, conf->dir, in->fenced, &in->config);

	if (r == 0) {
		r = take_script(b, script);
		if (r < 0)
			backend_close(b);
	}
	if (r < 0) {
		snprintf(why, n, "%s", b->error);
		return cause_of_errno(r);
	}
	return RELINK_NONE;
}

static bool take_logins(struct instance *in, const char *folder, char *why, size_t n)
{
	int r;

	if (folder[0] == '\0')
		return true;
	in->logins = strdup(folder);
	r = in->logins != NULL ? logins_open(folder) : -ENOMEM;
	if (r < 0)
		snprintf(why, n,
			 "cannot make \"%s\": %s (set `logins` to a folder that the worker may "
			 "write to)",
			 folder, strerror(-r));
	return r == 0;
}

/* Who was scanned while nobody was here to write it down. */
static void keep_logins(struct instance *in)
{
	struct life *l = NULL;

	while ((l = world_next_life(&in->backend.world, l)) != NULL) {
		if (l->state == RELINK_STATE_AUTHENTICATED || l->state == RELINK_STATE_CONNECTED)
			instance_on_login(in, l->profile);
	}
}

static enum relink_cause mock_open(const struct relink_host *host, const void *config,
				   void **ret_self, char *why, size_t n)
{
	const struct conf *conf = config;
	struct instance *in = calloc(1, sizeof *in);
	enum relink_cause cause = RELINK_MISCONFIGURED;
	char *script = NULL;

	if (in == NULL) {
		snprintf(why, n, "out of memory");
		return RELINK_INTERNAL;
	}
	in->host = host;
	in->fenced = MOCK_FENCED;
	in->tick_at = AGENDA_NEVER;
	in->seeded = conf->seed != 0;
	in->rng = (uint64_t)conf->seed;
	in->greeted = conf->dir[0] == '\0'; /* nobody was here before us */
	read_config(&in->config, conf);
	if (take_logins(in, conf->logins, why, n) && read_script(conf->script, &script, why, n))
		cause = open_backend(in, conf, script, why, n);
	free(script);
	if (cause != RELINK_NONE) {
		free(in->logins);
		free(in);
		return cause;
	}
	in->backend.world.tell = instance_on_change;
	in->backend.world.tell_arg = in;
	in->backend.world.keep = instance_on_login;
	keep_logins(in);
	instance_wake(in);
	if (in->backend.world.skipped > 0)
		host->log(host, RELINK_WARN, "%llu lines of the journal make no sense",
			  (unsigned long long)in->backend.world.skipped);
	*ret_self = in;
	return RELINK_NONE;
}

static void mock_close(void *self, relink_op op)
{
	struct instance *in = self;
	const struct relink_host *host = in->host;
	struct relink_result r = { .size = sizeof r };

	answer_cancel_all(in);
	host->timer_stop(host, in->tick);
	backend_close(&in->backend);
	free(in->logins);
	free(in);
	host->done(host, op, &r);
}

static void mock_dump(void *self, void (*line)(void *arg, const char *text), void *arg)
{
	const struct instance *in = self;
	const struct world *w = &in->backend.world;
	const struct answer *a;
	unsigned n_open = 0;
	char text[256];

	DL_COUNT(in->open, a, n_open);
	snprintf(
	    text, sizeof text,
	    "%s: %zu sessions (%zu alive) of %u accounts, %u answers on their way, %u withheld, "
	    "journal %llu bytes, %llu lines skipped",
	    in->host->instance, w->n_lives, w->n_alive, HASH_COUNT(w->accounts), n_open,
	    in->n_withheld, (unsigned long long)in->backend.journal.read_to,
	    (unsigned long long)w->skipped);
	line(arg, text);
}

RELINK_PLUGIN(.name = MOCK_FENCED ? "mock" : "mock-listable", .version = RELINK_VERSION,
	      .summary = "A scriptable test double of a WhatsApp backend",
	      .caps = RELINK_CAP_LIST | RELINK_CAP_PROFILES | RELINK_CAP_CONTROL | RELINK_CAP_PUSH |
		      RELINK_CAP_SEND | (MOCK_FENCED ? RELINK_CAP_FENCED : 0),
	      .start_deadline_ms = 30000, .keys = keys, .conf_size = sizeof(struct conf),
	      .open = mock_open, .create = ops_create, .disconnect = ops_disconnect,
	      .health = ops_health, .list = ops_list, .send = send_message,
	      .control = verbs_control, .close = mock_close, .dump = mock_dump,
	      .needs = RELINK_NEED_PROGRAMS /* wrecks that fork */, );
