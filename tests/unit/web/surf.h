/*
 * surf.h - the worker's HTTP client alone on a loop, beside a server of the test's own.
 */
#ifndef RELINK_TEST_SURF_H
#define RELINK_TEST_SURF_H
#include "httpd.h"
#include "web/web.h"

#define OK_TEXT "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"

extern uv_loop_t loop;
extern struct web web;
extern struct httpd httpd;

/* One request and what became of it. */
struct got {
	relink_http id;
	unsigned times; /* that it was answered */
	enum relink_cause cause;
	int sent, timeout;
	unsigned status;
	uint64_t retry_after_ms;
	char text[WEB_TEXT_MAX];
	char type[128];
	char body[4096]; /* cut */
	size_t n_body;
	void (*then)(struct got *); /* called from inside the callback */
	void *arg;
};

/* Ask for no more than the status from now on, until the next test. */
extern bool surf_status_only;
/* And only where this allows it; NULL: anywhere. */
extern const struct guard *surf_guard;

/* cmocka's setup and teardown, which finds what is left behind. */
int surf_open(void **state);
int surf_close(void **state);

/* Run the loop until `cond`; fails after a while. */
#define until(cond)                                 \
	do {                                        \
		surf_patience(true);                \
		while (!(cond))                     \
			uv_run(&loop, UV_RUN_ONCE); \
		surf_patience(false);               \
	} while (0)
void surf_patience(bool);

/* A request for `path` of the server; lent until the next but seven. */
struct relink_http_request to(const char *method, const char *path);
/* Ask; checks that nobody is called back meanwhile.  True when it was taken. */
bool ask(struct got *, const struct relink_http_request *);
/* Ask, wait, and look that the answer came once. */
const struct got *fetch(const struct relink_http_request *);
void assert_got(const struct got *, enum relink_cause, int sent, const char *part);

static inline struct relink_str rs(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

#endif
