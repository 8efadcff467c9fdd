/*
 * stream.c - see stream.h; curl's multi interface, one connection.
 *
 * The format: lines end in LF, CR LF or CR and may be cut anywhere by the network; an empty line
 * ends an event; "id" sticks until the next one; an event without "data" is none.
 */
#include "stream.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/obj.h"
#include "http.h"
#include "target.h"

#define EVENT_BYTES  (1u << 20)
#define ID_BYTES     128
#define REFUSAL_MAX  8192
#define PAUSE_MIN_MS 250
#define PAUSE_MAX_MS 5000
/* The daemon sends a comment every 15 s of silence. */
#define SILENCE_MS 60000

struct stream {
	const struct target *target;
	struct stream_handler handler;
	CURLM *multi;
	CURL *easy; /* NULL: not connected, and `retry_at` says when to try */
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	char *url;

	struct buf line, data, type;
	char id[ID_BYTES], pending_id[ID_BYTES];
	bool after_cr, was_open, answered;
	struct answer refusal; /* the body of an answer that is not 200 */
	uint64_t retry_at, pause_ms, heard_at;
};

int stream_new(struct stream **ret_stream, const struct target *target, const char *path,
	       const char *after, const struct stream_handler *handler, struct why *why)
{
	struct stream *s = calloc(1, sizeof *s);
	const char *host = target->url != NULL ? target->url : "http://localhost";

	if (s != NULL)
		s->multi = curl_multi_init();
	if (s == NULL || s->multi == NULL || asprintf(&s->url, "%s%s", host, path) < 0) {
		if (s != NULL)
			s->url = NULL;
		stream_free(&s);
		return why_set(why, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	}
	s->target = target;
	s->handler = *handler;
	s->pause_ms = PAUSE_MIN_MS;
	str_copy(s->id, sizeof s->id, str_of(after));
	buf_init(&s->line, EVENT_BYTES);
	buf_init(&s->data, EVENT_BYTES);
	buf_init(&s->type, ID_BYTES);
	buf_init(&s->refusal.body, EVENT_BYTES);
	*ret_stream = s;
	return 0;
}

static void hang_up(struct stream *s)
{
	if (s->easy != NULL) {
		curl_multi_remove_handle(s->multi, s->easy);
		curl_easy_cleanup(s->easy);
	}
	curl_slist_free_all(s->headers);
	s->easy = NULL;
	s->headers = NULL;
}

void stream_free(struct stream **sp)
{
	struct stream *s = TAKE(*sp);

	if (s == NULL)
		return;
	hang_up(s);
	curl_multi_cleanup(s->multi);
	answer_fini(&s->refusal);
	buf_fini(&s->line);
	buf_fini(&s->data);
	buf_fini(&s->type);
	free(s->url);
	free(s);
}

bool stream_is_open(const struct stream *s)
{
	return s->easy != NULL && s->answered;
}

/* --- the format --- */

static void end_event(struct stream *s)
{
	struct stream_event e = { .type = buf_all(&s->type), .data = buf_all(&s->data) };

	memcpy(s->id, s->pending_id, sizeof s->id);
	if (e.data.n > 0) {
		e.data.n--; /* the line end that every "data" line brought */
		e.id = str_of(s->id);
		s->handler.event(s->handler.ctx, &e);
	}
	buf_reset(&s->data);
	buf_reset(&s->type);
}

static void end_line(struct stream *s)
{
	struct str line = buf_all(&s->line), name = line, value = STR_NONE;
	const char *colon = line.n > 0 ? memchr(line.p, ':', line.n) : NULL;
	uint64_t ms;

	if (line.n == 0) {
		end_event(s);
		return;
	}
	if (colon != NULL) {
		name.n = (size_t)(colon - line.p);
		value = (struct str){ colon + 1, line.n - name.n - 1 };
		if (value.n > 0 && value.p[0] == ' ')
			value = (struct str){ value.p + 1, value.n - 1 };
	}
	if (str_is(name, "data")) {
		buf_str(&s->data, value);
		buf_byte(&s->data, '\n');
	} else if (str_is(name, "event")) {
		buf_reset(&s->type);
		buf_str(&s->type, value);
	} else if (str_is(name, "id") && value.n < ID_BYTES &&
		   (value.n == 0 || memchr(value.p, '\0', value.n) == NULL)) {
		str_copy(s->pending_id, sizeof s->pending_id, value);
	} else if (str_is(name, "retry") && str_to_u64(value, PAUSE_MAX_MS, &ms)) {
		s->pause_ms = MAX_OF(ms, (uint64_t)PAUSE_MIN_MS);
	}
	buf_reset(&s->line);
}

/* False: an event is larger than any that this API sends. */
static bool take_bytes(struct stream *s, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool after_cr = s->after_cr;

		s->after_cr = bytes[i] == '\r';
		if (bytes[i] == '\n' && after_cr)
			continue;
		if (bytes[i] == '\n' || bytes[i] == '\r')
			end_line(s);
		else
			buf_byte(&s->line, bytes[i]);
		if (s->line.failed != 0 || s->data.failed != 0)
			return false;
	}
	return true;
}

/* --- the connection --- */

