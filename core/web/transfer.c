/* transfer.c - see transfer.h. */
#include "web/transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/obj.h"
#include "web/lend.h"
#include "web/words.h"

#define RETRY_MIN_MS 1000u
#define RETRY_MAX_MS 600000u

/* --- the answer, as it comes --- */

/* Returning other than what was offered ends the transfer. */
static size_t stop_because(struct web_transfer *t, const char *why)
{
	t->broken = why;
	return 0;
}

/* When `line` is a header of this name, its value. */
static bool header_is(struct str line, const char *name, struct str *ret_value)
{
	size_t n = strlen(name);

	if (line.n <= n || strncasecmp(line.p, name, n) != 0 || line.p[n] != ':')
		return false;
	*ret_value = word_trim((struct str){ line.p + n + 1, line.n - n - 1 });
	return true;
}

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.n > 0;
}

/* Seconds or a date; 0 for neither. */
static uint64_t retry_after(struct str value)
{
	uint64_t ms = 0;
	char date[64];
	time_t at;

	if (all_digits(value)) {
		if (!str_to_u64(value, RETRY_MAX_MS / 1000, &ms))
			return RETRY_MAX_MS;
		return MAX_OF(ms * 1000, (uint64_t)RETRY_MIN_MS);
	}
	if (!str_copy(date, sizeof date, value))
		return 0;
	at = curl_getdate(date, NULL);
	if (at < 0)
		return 0;
	if ((uint64_t)at * 1000 > clock_wall_ms())
		ms = (uint64_t)at * 1000 - clock_wall_ms();
	return MIN_OF(MAX_OF(ms, (uint64_t)RETRY_MIN_MS), (uint64_t)RETRY_MAX_MS);
}

static size_t on_header(struct web_transfer *t, struct str line)
{
	struct str value;

	if (header_is(line, "Retry-After", &value))
		t->retry_after_ms = retry_after(value);
	else if (t->request->status_only)
		return line.n;
	else if (header_is(line, "Content-Encoding", &value) && !word_is(value, "identity"))
		return stop_because(t, "it is compressed, which was not asked for");
	else if (header_is(line, "Transfer-Encoding", &value) && !word_is(value, "chunked"))
		return stop_because(t, "its transfer encoding was not asked for");
	return line.n;
}

/* A status line begins a block of its own: what a 1xx said is not the answer's.  Lines behind the
 * empty one are trailers, which say nothing to us. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is curl's */
static size_t on_head(char *p, size_t size, size_t n, void *ctx)
{
	struct web_transfer *t = ctx;
	struct str line = { p, size * n };

	t->came += line.n;
	t->head_bytes += line.n;
	if (t->head_bytes > WEB_HEAD_BYTES_MAX)
		return stop_because(t, "its headers are over 64 KiB");
	if (line.n >= 5 && memcmp(line.p, "HTTP/", 5) == 0) {
		t->head_ended = false;
		t->retry_after_ms = 0;
	} else if (word_trim(line).n == 0) {
		t->head_ended = true;
	} else if (++t->head_lines > WEB_HEAD_LINES_MAX) {
		return stop_because(t, "its headers have over 200 lines");
	} else if (!t->head_ended) {
		return on_header(t, line);
	}
	return line.n;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct web_transfer *t = ctx;

	t->came += size * n;
	if (t->request->status_only) {
		t->dropped += size * n;
		return t->dropped <= WEB_DROPPED_MAX ? size * n : 0;
	}
	switch (buf_add(&t->body, p, size * n)) {
	case 0:
		return size * n;
	case ERR_TOOBIG:
		return stop_because(t, "its body is larger than the request allows");
	default:
		return stop_because(t, "there is no memory for its body");
	}
}

/* Where the request may not lead to, nothing is even connected to. */
static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct web_transfer *t = ctx;

	(void)purpose;
	if (t->request->guard != NULL &&
	    !guard_allows(t->request->guard, t->request->server, &a->addr, t->refused))
		return CURL_SOCKET_BAD;
	/* What a plugin may start must not keep a connection open. */
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static bool read_ip(const char *ip, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *in = (void *)ret_address;
	struct sockaddr_in6 *in6 = (void *)ret_address;

	*ret_address = (struct sockaddr_storage){ 0 };
	if (inet_pton(AF_INET, ip, &in->sin_addr) == 1)
		ret_address->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, ip, &in6->sin6_addr) == 1)
		ret_address->ss_family = AF_INET6;
	return ret_address->ss_family != AF_UNSPEC;
}

