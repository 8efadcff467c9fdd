/*
 * webjs.c - the plugin: what it is, what can be configured, opening and closing an instance.
 *
 * Two shared objects come from these sources: webjs.so speaks to our service, webjs-seed.so to the
 * whatsapp-service before it.  What a plugin can do stands in its descriptor, so it is decided when it
 * is built: WEBJS_SEED is 1 or 0.
 */
#include <stdlib.h>
#include <utlist.h>

#include "instance.h"

#define URL_MAX_BYTES    2048
#define KEY_MAX_BYTES    512
#define SECRET_MIN_BYTES 16

// clang-format off
#define TEXT(name, def, flags, doc) \
	{ #name, def, NULL, NULL, doc, RELINK_TYPE_STRING, flags, offsetof(struct conf, name) }
#define TIME(key, name, def, min, max, doc) \
	{ key, def, min, max, doc, RELINK_TYPE_DURATION, 0, offsetof(struct conf, name) }

static const struct relink_key keys[] = {
	TEXT(url, NULL, RELINK_KEY_REQUIRED, "Where the service is, such as http://127.0.0.1:3001."),
	TEXT(api_key, NULL, RELINK_KEY_REQUIRED | RELINK_KEY_SECRET, "The key that the service asks for."),
	TEXT(ca_file, "", RELINK_KEY_READS, "PEM file with the certificates to trust; empty: the system's."),
#if WEBJS_SEED
	TEXT(workspace_id, "relink", 0, "The service's workspace in which sessions are made: letters, digits, _ and -."),
	TEXT(look_for_browsers, "auto", 0, "auto: where the service is on this machine, its Chromiums are looked for among the processes; off: never."),
#endif
	TEXT(webhook_secret, "", RELINK_KEY_SECRET, "What the service signs its webhooks with, at least 16 characters; empty: they are refused."),
	TEXT(webhook_secret_old, "", RELINK_KEY_SECRET, "The secret before, while it is being replaced."),
	TIME("connect_timeout", connect_ms, "5s",  "100ms", "60s", "For name, TCP and TLS together."),
	TIME("timeout",         total_ms,   "10s", "500ms", "60s", "For an answer. What waits for a browser (messages, and creates at the old service) has longer."),
	TIME("poll_interval",   poll_ms,    "1s",  "200ms", "1m",  "Between two looks at a session that is on its way to connected."),
	{ 0 }
};
// clang-format on

static bool has_only(const char *text, const char *more)
{
	for (; *text != '\0'; text++) {
		bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			     (*text >= '0' && *text <= '9');

		if (!plain && strchr(more, *text) == NULL)
			return false;
	}
	return true;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool url_is_good(const char *url)
{
	const char *host = strstr(url, "://");

	return (begins(url, "http://") || begins(url, "https://")) && host[3] != '\0' &&
	       host[3] != '/' && strlen(url) <= URL_MAX_BYTES && has_only(url, "-._~:/[]%");
}

/* A key stands in a header, where a line end or another control character has no place. */
static bool key_is_good(const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)key[i] <= ' ' || (unsigned char)key[i] >= 0x7f)
			return false;
	}
	return n > 0 && n <= KEY_MAX_BYTES;
}

static bool secret_is_good(const char *secret)
{
	size_t n = strlen(secret);

	return n == 0 || (n >= SECRET_MIN_BYTES && n <= KEY_MAX_BYTES);
}

static bool check(const struct conf *conf, char *why, size_t n)
{
	if (!url_is_good(conf->url))
		snprintf(
		    why, n,
		    "url must be like http://127.0.0.1:3001 or https://host/path, without user, "
		    "query or fragment");
	else if (!key_is_good(conf->api_key))
		snprintf(why, n, "api_key must be of 1 to %d printable characters without blanks",
			 KEY_MAX_BYTES);
	else if (WEBJS_SEED && (conf->workspace_id[0] == '\0' || strlen(conf->workspace_id) > 64 ||
				!has_only(conf->workspace_id, "_-")))
		/* The service makes a folder's path of it. */
		snprintf(why, n, "workspace_id must be of 1 to 64 letters, digits, _ and -");
	else if (WEBJS_SEED && strcmp(conf->look_for_browsers, "auto") != 0 &&
		 strcmp(conf->look_for_browsers, "off") != 0)
		snprintf(why, n, "look_for_browsers must be auto or off");
	else if (!secret_is_good(conf->webhook_secret) || !secret_is_good(conf->webhook_secret_old))
		snprintf(why, n, "webhook_secret must have at least %d characters, or none",
			 SECRET_MIN_BYTES);
	else
		return true;
	return false;
}

