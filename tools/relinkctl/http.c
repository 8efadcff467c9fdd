/* http.c - see http.h; curl's easy interface, one handle for the whole run. */
#include "http.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "target.h"

#define ANSWER_MAX    (64u << 20) /* a page of 1000 accounts with full metadata is below 10 MiB */
#define PATH_BYTES    (64u << 10)
#define ANSWER_MS     30000L
#define IDEM_HEX      32
#define KEY_LINE      (sizeof "Authorization: Bearer " + KEY_MAX)
#define BUSY_RETRIES  20
#define BUSY_PAUSE_MS 250

struct http {
	const struct target *target;
	CURL *easy;
	char key[KEY_LINE];
	char error[CURL_ERROR_SIZE];
	unsigned hurry_ms; /* for a whole exchange; 0: as long as it takes */
};

/* --- requests and answers --- */

void request_init(struct request *q, const char *method, const char *path)
{
	*q = (struct request){ .method = method };
	buf_init(&q->path, PATH_BYTES);
	buf_init(&q->body, PATH_BYTES);
	buf_text(&q->path, path);
}

static void add_encoded(struct buf *to, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;

		if (plain)
			buf_byte(to, *text);
		else
			buf_printf(to, "%%%02X", c);
	}
}

void request_part(struct request *q, const char *text)
{
	buf_byte(&q->path, '/');
	add_encoded(&q->path, text);
}

void request_query(struct request *q, const char *key, const char *text)
{
	bool first = memchr(q->path.p, '?', q->path.n) == NULL;

	buf_printf(&q->path, "%c%s=", first ? '?' : '&', key);
	add_encoded(&q->path, text);
}

void request_query_u64(struct request *q, const char *key, uint64_t v)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
	request_query(q, key, digits);
}

void request_fini(struct request *q)
{
	buf_fini(&q->path);
	buf_fini(&q->body);
}

void answer_fini(struct answer *a)
{
	json_decref(a->json);
	buf_fini(&a->body);
	a->json = NULL;
}

struct str answer_problem(const struct answer *a)
{
	const json_t *code = answer_ok(a) ? NULL : json_object_get(a->json, "code");

	return (struct str){ json_string_value(code), json_string_length(code) };
}

void answer_explain(const struct answer *a, const struct target *t, struct buf *to)
{
	const json_t *detail = json_object_get(a->json, "detail");
	struct str code = answer_problem(a);

	if (code.n == 0) {
		buf_printf(to, "%s answered %ld without saying why: is it relinkd's address?",
			   target_name(t), a->status);
		return;
	}
	buf_str(to, code);
	buf_text(to, ": ");
	buf_str(to, (struct str){ json_string_value(detail), json_string_length(detail) });
	if (a->status != 401)
		return;
	if (t->socket != NULL)
		buf_text(to, " Run relinkctl as root or as the user that runs relinkd.");
	else if (t->key[0] == '\0')
		buf_text(to, " Give it with --key-file FILE or RELINK_KEY_FILE.");
	else
		buf_text(to, " It came from --key-file, RELINK_KEY_FILE or RELINK_KEY.");
}

/* --- sending --- */

bool http_key_header(const struct target *t, char *to, size_t size)
{
	return t->key[0] != '\0' &&
	       snprintf(to, size, "Authorization: Bearer %s", t->key) < (int)size;
}

static size_t on_body(char *bytes, size_t one, size_t n, void *ctx)
{
	struct answer *a = ctx;

	(void)one;
	return buf_add(&a->body, bytes, n) == 0 ? n : 0;
}

static int on_progress(void *ctx, curl_off_t dl, curl_off_t down, curl_off_t ul, curl_off_t up)
{
	const struct request *q = ctx;

	(void)dl, (void)down, (void)ul, (void)up;
	if (q->tick != NULL)
		q->tick(q->ctx);
	return 0;
}