static void on_open(struct stream *s)
{
	s->answered = true;
	s->heard_at = clock_ms();
	if (s->was_open)
		s->handler.broken(s->handler.ctx, NULL);
	s->was_open = true;
	s->pause_ms = PAUSE_MIN_MS;
}

static size_t on_header(const char *bytes, size_t one, size_t n, void *ctx)
{
	struct stream *s = ctx;
	long status = 0;

	(void)one;
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	/* The empty line ends the headers. */
	if (n == 2 && bytes[0] == '\r' && status == 200 && !s->answered)
		on_open(s);
	return n;
}

static size_t on_body(const char *bytes, size_t one, size_t n, void *ctx)
{
	struct stream *s = ctx;

	(void)one;
	s->heard_at = clock_ms();
	if (!s->answered)
		return buf_add(&s->refusal.body, bytes, n) == 0 ? n : 0;
	return take_bytes(s, bytes, n) ? n : 0;
}

static bool set_headers(struct stream *s)
{
	char key[sizeof "Authorization: Bearer " + KEY_MAX],
	    last[sizeof "Last-Event-ID: " + ID_BYTES];
	const char *lines[3] = { "Accept: text/event-stream" };
	unsigned n = 1;

	if (http_key_header(s->target, key, sizeof key))
		lines[n++] = key;
	if (s->id[0] != '\0') {
		snprintf(last, sizeof last, "Last-Event-ID: %s", s->id);
		lines[n++] = last;
	}
	for (unsigned i = 0; i < n; i++) {
		struct curl_slist *more = curl_slist_append(s->headers, lines[i]);

		if (more == NULL)
			return false;
		s->headers = more;
	}
	return true;
}

/* What is left of a line or an event when the connection breaks was never whole: forget it. */
static int dial(struct stream *s, struct why *why)
{
	buf_reset(&s->line);
	buf_reset(&s->data);
	buf_reset(&s->type);
	buf_reset(&s->refusal.body);
	memcpy(s->pending_id, s->id, sizeof s->id);
	s->after_cr = s->answered = false;
	s->error[0] = '\0';
	s->easy = target_curl(s->target);
	if (s->easy == NULL || !set_headers(s)) {
		hang_up(s);
		return why_set(why, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	}
	curl_easy_setopt(s->easy, CURLOPT_URL, s->url);
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers);
	curl_easy_setopt(s->easy, CURLOPT_ERRORBUFFER, s->error);
	curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, s);
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
	curl_multi_add_handle(s->multi, s->easy);
	return 0;
}

/* The stream has ended for now: tell, and choose when to try again. */
static void retry_later(struct stream *s)
{
	char sentence[256];

	if (s->answered) {
		snprintf(sentence, sizeof sentence, "the event stream broke; connecting again%s%s",
			 s->id[0] != '\0' ? " after event " : "", s->id);
		s->handler.broken(s->handler.ctx, sentence);
	}
	s->retry_at = clock_ms() + s->pause_ms;
	s->pause_ms = MIN_OF(s->pause_ms * 2, (uint64_t)PAUSE_MAX_MS);
}

static int explain_refusal(struct stream *s, long status, struct why *why)
{
	struct buf b;

	s->refusal.status = status;
	s->refusal.json = json_loadb(s->refusal.body.p, s->refusal.body.n, 0, NULL);
	buf_init(&b, REFUSAL_MAX);
	answer_explain(&s->refusal, s->target, &b);
	why_set(why, ERR_DENIED, "%.*s", STR_ARG(buf_all(&b)));
	buf_fini(&b);
	return ERR_DENIED;
}

static int on_end(struct stream *s, CURLcode code, struct why *why)
{
	long status = 0, system = 0;
	int r = 0;

	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(s->easy, CURLINFO_OS_ERRNO, &system);
	/* 5xx passes: a daemon that stops or starts answers so. */
	if (code == CURLE_OK && status != 200 && (status < 500 || !s->was_open))
		r = explain_refusal(s, status, why);
	else if (code == CURLE_WRITE_ERROR)
		r = why_set(why, ERR_TOOBIG, "an event of %s is larger than %u MiB",
			    target_name(s->target), EVENT_BYTES >> 20);
	else if (!s->was_open)
		r = target_explain(s->target, code, system, s->error, why);
	hang_up(s);
	if (r == 0)
		retry_later(s);
	return r;
}

int stream_turn(struct stream *s, int timeout_ms, struct why *why)
{
	uint64_t now = clock_ms();
	int running, left, r = 0;
	CURLMsg *m;

	if (s->easy == NULL && now >= s->retry_at)
		r = dial(s, why);
	else if (s->easy == NULL)
		timeout_ms = (int)MIN_OF((uint64_t)timeout_ms, s->retry_at - now);
	if (r < 0)
		return r;
	curl_multi_perform(s->multi, &running);
	if (running > 0 || s->easy == NULL)
		curl_multi_poll(s->multi, NULL, 0, timeout_ms, NULL);
	curl_multi_perform(s->multi, &running);
	m = curl_multi_info_read(s->multi, &left);
	if (m != NULL && m->msg == CURLMSG_DONE)
		return on_end(s, m->data.result, why);
	if (stream_is_open(s) && clock_ms() - s->heard_at > SILENCE_MS)
		return on_end(s, CURLE_OPERATION_TIMEDOUT, why);
	return 0;
}
