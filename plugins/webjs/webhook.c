/*
 * webhook.c - what the service tells by itself: is it genuine, and what follows.
 *
 * The signature is the lowercase hex HMAC-SHA256 of X-Timestamp and the raw body, with nothing between
 * the two; timestamps more than five minutes from our clock are refused.  Two secrets are good at a
 * time, so that one can be replaced.
 *
 * Events come late, twice, or not at all.  A message counts once.  News of a session count as what
 * they say when the service gives them an identity of their own, once; in all other cases they are a
 * reason to look at the session, since then nobody can say how old they are.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "instance.h"

#define WINDOW_S     300u
#define DIGEST_BYTES 32
#define TEXT_MAX     8000u  /* of a message; more is cut off */
#define WORD_MAX     256u   /* of anything else in it */
#define JSON_MAX     12288u /* see relink_message */

/* --- is it genuine? --- */

static struct relink_str header(const struct relink_request *req, const char *name)
{
	for (size_t i = 0; i < req->n_headers; i++) {
		if (str_is(req->headers[i].name, name))
			return req->headers[i].value;
	}
	return (struct relink_str){ NULL, 0 };
}

static bool hex_to_bytes(struct relink_str hex, unsigned char to[DIGEST_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	if (hex.n != 2ul * DIGEST_BYTES)
		return false;
	memset(to, 0, DIGEST_BYTES);
	for (size_t i = 0; i < hex.n; i++) {
		const char *at = hex.p[i] != '\0' ? strchr(digits, hex.p[i]) : NULL;

		if (at == NULL)
			return false;
		to[i / 2] = (unsigned char)((to[i / 2] << 4 | (at - digits)) & 0xff);
	}
	return true;
}

static bool is_signed(const char *secret, struct relink_str timestamp, struct relink_str body,
		      const unsigned char given[DIGEST_BYTES])
{
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", (char[]){ "SHA256" }, 0),
				OSSL_PARAM_construct_end() };
	unsigned char digest[DIGEST_BYTES];
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *h = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	size_t n = 0;
	bool ok = h != NULL &&
		  EVP_MAC_init(h, (const unsigned char *)secret, strlen(secret), params) == 1 &&
		  EVP_MAC_update(h, (const unsigned char *)timestamp.p, timestamp.n) == 1 &&
		  EVP_MAC_update(h, (const unsigned char *)body.p, body.n) == 1 &&
		  EVP_MAC_final(h, digest, &n, sizeof digest) == 1;

	EVP_MAC_CTX_free(h);
	EVP_MAC_free(mac);
	return ok && n == DIGEST_BYTES && CRYPTO_memcmp(digest, given, DIGEST_BYTES) == 0;
}

/* Unix seconds in decimal; 0: it is none. */
static uint64_t seconds_of(struct relink_str s)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 12)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 0;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	return v;
}

/* NULL: it is.  Else what is wrong, for the sender. */
static const char *why_not_genuine(struct instance *in, const struct relink_request *req)
{
	struct relink_str timestamp = header(req, "x-timestamp");
	unsigned char given[DIGEST_BYTES];
	uint64_t at = seconds_of(timestamp), now = in->host->now_ms(in->host) / 1000;
	const char *secret = in->conf->webhook_secret, *old = in->conf->webhook_secret_old;

	if (secret[0] == '\0')
		return "webhooks are off for this instance: set webhook_secret in its "
		       "configuration";
	if (timestamp.n == 0 || !hex_to_bytes(header(req, "x-hmac-signature"), given))
		return "send X-Timestamp, and X-HMAC-Signature with 64 lowercase hex digits";
	if (at == 0 || at + WINDOW_S < now || at > now + WINDOW_S)
		return "X-Timestamp is more than 300 s from this machine's clock";
	if (is_signed(secret, timestamp, req->body, given) ||
	    (old[0] != '\0' && is_signed(old, timestamp, req->body, given)))
		return NULL;
	return "the signature is wrong: it must be the HMAC-SHA256 of X-Timestamp and the body "
	       "with "
	       "the webhook_secret of this instance";
}

/* --- was it here before? --- */

static uint64_t mix(uint64_t h, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3ull;
	return (h ^ 0xff) * 0x100000001b3ull;
}

/* Remembers it, too. */
static bool is_known(struct instance *in, uint64_t identity)
{
	for (size_t i = 0; i < WEBHOOKS_KNOWN; i++) {
		if (in->webhooks[i] == identity)
			return true;
	}
	in->webhooks[in->stats.webhooks++ % WEBHOOKS_KNOWN] = identity;
	return false;
}

/* --- messages --- */