int http_new(struct http **ret_http, const struct target *target, struct why *why)
{
	struct http *h = calloc(1, sizeof *h);

	if (h != NULL)
		h->easy = target_curl(target);
	if (h == NULL || h->easy == NULL) {
		http_free(&h);
		return why_set(why, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	}
	h->target = target;
	http_key_header(target, h->key, sizeof h->key);
	curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h->easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(h->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	*ret_http = h;
	return 0;
}

void http_free(struct http **h)
{
	if (*h == NULL)
		return;
	curl_easy_cleanup((*h)->easy);
	explicit_bzero((*h)->key, sizeof(*h)->key);
	free(*h);
	*h = NULL;
}

void http_hurry(struct http *h, unsigned ms)
{
	h->hurry_ms = ms;
}

const struct target *http_target(const struct http *h)
{
	return h->target;
}

static bool add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (more != NULL)
		*list = more;
	return more != NULL;
}

/* `idem` "": a read. */
static struct curl_slist *headers_of(const struct http *h, const struct request *q,
				     const char *idem)
{
	struct curl_slist *list = NULL;
	char line[80];
	/* "Expect:" keeps curl from asking whether it may send a body. */
	bool ok = add_header(&list, "Accept: application/json") && add_header(&list, "Expect:");

	ok = ok && (h->key[0] == '\0' || add_header(&list, h->key));
	ok = ok &&
	     add_header(&list, q->body.n > 0 ? "Content-Type: application/json" : "Content-Type:");
	if (ok && q->wait_s > 0) {
		snprintf(line, sizeof line, "Prefer: wait=%u", q->wait_s);
		ok = add_header(&list, line);
	}
	if (ok && *idem != '\0') {
		snprintf(line, sizeof line, "Idempotency-Key: %s", idem);
		ok = add_header(&list, line);
	}
	if (!ok) {
		curl_slist_free_all(list);
		return NULL;
	}
	return list;
}

static void set_body(CURL *easy, const struct request *q)
{
	curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	if (strcmp(q->method, "GET") == 0) {
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
		return;
	}
	if (strcmp(q->method, "POST") == 0 || q->body.n > 0) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)q->body.n);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, q->body.n > 0 ? q->body.p : "");
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, q->method);
}

/* ERR_EOF: the daemon had perhaps begun to carry it out. */
static int explain_failure(struct http *h, CURLcode code, struct why *why)
{
	long system = 0;

	switch (code) {
	case CURLE_WRITE_ERROR:
		return why_set(why, ERR_TOOBIG, "the answer of %s is larger than %u MiB",
			       target_name(h->target), ANSWER_MAX >> 20);
	case CURLE_OUT_OF_MEMORY:
		return why_set(why, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return why_set(why, ERR_EOF,
			       "the connection to %s broke before the answer was whole",
			       target_name(h->target));
	default:
		curl_easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &system);
		return target_explain(h->target, code, system, h->error, why);
	}
}

static int send_once(struct http *h, const struct request *q, const char *url, const char *idem,
		     struct answer *ret_answer, struct why *why)
{
	struct curl_slist *headers = headers_of(h, q, idem);
	struct answer a = { 0 };
	CURLcode code;

	if (headers == NULL)
		return why_set(why, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	buf_init(&a.body, ANSWER_MAX);
	h->error[0] = '\0';
	set_body(h->easy, q);
	curl_easy_setopt(h->easy, CURLOPT_URL, url);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, &a);
	curl_easy_setopt(h->easy, CURLOPT_XFERINFODATA, q);
	curl_easy_setopt(h->easy, CURLOPT_TIMEOUT_MS,
			 h->hurry_ms > 0 ? (long)h->hurry_ms
					 : ANSWER_MS + 1000L * (q->wait_s + q->patience_s));
	code = curl_easy_perform(h->easy);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	if (code != CURLE_OK) {
		answer_fini(&a);
		return explain_failure(h, code, why);
	}
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &a.status);
	if (a.body.n > 0)
		a.json =
		    json_loadb(a.body.p, a.body.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	*ret_answer = a;
	return 0;
}

/* Our first sending arrived after all and is being carried out: its answer is worth waiting for. */
static bool first_is_under_way(const struct answer *a)
{
	return str_is(answer_problem(a), "idempotency_in_progress");
}

static int send_patiently(struct http *h, const struct request *q, const char *url,
			  const char *idem, struct answer *a, struct why *why)
{
	int r = send_once(h, q, url, idem, a, why);

	if (r != ERR_EOF)
		return r;
	r = send_once(h, q, url, idem, a, why);
	for (unsigned i = 0; r == 0 && i < BUSY_RETRIES && first_is_under_way(a); i++) {
		answer_fini(a);
		poll(NULL, 0, BUSY_PAUSE_MS);
		r = send_once(h, q, url, idem, a, why);
	}
	if (r < 0 && *idem != '\0')
		why_prefix(why, "the connection broke before the answer came, so the daemon may or "
				"may not have done it: look before you try again");
	return r;
}

int http_send(struct http *h, const struct request *q, struct answer *ret_answer, struct why *why)
{
	char idem[IDEM_HEX + 1] = "";
	struct buf url;
	int r;

	buf_init(&url, PATH_BYTES + 4096);
	buf_text(&url, h->target->url != NULL ? h->target->url : "http://localhost");
	buf_str(&url, buf_all(&q->path));
	buf_byte(&url, '\0');
	if (strcmp(q->method, "GET") != 0)
		rng_hex(idem, IDEM_HEX);
	if (q->body.failed != 0)
		r = why_set(why, ERR_TOOBIG, "what is to be sent is larger than %zu KiB",
			    q->body.limit >> 10);
	else if (url.failed != 0 || q->path.failed != 0)
		r = why_set(why, ERR_TOOBIG, "the address is longer than %u KiB", PATH_BYTES >> 10);
	else
		r = send_patiently(h, q, url.p, idem, ret_answer, why);
	buf_fini(&url);
	return r;
}
