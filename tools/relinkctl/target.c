/*
 * target.c - finds the daemon.
 *
 * The first of these counts: --url or --socket; RELINK_URL; RELINK_SOCKET; the first socket that
 * exists in usual_sockets.  A key file named on the command line beats RELINK_KEY_FILE, and that
 * beats RELINK_KEY.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_MS 5000L

static const char *const usual_sockets[] = {
	"./var/relink.sock",
	"/run/relink/relink.sock",
	"/var/lib/relink/relink.sock",
};

static const char *environment(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && *v != '\0' ? v : NULL;
}

static int use_socket(struct target *t, const char *path, struct why *why)
{
	size_t most = sizeof((struct sockaddr_un *)0)->sun_path - 1;

	if (*path == '\0' || strlen(path) > most)
		return why_set(why, ERR_CONFIG,
			       "the path of a unix socket has 1 to %zu bytes, this one has %zu; "
			       "use a shorter link to its folder",
			       most, strlen(path));
	t->socket = str_dup(str_of(path));
	return t->socket != NULL ? 0 : why_set(why, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
}

static int use_usual_socket(struct target *t, struct why *why)
{
	for (size_t i = 0; i < sizeof usual_sockets / sizeof usual_sockets[0]; i++) {
		if (access(usual_sockets[i], F_OK) == 0)
			return use_socket(t, usual_sockets[i], why);
	}
	return why_set(why, ERR_UNAVAILABLE,
		       "there is no socket at %s, %s or %s: is relinkd running? Start it with "
		       "tools/run, or name its socket with --socket",
		       usual_sockets[0], usual_sockets[1], usual_sockets[2]);
}

/* Only scheme, host and port: a key in the address would end up in logs and histories. */
static int use_url(struct target *t, const char *text, struct why *why)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *user = NULL, *path = NULL, *query = NULL;
	bool fits;

	if (url == NULL)
		return why_set(why, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	fits = curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	       curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	       (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
	       curl_url_get(url, CURLUPART_USER, &user, 0) != CURLUE_OK &&
	       curl_url_get(url, CURLUPART_QUERY, &query, 0) != CURLUE_OK &&
	       curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK && strcmp(path, "/") == 0;
	curl_free(scheme);
	curl_free(user);
	curl_free(path);
	curl_free(query);
	curl_url_cleanup(url);
	if (!fits)
		return why_set(why, ERR_CONFIG,
			       "the daemon's address must look like http://127.0.0.1:8840, without "
			       "user, path or query; a key is given with --key-file");
	t->url = str_dup(str_of(text));
	if (t->url == NULL)
		return why_set(why, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	if (t->url[strlen(t->url) - 1] == '/')
		t->url[strlen(t->url) - 1] = '\0';
	return 0;
}

/* A key is one line of visible ASCII. */
static int use_key(struct target *t, struct str key, const char *source, struct why *why)
{
	while (key.n > 0 && strchr(" \t\r\n", key.p[key.n - 1]) != NULL)
		key.n--;
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] <= 0x20 || key.p[i] >= 0x7f)
			key.n = 0;
	}
	if (key.n == 0 || !str_copy(t->key, sizeof t->key, key))
		return why_set(why, ERR_CONFIG,
			       "%s holds no API key: one line of 1 to %d visible characters "
			       "is expected",
			       source, KEY_MAX - 1);
	return 0;
}

static int read_key(struct target *t, const char *file, struct why *why)
{
	char text[KEY_MAX + 2];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return why_errno(why, ERR_CONFIG, "cannot read the key file \"%s\"", file);
	n = read(fd, text, sizeof text);
	if (n < 0)
		why_errno(why, ERR_CONFIG, "cannot read the key file \"%s\"", file);
	close(fd);
	return n < 0 ? ERR_CONFIG : use_key(t, (struct str){ text, (size_t)n }, file, why);
}

static int find_key(struct target *t, const struct options *o, struct why *why)
{
	const char *file = environment("RELINK_KEY_FILE"), *key = environment("RELINK_KEY");

	if (option_given(o, OPTION_KEY_FILE))
		return read_key(t, o->text[OPTION_KEY_FILE], why);
	if (file != NULL)
		return read_key(t, file, why);
	return key != NULL ? use_key(t, str_of(key), "RELINK_KEY", why) : 0;
}

