/* world.c - the API on a loop, and clients. */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/obj.h"

/* --- world --- */

struct api_options world_options(struct world *w)
{
	snprintf(w->dir, sizeof w->dir, "/tmp/relink-api-test-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->key_file, sizeof w->key_file, "%s/admin.key", w->dir);
	snprintf(w->socket, sizeof w->socket, "%s/relink.sock", w->dir);
	return (struct api_options){
		.listen = "127.0.0.1:0",
		.socket_path = w->socket,
		.key_file = w->key_file,
		.header_ms = 10000,
		.body_ms = 10000,
		.write_ms = 10000,
		.idle_ms = 10000,
		.connections = 5000,
		.hosts = "test x",
		.body_bytes = 1u << 20,
	};
}

static void read_key(struct world *w)
{
	FILE *f = fopen(w->key_file, "r");

	assert_non_null(f);
	assert_non_null(fgets(w->key, sizeof w->key, f));
	w->key[strcspn(w->key, "\n")] = '\0';
	fclose(f);
}

void world_open_with(struct world *w, const struct api_options *o, unsigned ring)
{
	struct api_port port;
	struct why why = { .code = 0 };

	w->api = NULL;
	w->stopped = false;
	assert_int_equal(uv_loop_init(&w->loop), 0);
	fake_open(&w->fake, ring);
	port = fake_port(&w->fake);
	if (api_new(&w->api, &w->loop, o, &port, w->fake.bus, &why) != 0)
		fail_msg("api_new: %s", why.text);
	w->port = (unsigned)strtoul(strrchr(api_address(w->api), ':') + 1, NULL, 10);
	read_key(w);
}

void world_open(struct world *w)
{
	struct api_options o = world_options(w);

	world_open_with(w, &o, 64);
}

void world_close(struct world *w)
{
	api_free(&w->api);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	fake_close(&w->fake);
	unlink(w->key_file);
	assert_int_equal(rmdir(w->dir), 0); /* the socket is gone, too */
}

void world_turn(struct world *w)
{
	struct pollfd p = { .fd = uv_backend_fd(&w->loop), .events = POLLIN };
	int timeout = uv_backend_timeout(&w->loop);

	poll(&p, 1, timeout < 0 || timeout > 2 ? 2 : timeout);
	uv_run(&w->loop, UV_RUN_NOWAIT);
	fake_turn(&w->fake);
}

void world_until(struct world *w, bool (*done)(void *), void *arg, const char *what)
{
	uint64_t deadline = clock_ms() + WORLD_PATIENCE_MS;

	while (!done(arg)) {
		if (clock_ms() > deadline)
			fail_msg("this did not happen: %s", what);
		world_turn(w);
	}
}

struct api_stats world_stats(struct world *w)
{
	struct api_stats s;

	api_stats(w->api, &s);
	return s;
}

struct count {
	struct world *w;
	uint64_t n;
};

static bool waiters_are(void *arg)
{
	struct count *c = arg;

	return world_stats(c->w).waiters == c->n;
}

static bool streams_are(void *arg)
{
	struct count *c = arg;

	return world_stats(c->w).streams == c->n;
}

static bool connections_are(void *arg)
{
	struct count *c = arg;

	return world_stats(c->w).connections == c->n;
}

void world_until_waiters(struct world *w, uint64_t n)
{
	world_until(w, waiters_are, &(struct count){ w, n }, "number of waiters");
}

void world_until_streams(struct world *w, uint64_t n)
{
	world_until(w, streams_are, &(struct count){ w, n }, "number of streams");
}

void world_until_connections(struct world *w, uint64_t n)
{
	world_until(w, connections_are, &(struct count){ w, n }, "number of connections");
}

/* --- clients --- */

static void client_init(struct client *c, struct world *w, int fd)
{
	*c = (struct client){ .world = w, .fd = fd };
	buf_init(&c->in, 64u << 20);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

void client_open(struct client *c, struct world *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)w->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	client_init(c, w, fd);
}

void client_open_unix(struct client *c, struct world *w)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s", w->socket);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	client_init(c, w, fd);
}

void client_close(struct client *c)
{
	close(c->fd);
	buf_fini(&c->in);
}

void client_send(struct client *c, struct str bytes)
{
	uint64_t deadline = clock_ms() + WORLD_PATIENCE_MS;

	while (bytes.n > 0) {
		ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return; /* the server has closed; the test sees what it said before */
		if (n > 0)
			bytes = (struct str){ bytes.p + n, bytes.n - (size_t)n };
		else
			world_turn(c->world);
		if (clock_ms() > deadline)
			fail_msg("the server does not read");
	}
}

void client_request(struct client *c, const char *method, const char *path, const char *headers,
		    const char *body)
{
	struct buf b;

	buf_init(&b, 16u << 20);
	buf_printf(&b, "%s %s HTTP/1.1\r\nHost: test\r\n%s", method, path, headers);
	if (c->world->key[0] != '\0')
		buf_printf(&b, "Authorization: Bearer %s\r\n", c->world->key);
	if (body != NULL)
		buf_printf(&b, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
			   strlen(body));
	buf_text(&b, "\r\n");
	if (body != NULL)
		buf_text(&b, body);
	client_send(c, buf_all(&b));
	buf_fini(&b);
}