/* Cut at a character. */
static json_t *text_of(const char *text, size_t max)
{
	size_t n = text != NULL ? strlen(text) : 0;

	if (n > max) {
		for (n = max; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	}
	return text != NULL ? json_stringn(text, n) : NULL;
}

static void put(json_t *to, const char *key, const json_t *from, const char *name, size_t max)
{
	json_t *text = text_of(read_text(from, name), max);

	if (text != NULL)
		json_object_set_new(to, key, text);
}

static json_t *message_of(const json_t *data)
{
	const json_t *m = json_object_get(data, "message");
	bool mine = json_is_true(json_object_get(m, "from_me"));
	json_t *out = json_object();
	uint64_t at;

	put(out, "id", m, "id", WORD_MAX);
	put(out, "chat", m, mine ? "to" : "from", WORD_MAX);
	put(out, "from", m, "from", WORD_MAX);
	put(out, "to", m, "to", WORD_MAX);
	put(out, "type", m, "type", WORD_MAX);
	put(out, "text", m, "body", TEXT_MAX);
	if (read_number(m, "timestamp", &at) && at > 0)
		json_object_set_new(out, "timestamp", json_integer((json_int_t)at));
	json_object_set_new(out, "from_me", json_boolean(mine));
	json_object_set_new(out, "has_media",
			    json_boolean(json_is_true(json_object_get(m, "has_media"))));
	return out;
}

/* By the level, since the words of the old service are one too low. */
static json_t *ack_of(const json_t *data)
{
	static const char *const words[] = { "error", NULL, "server", "device", "read", "played" };
	const json_t *level = json_object_get(data, "ack_level");
	json_int_t at = json_is_integer(level) ? json_integer_value(level) : 0;
	json_t *out;

	if (at < -1 || at > 4 || words[at + 1] == NULL)
		return NULL;
	out = json_object();
	put(out, "id", data, "message_id", WORD_MAX);
	json_object_set_new(out, "ack", json_string(words[at + 1]));
	return out;
}

/* As text.  What needs escapes grows, so a text that is too long with them is cut shorter. */
static char *line_of(json_t *json, const json_t *data)
{
	const char *body = read_text(json_object_get(data, "message"), "body");
	char *line = json_dumps(json, JSON_COMPACT);

	for (size_t max = TEXT_MAX / 2; line != NULL && strlen(line) > JSON_MAX && max > 0;
	     max /= 2) {
		free(line);
		json_object_set_new(json, "text", text_of(body, max));
		line = json_dumps(json, JSON_COMPACT);
	}
	return line;
}

static void tell_message(struct instance *in, const json_t *data, enum relink_message_kind kind,
			 const char *event)
{
	struct relink_message told = { .size = sizeof told, .kind = kind };
	json_t *json = kind == RELINK_MESSAGE_ACK ? ack_of(data) : message_of(data);
	const char *id = read_text(json, "id");
	char *text = line_of(json, data);
	/* One message comes to each member of a group, so whose it is belongs to it. */
	uint64_t identity =
	    mix(mix(mix(mix(1, event), read_text(data, "session_id")), id), read_text(json, "ack"));

	told.session = read_name(data, "session_id", NAME_MAX_BYTES - 1);
	read_number(data, "generation", &told.generation);
	if (text != NULL && id != NULL && told.session.n > 0 && !is_known(in, identity)) {
		told.json = str_of(text);
		in->host->message(in->host, &told);
	}
	free(text);
	json_decref(json);
}

/* --- sessions --- */

static void tell_session(struct instance *in, const json_t *doc, const json_t *data)
{
	const char *id = read_text(doc, "id");
	struct relink_str session = read_name(data, "session_id", NAME_MAX_BYTES - 1);
	struct seen seen;
	uint64_t generation;

	if (session.n == 0)
		return;
	if (id != NULL && dialect.tells_generation && !is_known(in, mix(2, id)) &&
	    dialect.read_look(in->conf, data, &seen))
		watch_told(in, &seen);
	else if (read_number(data, "generation", &generation))
		watch_again(in, read_text(data, "session_id"), read_text(data, "account_id"),
			    generation);
}

/* --- */

enum news { NOTHING, SESSION, RECEIVED, SENT, ACK };
static const struct {
	const char *event;
	enum news news;
} events[] = {
	{ "qr_code_generated", SESSION },
	{ "session_authenticated", SESSION },
	{ "session_ready", SESSION },
	{ "session_disconnected", SESSION },
	{ "session_changed", SESSION },
	{ "session_error", SESSION },
	{ "session_reconnect_failed", SESSION },
	{ "session_reconnected", SESSION }, /* a lie of the old service, so it is looked at */
	{ "message_received", RECEIVED },
	{ "message_sent", SENT },
	{ "message_status_updated", ACK },
};

static enum news news_of(const char *event)
{
	for (size_t i = 0; event != NULL && i < sizeof events / sizeof events[0]; i++) {
		if (strcmp(events[i].event, event) == 0)
			return events[i].news;
	}
	return NOTHING;
}

static void take(struct instance *in, const json_t *doc)
{
	const char *event = read_text(doc, "event");
	const json_t *data = json_object_get(doc, "data");

	switch (news_of(event)) {
	case SESSION:
		tell_session(in, doc, data);
		break;
	case RECEIVED:
		tell_message(in, data, RELINK_MESSAGE_RECEIVED, event);
		break;
	case SENT:
		tell_message(in, data, RELINK_MESSAGE_SENT, event);
		break;
	case ACK:
		tell_message(in, data, RELINK_MESSAGE_ACK, event);
		break;
	case NOTHING:
		break;
	}
}

void webhook_take(void *self, const struct relink_request *req)
{
	struct instance *in = self;
	struct relink_result r = { .size = sizeof r };
	const char *why = why_not_genuine(in, req);
	json_t *doc = NULL;

	if (why != NULL) {
		in->stats.webhooks_refused++;
		r.cause = RELINK_REFUSED;
		r.text = str_of(why);
	} else {
		doc = json_loadb(req->body.p, req->body.n, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(doc)) {
			r.cause = RELINK_INTERNAL;
			r.text = str_of("the body is not a JSON object");
		} else {
			take(in, doc);
		}
	}
	json_decref(doc);
	in->host->done(in->host, req->op, &r);
}