/* There is a connection, and the request is next.  It may be one that another request has opened, which
 * was allowed more. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is curl's */
static int on_connected(void *ctx, char *ip, char *local_ip, int port, int local_port)
{
	struct web_transfer *t = ctx;
	struct sockaddr_storage address;

	(void)local_ip, (void)port, (void)local_port;
	if (t->request->guard != NULL &&
	    (!read_ip(ip, &address) || !guard_allows(t->request->guard, t->request->server,
						     (struct sockaddr *)&address, t->refused)))
		return CURL_PREREQFUNC_ABORT;
	t->sent = true;
	return CURL_PREREQFUNC_OK;
}

/* --- what curl is told --- */

#define SET(option, value) (curl_easy_setopt(t->easy, CURLOPT_##option, (value)) == CURLE_OK)

static bool set_request(struct web_transfer *t)
{
	const struct web_request *r = t->request;
	bool ok = SET(URL, r->url) && SET(PATH_AS_IS, 1L) && SET(HTTPHEADER, r->headers) &&
		  SET(USERAGENT, "relink/" RELINK_VERSION);

	if (strcmp(r->method, "HEAD") == 0)
		ok = ok && SET(NOBODY, 1L);
	else if (strcmp(r->method, "GET") != 0 || r->has_body)
		ok = ok && SET(CUSTOMREQUEST, r->method);
	if (r->has_body)
		ok = ok && SET(POST, 1L) && SET(POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n) &&
		     SET(POSTFIELDS, r->body.p);
	return ok;
}

/* Nothing that the environment or a server may say changes where a request goes.  No CA folder:
 * curl would trust it besides the file. */
static bool set_rules(struct web_transfer *t)
{
	const struct web_request *r = t->request;

	return SET(PROTOCOLS_STR, "http,https") && SET(FOLLOWLOCATION, 0L) && SET(PROXY, "") &&
	       SET(NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(HTTP09_ALLOWED, 0L) &&
	       SET(SSL_VERIFYPEER, 1L) && SET(SSL_VERIFYHOST, 2L) &&
	       SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(CAPATH, (char *)NULL) &&
	       (r->ca_file == NULL || SET(CAINFO, r->ca_file)) && SET(CA_CACHE_TIMEOUT, 60L) &&
	       SET(CONNECTTIMEOUT_MS, (long)r->connect_ms) && SET(FRESH_CONNECT, (long)r->fresh) &&
	       SET(FORBID_REUSE, (long)r->fresh);
}

static bool set_callbacks(struct web_transfer *t, void *ctx)
{
	return SET(PRIVATE, ctx) && SET(ERRORBUFFER, t->detail) && SET(HEADERFUNCTION, on_head) &&
	       SET(HEADERDATA, t) && SET(WRITEFUNCTION, on_body) && SET(WRITEDATA, t) &&
	       SET(PREREQFUNCTION, on_connected) && SET(PREREQDATA, t) &&
	       SET(OPENSOCKETFUNCTION, on_open_socket) && SET(OPENSOCKETDATA, t);
}

int web_transfer_init(struct web_transfer *t, const struct web_request *request, void *ctx)
{
	*t = (struct web_transfer){ .request = request };
	buf_init(&t->body, request->body_max);
	t->easy = curl_easy_init();
	if (t->easy != NULL && set_request(t) && set_rules(t) && set_callbacks(t, ctx))
		return 0;
	web_transfer_fini(t);
	return ERR_NOMEM;
}

void web_transfer_fini(struct web_transfer *t)
{
	curl_easy_cleanup(t->easy);
	buf_fini(&t->body);
	*t = (struct web_transfer){ 0 };
}

/* --- what became of it --- */

/* Codes that are no answer.  `own`: our words; without, curl's are good, and name no path.  What is
 * not here is a bug of ours or an answer that nobody can read. */
static const struct verdict {
	CURLcode code;
	enum relink_cause cause;
	const char *own;
} verdicts[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, RELINK_NETWORK, NULL },
	{ CURLE_COULDNT_CONNECT, RELINK_NETWORK, NULL },
	{ CURLE_OPERATION_TIMEDOUT, RELINK_NETWORK, NULL },
	{ CURLE_SSL_CONNECT_ERROR, RELINK_NETWORK, NULL },
	{ CURLE_SEND_ERROR, RELINK_NETWORK, NULL },
	{ CURLE_RECV_ERROR, RELINK_NETWORK, NULL },
	{ CURLE_GOT_NOTHING, RELINK_NETWORK, "it closed the connection without an answer" },
	{ CURLE_PARTIAL_FILE, RELINK_NETWORK, "its answer was cut" },
	{ CURLE_PEER_FAILED_VERIFICATION, RELINK_MISCONFIGURED, NULL },
	{ CURLE_SSL_CERTPROBLEM, RELINK_MISCONFIGURED, NULL },
	{ CURLE_SSL_CACERT_BADFILE, RELINK_MISCONFIGURED, "the CA file cannot be read" },
	{ CURLE_URL_MALFORMAT, RELINK_MISCONFIGURED, "the URL is malformed" },
	{ CURLE_OUT_OF_MEMORY, RELINK_INTERNAL, "there is no memory" },
};

