/* listen.c - opens listening sockets. */
#include "api/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

#define BACKLOG 511

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* "127.0.0.1:8840" -> host "127.0.0.1"; the brackets of "[::1]" are taken off. */
static bool split(const char *text, char host[64], uint64_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	struct str h = { text, colon != NULL ? (size_t)(colon - text) : 0 };

	if (colon == NULL || !str_to_u64(str_of(colon + 1), 65535, ret_port))
		return false;
	if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = (struct str){ h.p + 1, h.n - 2 };
	return str_copy(host, 64, h);
}

static int parse(const char *text, union address *a, socklen_t *ret_n, struct why *why)
{
	uint64_t port;
	char host[64];

	memset(a, 0, sizeof *a);
	if (split(text, host, &port) && inet_pton(AF_INET, host, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons((uint16_t)port);
		*ret_n = sizeof a->v4;
		return 0;
	}
	if (split(text, host, &port) && inet_pton(AF_INET6, host, &a->v6.sin6_addr) == 1) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons((uint16_t)port);
		*ret_n = sizeof a->v6;
		return 0;
	}
	return why_set(why, ERR_CONFIG,
		       "\"%s\" is not an address to listen at: write 127.0.0.1:8840 or [::1]:8840",
		       text);
}

static int url_of(int fd, char url[LISTEN_URL])
{
	union address a = { 0 };
	socklen_t n = sizeof a;
	char host[INET6_ADDRSTRLEN];

	if (getsockname(fd, &a.any, &n) < 0)
		return ERR_IO;
	if (a.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof host);
		snprintf(url, LISTEN_URL, "http://[%s]:%u", host, ntohs(a.v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof host);
		snprintf(url, LISTEN_URL, "http://%s:%u", host, ntohs(a.v4.sin_port));
	}
	return 0;
}

static int bind_and_listen(int fd, const struct sockaddr *a, socklen_t n, const char *name,
			   struct why *why)
{
	if (bind(fd, a, n) == 0 && listen(fd, BACKLOG) == 0)
		return 0;
	if (errno == EADDRINUSE)
		return why_set(why, ERR_BUSY,
			       "%s is in use by another program: stop that, or choose another",
			       name);
	return why_errno(why, ERR_IO, "cannot listen at %s", name);
}

int listen_tcp(const char *address, char url[LISTEN_URL], struct why *why)
{
	union address a;
	socklen_t n = 0;
	int fd, on = 1, r = parse(address, &a, &n, why);

	if (r != 0)
		return r;
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return why_errno(why, ERR_IO, "cannot listen at %s", address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	r = bind_and_listen(fd, &a.any, n, address, why);
	if (r == 0 && url_of(fd, url) != 0)
		r = why_errno(why, ERR_IO, "cannot listen at %s", address);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* A socket file outlives its process.  Remove it when nobody answers there. */
static int remove_stale(const struct sockaddr_un *a, struct why *why)
{
	struct stat st;
	int fd, r = 0;

	if (lstat(a->sun_path, &st) < 0)
		return errno == ENOENT ? 0
				       : why_errno(why, ERR_IO, "cannot use \"%s\"", a->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return why_set(why, ERR_EXISTS, "\"%s\" is there and not a socket: remove it",
			       a->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return why_errno(why, ERR_IO, "cannot use \"%s\"", a->sun_path);
	if (connect(fd, (const struct sockaddr *)a, sizeof *a) == 0 || errno != ECONNREFUSED)
		r = why_set(why, ERR_BUSY, "another process listens at \"%s\": stop that first",
			    a->sun_path);
	else if (unlink(a->sun_path) < 0)
		r = why_errno(why, ERR_IO, "cannot remove the old socket \"%s\"", a->sun_path);
	close(fd);
	return r;
}

int listen_unix(const char *path, struct why *why)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, r;

	if (!str_copy(a.sun_path, sizeof a.sun_path, str_of(path)))
		return why_set(
		    why, ERR_CONFIG,
		    "the path of the unix socket \"%s\" is longer than %zu bytes: choose "
		    "a shorter one",
		    path, sizeof a.sun_path - 1);
	r = remove_stale(&a, why);
	if (r != 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return why_errno(why, ERR_IO, "cannot listen at \"%s\"", path);
	/* The file gets the mode of the socket: at no time can others connect. */
	if (fchmod(fd, 0600) < 0)
		r = why_errno(why, ERR_IO, "cannot listen at \"%s\"", path);
	if (r == 0)
		r = bind_and_listen(fd, (const struct sockaddr *)&a, sizeof a, path, why);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

bool listen_peer_is_us(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}
