/*
 * answer_fuzz.c - any bytes as what an HTTP server sends: an answer within its bounds, or a cause and a
 * sentence.
 *
 * The first byte chooses the request and how the bytes are cut; the rest is what comes before the server
 * closes.  curl has a socket of its own here, and there is no network.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/must.h"
#include "base/obj.h"
#include "fuzz.h"
#include "web/transfer.h"

#define SMALL_BODY 64u
#define LARGE_BODY (4u << 20) /* the most that a plugin of ours asks for */

static CURLM *multi;
static char name[32]; /* of the server's socket, in the abstract name space */
static int listener = -1;

static void start_server(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n;

	if (listener >= 0)
		return;
	snprintf(name, sizeof name, "relink-fuzz-%d", (int)getpid());
	n = strlen(name);
	memcpy(address.sun_path + 1, name, n);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	must(listener >= 0);
	must(bind(listener, (const struct sockaddr *)&address,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)) == 0);
	must(listen(listener, 4) == 0);
	multi = curl_multi_init();
	must(multi != NULL);
}

static void open_transfer(struct web_transfer *t, const struct web_request *r)
{
	must(web_transfer_init(t, r, NULL) == 0);
	curl_easy_setopt(t->easy, CURLOPT_ABSTRACT_UNIX_SOCKET, name);
	must(curl_multi_add_handle(multi, t->easy) == CURLM_OK);
}

/* Send the next part, and the end behind the last. */
static void send_part(int fd, struct tape *answer, size_t most)
{
	ssize_t sent = send(fd, answer->p, answer->n < most ? answer->n : most, MSG_NOSIGNAL);

	if (sent > 0)
		tape_cut(answer, (size_t)sent);
	if (tape_ended(answer) || (sent < 0 && errno != EAGAIN))
		shutdown(fd, SHUT_WR);
}

static CURLcode run(const struct web_transfer *t, struct tape answer, size_t part)
{
	int running = 1, left, fd = -1;
	CURLMsg *m;

	while (running > 0) {
		if (fd < 0)
			fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			send_part(fd, &answer, part);
		curl_multi_perform(multi, &running);
	}
	m = curl_multi_info_read(multi, &left);
	must(m != NULL && m->msg == CURLMSG_DONE && fd >= 0);
	curl_multi_remove_handle(multi, t->easy);
	close(fd);
	return m->data.result;
}

static void prove_reply(const struct web_request *r, const struct relink_http_reply *a)
{
	must(a->size == sizeof *a && (unsigned)a->cause < RELINK_CAUSE_COUNT && a->sent);
	must(a->retry_after_ms == 0 || (a->retry_after_ms >= 1000 && a->retry_after_ms <= 600000));
	if (a->cause == RELINK_NONE) {
		must(a->status >= 200 && a->status < 1000 && a->body.n <= r->body_max);
		return;
	}
	must(a->text.n > 0 && a->text.n < WEB_TEXT_MAX && a->body.n == 0 && a->status == 0);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "DELETE" };
	static const size_t parts[] = { 65536, 1, 7, 1000 };
	struct tape t = { data, size };
	uint8_t how = tape_byte(&t);
	const struct relink_http_request asked = {
		.size = sizeof asked,
		.method = { methods[how % 4], strlen(methods[how % 4]) },
		.url = { "http://127.0.0.1/", 17 },
		.body_max = (how & 64) != 0 ? SMALL_BODY : LARGE_BODY,
		.fresh = 1,
	};
	struct relink_http_reply reply;
	struct web_request r;
	struct web_transfer transfer;
	char text[WEB_TEXT_MAX];
	CURLcode code;

	start_server();
	must(web_request_take(&r, &asked) == 0 && r.refused == RELINK_NONE);
	open_transfer(&transfer, &r);
	/* tiny parts of much would only take time */
	code = run(&transfer, t, t.n < 4096 ? parts[how / 4 % 4] : parts[0]);
	web_transfer_reply(&transfer, code, &reply, text);
	prove_reply(&r, &reply);
	web_transfer_fini(&transfer);
	web_request_fini(&r);
	return 0;
}