/* curl has one code for a connection that fails and for chunks that make no sense. */
static bool chunks_are_broken(const struct web_transfer *t, CURLcode code)
{
	return code == CURLE_RECV_ERROR && strstr(t->detail, "chunked-encoding") != NULL;
}

static const struct verdict *verdict_of(const struct web_transfer *t, CURLcode code)
{
	static const struct verdict broken_chunks = { CURLE_OK, RELINK_INTERNAL, NULL };
	static const struct verdict unreadable = { CURLE_OK, RELINK_INTERNAL,
						   "its answer is no HTTP that can be read" };

	if (chunks_are_broken(t, code))
		return &broken_chunks;
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		if (verdicts[i].code == code)
			return &verdicts[i];
	}
	return &unreadable;
}

/* 0 for none, and for a number of more than three digits, which curl lets pass behind "HTTP/2". */
static unsigned status_of(const struct web_transfer *t)
{
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status > 0 && status < 1000 ? (unsigned)status : 0;
}

/* For curl an answer that ends within its headers, or with a 1xx, is as good as any. */
static bool is_whole(const struct web_transfer *t)
{
	return t->head_ended && status_of(t) >= 200;
}

bool web_transfer_suffices(const struct web_transfer *t)
{
	return t->request->status_only && is_whole(t);
}

static void reply_answer(const struct web_transfer *t, struct relink_http_reply *a)
{
	const char *type = NULL;

	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
	a->status = status_of(t);
	a->retry_after_ms = t->retry_after_ms;
	a->content_type = fit_lend(str_of(type));
	a->body = fit_lend(buf_all(&t->body));
}

static void reply_failure(const struct web_transfer *t, CURLcode code, struct relink_http_reply *a,
			  char text[WEB_TEXT_MAX])
{
	const struct verdict *v = verdict_of(t, code);
	const char *words = v->own;

	if (t->broken != NULL)
		words = t->broken;
	else if (t->refused[0] != '\0')
		words = t->refused;
	else if (words == NULL)
		words = t->detail[0] != '\0' ? t->detail : curl_easy_strerror(code);
	snprintf(text, WEB_TEXT_MAX, "%s: %s", t->request->server, words);
	a->cause = t->broken != NULL ? RELINK_INTERNAL : v->cause;
	a->timeout = code == CURLE_OPERATION_TIMEDOUT;
	a->text = fit_lend(str_of(text));
}

void web_transfer_reply(const struct web_transfer *t, CURLcode code,
			struct relink_http_reply *ret_reply, char text[WEB_TEXT_MAX])
{
	struct relink_http_reply a = { .size = sizeof a, .sent = t->sent };

	if (web_transfer_suffices(t))
		code = CURLE_OK;
	else if (code == CURLE_OK && t->head_ended && status_of(t) == 0)
		code = CURLE_WEIRD_SERVER_REPLY;
	else if (code == CURLE_OK && !is_whole(t))
		code = CURLE_PARTIAL_FILE;
	if (code == CURLE_OK)
		reply_answer(t, &a);
	else
		reply_failure(t, code, &a, text);
	*ret_reply = a;
}
