/* reply.c - from an HTTP answer to its JSON, or to a cause and a sentence. */
#include <stdarg.h>

#include "instance.h"

#define RETRY_AFTER_MAX_MS 600000u
#define KEY_LOOKS_BYTES    4 /* a shorter key is part of many words */

void verdict_set(struct verdict *v, enum relink_cause cause, bool maybe, const char *fmt, ...)
{
	va_list ap;

	*v = (struct verdict){ .cause = cause, .maybe = maybe };
	va_start(ap, fmt);
	vsnprintf(v->text, sizeof v->text, fmt, ap);
	va_end(ap);
}

/* An answer may echo what it was asked, the key with it. */
static void hide(char *words, const char *secret)
{
	size_t n = strlen(secret);

	if (n < KEY_LOOKS_BYTES)
		return;
	for (char *at = words; (at = strstr(at, secret)) != NULL; at += n)
		memset(at, '*', n);
}

/* Not longer than `max`, and not ending within a character. */
static void shorten(char *words, size_t max)
{
	size_t n = strlen(words);

	while (n > 0 && (n > max || ((unsigned char)words[n] & 0xc0) == 0x80))
		n--;
	words[n] = '\0';
}

void reply_words(const struct conf *conf, const char *text, char words[WORDS_MAX])
{
	char line[4 * WORDS_MAX + 1] = "", escaped[4 * WORDS_MAX + 1];
	size_t n = 0;

	for (; *text != '\0' && n < sizeof line - 1; text++) {
		unsigned char c = (unsigned char)*text;

		if (c > ' ' && c != 0x7f)
			line[n++] = (char)c;
		else if (n > 0 && line[n - 1] != ' ')
			line[n++] = ' ';
	}
	n -= n > 0 && line[n - 1] == ' ';
	line[n] = '\0';
	/* Before it is cut, which could leave half a key. */
	ask_escape(escaped, sizeof escaped, str_of(conf->api_key));
	hide(line, conf->api_key);
	hide(line, escaped);
	shorten(line, WORDS_MAX - 1);
	memcpy(words, line, strlen(line) + 1);
}

static void no_answer(const struct instance *in, const struct relink_http_reply *reply, bool acts,
		      struct verdict *v)
{
	char said[WORDS_MAX * 3];

	snprintf(said, sizeof said, "%.*s", (int)reply->text.n,
		 reply->text.n > 0 ? reply->text.p : "");
	*v = (struct verdict){ .cause = reply->cause, .maybe = reply->sent != 0 };
	/* The service was reached, and then its browser kept it waiting. */
	if (reply->cause == RELINK_NETWORK && reply->timeout && reply->sent && acts)
		v->cause = RELINK_ENGINE_HANG;
	reply_words(in->conf, said, v->text);
}

/* jansson makes up to fifty bytes of each value and a table of all that are in one array: a body of
 * nothing but commas would grow to many times its size.  So they are counted first. */
static bool has_too_many_values(struct relink_str body)
{
	bool in_string = false;
	size_t n = 0;

	for (size_t i = 0; i < body.n; i++) {
		char c = body.p[i];

		if (c == '"')
			in_string = !in_string;
		else if (in_string)
			i += c == '\\';
		else
			n += c == ',' || c == ':' || c == '[' || c == '{';
	}
	return n > REPLY_VALUES_MAX;
}

/* The limit of a body is the host's; JSON is refused when it is not UTF-8, holds a NUL, names a
 * member twice, or nests deeper than jansson goes. */
static json_t *parse(struct relink_str body)
{
	if (body.n == 0 || has_too_many_values(body))
		return NULL;
	return json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
}

static uint64_t pause_of(const struct relink_http_reply *reply, enum relink_cause cause)
{
	uint64_t ms = reply->retry_after_ms;

	if (cause != RELINK_THROTTLED && cause != RELINK_REFUSED && cause != RELINK_PROVIDER_DOWN)
		return 0;
	return ms < RETRY_AFTER_MAX_MS ? ms : RETRY_AFTER_MAX_MS;
}

/* An answer that is no success: what its code, its text or at least its status mean. */
static void judge(struct instance *in, const struct relink_http_reply *reply, const json_t *doc,
		  struct verdict *v)
{
	const char *said = read_text(doc, "error");
	struct meaning m = words_of_error(read_text(doc, "code"), said, reply->status);
	char words[WORDS_MAX];
	int n;

	reply_words(in->conf, said != NULL ? said : "", words);
	if (words[0] == '\0')
		snprintf(words, sizeof words, "the %s answers HTTP %u", dialect.service,
			 reply->status);
	*v = (struct verdict){ .cause = m.cause,
			       .maybe = m.maybe,
			       .dead = m.dead,
			       .retry_after_ms = pause_of(reply, m.cause) };
	/* The hint is what helps, so it is not what is cut. */
	if (m.hint != NULL)
		shorten(words, WORDS_MAX - sizeof "; " - strlen(m.hint));
	n = snprintf(v->text, sizeof v->text, "%s", words);
	if (m.hint != NULL)
		snprintf(v->text + n, sizeof v->text - (size_t)n, "; %s", m.hint);
	if (m.cause == RELINK_STALE && !read_number(doc, "generation", &v->generation))
		v->generation = 0;
}

json_t *reply_read(struct instance *in, const struct relink_http_reply *reply, bool acts,
		   struct verdict *v)
{
	bool good = reply->cause == RELINK_NONE && reply->status >= 200 && reply->status < 300;
	json_t *doc = reply->cause == RELINK_NONE ? parse(reply->body) : NULL;

	*v = (struct verdict){ 0 };
	if (reply->cause != RELINK_NONE)
		no_answer(in, reply, acts, v);
	else if (good && !json_is_object(doc))
		verdict_set(v, RELINK_INTERNAL, true,
			    "the %s answers HTTP %u with something that is no JSON object",
			    dialect.service, reply->status);
	else if (!good || json_is_false(json_object_get(doc, "success")))
		judge(in, reply, doc, v);
	else
		return doc;
	in->stats.failed++;
	in->stats.unreadable += v->cause == RELINK_INTERNAL;
	json_decref(doc);
	return NULL;
}