void client_poll(struct client *c)
{
	while (!c->eof) {
		char *to = buf_room(&c->in, 65536);
		ssize_t n = recv(c->fd, to, 65536, 0);

		if (n > 0)
			c->in.n += (size_t)n;
		else if (n == 0 || errno != EAGAIN)
			c->eof = true;
		else
			return;
	}
}

static size_t content_length(struct str head)
{
	const char *at = memmem(head.p, head.n, "\r\nContent-Length: ", 18);

	return at != NULL ? strtoul(at + 18, NULL, 10) : 0;
}

/* Is a whole answer there? */
static bool has_reply(struct client *c, bool head_only, size_t *ret_head, size_t *ret_body)
{
	const char *end = c->in.n > 0 ? memmem(c->in.p, c->in.n, "\r\n\r\n", 4) : NULL;

	if (end == NULL)
		return false;
	*ret_head = (size_t)(end - c->in.p) + 4;
	*ret_body = head_only ? 0 : content_length((struct str){ c->in.p, *ret_head });
	return c->in.n >= *ret_head + *ret_body;
}

void client_reply(struct client *c, struct reply *r, bool head_only)
{
	uint64_t deadline = clock_ms() + WORLD_PATIENCE_MS;
	size_t head = 0, body = 0;

	while (client_poll(c), !has_reply(c, head_only, &head, &body)) {
		if (c->eof)
			fail_msg("the connection ended without an answer; there was: %.*s",
				 STR_ARG(buf_all(&c->in)));
		if (clock_ms() > deadline)
			fail_msg("no answer; there was: %.*s", STR_ARG(buf_all(&c->in)));
		world_turn(c->world);
	}
	r->status = (unsigned)strtoul(c->in.p + 9, NULL, 10);
	str_copy(r->head, sizeof r->head, (struct str){ c->in.p, head });
	str_copy(r->body, sizeof r->body, (struct str){ c->in.p + head, body });
	r->n_body = body;
	buf_drop(&c->in, head + body);
}

void client_until(struct client *c, const char *text)
{
	uint64_t deadline = clock_ms() + WORLD_PATIENCE_MS;
	const char *at;

	while (client_poll(c),
	       at = c->in.n > 0 ? memmem(c->in.p, c->in.n, text, strlen(text)) : NULL, at == NULL) {
		if (c->eof || clock_ms() > deadline)
			fail_msg("\"%s\" did not come; there was: %.*s", text,
				 STR_ARG(buf_all(&c->in)));
		world_turn(c->world);
	}
	buf_drop(&c->in, (size_t)(at - c->in.p) + strlen(text));
}

bool client_is_closed(struct client *c)
{
	uint64_t deadline = clock_ms() + WORLD_PATIENCE_MS;

	while (client_poll(c), !c->eof) {
		if (clock_ms() > deadline)
			fail_msg("the server does not close the connection");
		world_turn(c->world);
	}
	return c->in.n == 0;
}

void ask(struct world *w, const char *method, const char *path, const char *headers,
	 const char *body, struct reply *r)
{
	struct client c;

	client_open(&c, w);
	client_request(&c, method, path, headers, body);
	client_reply(&c, r, strcmp(method, "HEAD") == 0);
	client_close(&c);
}

const char *reply_header(const struct reply *r, const char *name)
{
	static char value[256];
	size_t n = strlen(name);

	for (const char *line = r->head; (line = strstr(line, "\r\n")) != NULL;) {
		line += 2;
		if (strncasecmp(line, name, n) == 0 && strncmp(line + n, ": ", 2) == 0) {
			str_copy(value, sizeof value,
				 (struct str){ line + n + 2, strcspn(line + n + 2, "\r") });
			return value;
		}
	}
	return NULL;
}

const char *reply_member(const struct reply *r, const char *path)
{
	static char text[512];
	json_error_t error;
	json_t *root = json_loads(r->body, 0, &error), *j = root;
	char copy[128], *save = NULL;

	if (root == NULL)
		fail_msg("not JSON: %s: %s", error.text, r->body);
	snprintf(copy, sizeof copy, "%s", path);
	for (char *p = strtok_r(copy, ".", &save); p != NULL; p = strtok_r(NULL, ".", &save))
		j = json_is_array(j) ? json_array_get(j, strtoul(p, NULL, 10))
				     : json_object_get(j, p);
	if (j == NULL) {
		snprintf(text, sizeof text, "(absent)");
	} else if (json_is_string(j)) {
		snprintf(text, sizeof text, "%s", json_string_value(j));
	} else {
		size_t n = json_dumpb(j, text, sizeof text - 1, JSON_ENCODE_ANY | JSON_COMPACT);

		text[MIN_OF(n, sizeof text - 1)] = '\0';
	}
	json_decref(root);
	return text;
}

void reply_is_problem(const struct reply *r, unsigned status, const char *code)
{
	if (r->status != status || strcmp(reply_member(r, "code"), code) != 0)
		fail_msg("expected %u %s, got %u: %s", status, code, r->status, r->body);
	assert_string_equal(reply_header(r, "Content-Type"),
			    "application/problem+json; charset=utf-8");
	assert_string_equal(reply_member(r, "type"), "about:blank");
	assert_true(strlen(reply_member(r, "detail")) > 10);
}