static int find_place(struct target *t, const struct options *o, struct why *why)
{
	bool url = option_given(o, OPTION_URL), socket = option_given(o, OPTION_SOCKET);

	if (url && socket)
		return why_set(why, ERR_CONFIG, "--url and --socket: give one of them");
	if (url)
		return use_url(t, o->text[OPTION_URL], why);
	if (socket)
		return use_socket(t, o->text[OPTION_SOCKET], why);
	if (environment("RELINK_URL") != NULL)
		return use_url(t, environment("RELINK_URL"), why);
	if (environment("RELINK_SOCKET") != NULL)
		return use_socket(t, environment("RELINK_SOCKET"), why);
	return use_usual_socket(t, why);
}

int target_find(struct target *ret_target, const struct options *o, struct why *why)
{
	struct target t = { 0 };
	int r = find_place(&t, o, why);

	if (r == 0 && t.url != NULL)
		r = find_key(&t, o, why);
	else if (r == 0 && option_given(o, OPTION_KEY_FILE))
		r = why_set(why, ERR_CONFIG,
			    "--key-file goes with --url; on the unix socket your user is the key");
	if (r == 0)
		*ret_target = t;
	else
		target_fini(&t);
	return r;
}

void target_fini(struct target *t)
{
	free(t->socket);
	free(t->url);
	explicit_bzero(t, sizeof *t);
}

const char *target_name(const struct target *t)
{
	return t->socket != NULL ? t->socket : t->url;
}

CURL *target_curl(const struct target *t)
{
	CURL *easy = curl_easy_init();

	if (easy == NULL)
		return NULL;
	if (t->socket != NULL)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, t->socket);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	/* An id of dots is an id; curl would take it for a folder. */
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 15L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 5L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "relinkctl/" RELINK_VERSION);
	return easy;
}

static int explain_socket(const struct target *t, long system, struct why *why)
{
	struct stat st;

	switch (system) {
	case ENOENT:
	case ENOTDIR:
		return why_set(why, ERR_UNAVAILABLE,
			       "there is no socket \"%s\": is relinkd running? Start it with "
			       "tools/run, or name its socket with --socket",
			       t->socket);
	case ECONNREFUSED:
		if (stat(t->socket, &st) == 0 && !S_ISSOCK(st.st_mode))
			return why_set(why, ERR_UNAVAILABLE,
				       "\"%s\" is not a socket: name relinkd's with --socket",
				       t->socket);
		return why_set(why, ERR_UNAVAILABLE,
			       "nobody listens on the socket \"%s\": relinkd has ended and left it "
			       "behind; start it again (tools/run)",
			       t->socket);
	case EACCES:
	case EPERM:
		return why_set(why, ERR_UNAVAILABLE,
			       "you may not use the socket \"%s\": run relinkctl as root or as the "
			       "user that runs relinkd, or use --url with a key",
			       t->socket);
	default:
		return why_set(why, ERR_UNAVAILABLE, "cannot connect to the socket \"%s\": %s",
			       t->socket, strerror((int)system));
	}
}

int target_explain(const struct target *t, CURLcode code, long system, const char *detail,
		   struct why *why)
{
	if (*detail == '\0')
		detail = curl_easy_strerror(code);
	if (t->socket != NULL && code == CURLE_COULDNT_CONNECT)
		return explain_socket(t, system, why);
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		return why_set(why, ERR_UNAVAILABLE,
			       "cannot connect to %s: %s; is relinkd running and is this the "
			       "address that it printed at its start?",
			       t->url, system != 0 ? strerror((int)system) : detail);
	case CURLE_COULDNT_RESOLVE_HOST:
		return why_set(why, ERR_UNAVAILABLE, "the host in %s is not known: check --url",
			       t->url);
	case CURLE_OPERATION_TIMEDOUT:
		return why_set(why, ERR_UNAVAILABLE,
			       "%s does not answer (%s): look at relinkd's log", target_name(t),
			       detail);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return why_set(why, ERR_UNAVAILABLE,
			       "%s does not speak HTTP (%s): is it relinkd's address?",
			       target_name(t), detail);
	default:
		return why_set(why, ERR_UNAVAILABLE, "no answer from %s: %s", target_name(t),
			       detail);
	}
}
