/* raw.c - api, metrics, openapi: one request, and the body of its answer as it came. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/obj.h"
#include "call.h"
#include "commands.h"
#include "say.h"
#include "text.h"

/* A terminal gets it harmless, all else byte for byte. */
static void print_body(const struct cli *c, struct str body)
{
	struct buf b;

	if (!c->term.out_tty) {
		text_put(stdout, body);
	} else {
		buf_init(&b, 64u << 20);
		text_add_lines(&b, body, c->term.utf8);
		text_put(stdout, buf_all(&b));
		buf_fini(&b);
	}
	if (body.n > 0 && body.p[body.n - 1] != '\n')
		putchar('\n');
}

static int print_answer(struct cli *c, const struct request *q)
{
	struct answer a;
	int r = call_probe(c, q, &a);

	if (r == CTL_OK && !answer_ok(&a)) {
		call_explain(c, &a);
		r = CTL_FAILED;
	} else if (r == CTL_OK) {
		print_body(c, buf_all(&a.body));
	}
	answer_fini(&a);
	return r;
}

static int get(struct cli *c, const char *path)
{
	struct request q;
	int r;

	request_init(&q, "GET", path);
	r = print_answer(c, &q);
	request_fini(&q);
	return r;
}

int api_metrics(struct cli *c)
{
	return get(c, "/metrics");
}

int api_openapi(struct cli *c)
{
	return get(c, "/openapi.json");
}

/* --- api --- */

static const char *method_of(const char *word)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (strcasecmp(word, methods[i]) == 0)
			return methods[i];
	}
	return NULL;
}

/* What may stand in the first line of a request. */
static bool is_path(const char *path)
{
	if (*path != '/')
		return false;
	for (; *path != '\0'; path++) {
		if (!isgraph((unsigned char)*path) || *path == '#')
			return false;
	}
	return true;
}

static int add_body(struct cli *c, struct buf *body, const char *json)
{
	char part[4096];
	size_t n;

	if (strcmp(json, "-") != 0) {
		buf_text(body, json);
		return CTL_OK;
	}
	while (body->failed == 0 && (n = fread(part, 1, sizeof part, stdin)) > 0)
		buf_add(body, part, n);
	if (ferror(stdin) == 0)
		return CTL_OK;
	say(&c->term, "standard input cannot be read: %s", strerror(errno));
	return CTL_FAILED;
}

static int wrong(const struct cli *c, const char *what)
{
	say(&c->term, "%s; see relinkctl api --help", what);
	return CTL_USAGE;
}

int api_request(struct cli *c)
{
	const char *method = method_of(c->args[0]), *path = c->args[1];
	const char *json = c->n_args > 2 ? c->args[2] : NULL;
	struct request q;
	int r = CTL_OK;

	if (method == NULL)
		return wrong(c, "METHOD must be GET, POST, PUT, PATCH or DELETE");
	if (!is_path(path))
		return wrong(c,
			     "PATH must begin with / and hold no blanks, # or bytes beyond ASCII: "
			     "write those as %20");
	if (json != NULL && strcmp(method, "GET") == 0)
		return wrong(c, "a GET has no body");
	if (strncmp(path, "/v1/events", 10) == 0 && (path[10] == '\0' || path[10] == '?'))
		return wrong(c, "that stream has no end: use relinkctl events");
	request_init(&q, method, path);
	q.body.limit = LIMIT_HTTP_BODY;
	q.patience_s = PATIENCE_S;
	if (json != NULL)
		r = add_body(c, &q.body, json);
	if (r == CTL_OK)
		r = print_answer(c, &q);
	request_fini(&q);
	return r;
}