static bool is_here(const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return begins(host, "127.") || begins(host, "localhost") || begins(host, "[::1]");
}

static void warn_of_the_wire(const struct relink_host *host, const char *url)
{
	if (begins(url, "http://") && !is_here(url))
		host->log(
		    host, RELINK_WARN,
		    "the key and the messages go to the service without encryption; use https "
		    "where the network is not yours alone");
}

static enum relink_cause webjs_open(const struct relink_host *host, const void *config,
				    void **ret_self, char *why, size_t n)
{
	const struct conf *conf = config;
	struct instance *in;

	if (!RELINK_HAS(host, message)) {
		snprintf(why, n,
			 "this relink-worker is older than this plugin; use one as new as the "
			 "plugin");
		return RELINK_MISCONFIGURED;
	}
	if (!check(conf, why, n))
		return RELINK_MISCONFIGURED;
	in = calloc(1, sizeof *in);
	if (in == NULL) {
		snprintf(why, n, "out of memory");
		return RELINK_INTERNAL;
	}
	in->host = host;
	in->conf = conf;
	if (WEBJS_SEED && strcmp(conf->look_for_browsers, "auto") == 0 && is_here(conf->url)) {
		in->browsers = browsers_new(host, "/proc");
		if (in->browsers == NULL) {
			free(in);
			snprintf(why, n, "out of memory");
			return RELINK_INTERNAL;
		}
	}
	warn_of_the_wire(host, conf->url);
	*ret_self = in;
	return RELINK_NONE;
}

static void webjs_close(void *self, relink_op op)
{
	struct instance *in = self;
	const struct relink_host *host = in->host;
	struct relink_result r = { .size = sizeof r };

	call_cancel_all(in);
	watch_close(in);
	browsers_free(in->browsers);
	free(in);
	host->done(host, op, &r);
}

static void webjs_dump(void *self, void (*line)(void *arg, const char *text), void *arg)
{
	const struct instance *in = self;
	const struct call *c;
	unsigned n_calls = 0, active, resting;
	char text[256];

	DL_COUNT(in->calls, c, n_calls);
	watch_count(in, &active, &resting);
	snprintf(
	    text, sizeof text,
	    "%s: %u operations wait, %u sessions are watched (%u looks on their way), %u are "
	    "remembered; %llu questions, %llu failed, %llu answers unreadable, %llu watches too "
	    "many",
	    in->host->instance, n_calls, active, in->n_asking, resting,
	    (unsigned long long)in->stats.asked, (unsigned long long)in->stats.failed,
	    (unsigned long long)in->stats.unreadable, (unsigned long long)in->stats.untold);
	line(arg, text);
}

#if WEBJS_SEED
#define NAME     "webjs-seed"
#define SUMMARY  "whatsapp-web.js sessions at the old whatsapp-service"
#define CAPS     (RELINK_CAP_LIST | RELINK_CAP_CONTROL | RELINK_CAP_WEBHOOK | RELINK_CAP_SEND)
#define NEEDS    RELINK_NEED_PROCESSES /* its Chromiums */
#define START_MS 50000
#else
#define NAME    "webjs"
#define SUMMARY "whatsapp-web.js sessions at a relink-webjs service"
#define CAPS                                                                              \
	(RELINK_CAP_LIST | RELINK_CAP_FENCED | RELINK_CAP_PROFILES | RELINK_CAP_CONTROL | \
	 RELINK_CAP_WEBHOOK | RELINK_CAP_SEND)
#define NEEDS    0
#define START_MS 90000
#endif

RELINK_PLUGIN(.name = NAME, .version = RELINK_VERSION, .summary = SUMMARY, .caps = CAPS,
	      .start_deadline_ms = START_MS, .keys = keys, .conf_size = sizeof(struct conf),
	      .open = webjs_open, .create = ops_create, .disconnect = ops_disconnect,
	      .health = ops_health, .list = ops_list, .send = send_message,
	      .control = verbs_control, .webhook = webhook_take, .close = webjs_close,
	      .dump = webjs_dump, .needs = NEEDS, );
