/* daemon.c - status and version: the daemon as a whole. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "commands.h"
#include "field.h"
#include "pages.h"
#include "say.h"
#include "target.h"
#include "totals.h"

int version_print(struct cli *c)
{
	(void)c;
	printf("relinkctl %s\n", RELINK_VERSION);
	return CTL_OK;
}

/* --- status --- */

static void on_accounts(struct cli *c, const json_t *accounts, void *ctx)
{
	struct totals *t = ctx;
	const json_t *account;
	size_t i;

	(void)c;
	json_array_foreach(accounts, i, account)
	{
		totals_add(t, field_str(account, "status"));
	}
}

static int print_workers(struct cli *c)
{
	const json_t *workers, *w;
	uint64_t n = 0, ready = 0;
	struct request q;
	struct answer a;
	size_t i;
	int r;

	request_init(&q, "GET", "/v1/workers");
	r = call_unprinted(c, &q, &a);
	request_fini(&q);
	workers = json_object_get(a.json, "workers");
	json_array_foreach(workers, i, w)
	{
		n++;
		ready += str_is(field_str(w, "state"), "ready");
	}
	if (r == CTL_OK)
		printf("          %" PRIu64 " worker%s: %" PRIu64 " ready\n", n, n == 1 ? "" : "s",
		       ready);
	answer_fini(&a);
	return r;
}

/* With --json status is one document: what /healthz and /readyz answer, under the names that they have
 * for people. */
static int probe(struct cli *c, const char *path, const char *name, struct answer *ret_answer)
{
	struct request q;
	int r;

	request_init(&q, "GET", path);
	r = call_probe(c, &q, ret_answer);
	request_fini(&q);
	if (r == CTL_OK && has_option(c, OPTION_JSON)) {
		char *json = json_dumps(ret_answer->json, JSON_COMPACT | JSON_ENCODE_ANY);

		printf("%s\"%s\":%s", strcmp(name, "ready") == 0 ? "," : "", name,
		       json != NULL ? json : "null");
		free(json);
	}
	return r;
}

/* The daemon's process answers. */
static int check_health(struct cli *c)
{
	struct answer a;
	int r = probe(c, "/healthz", "runs", &a);

	if (r == CTL_OK && !answer_ok(&a)) {
		call_explain(c, &a);
		r = CTL_FAILED;
	} else if (r == CTL_OK && for_people(c)) {
		tell(&c->term, "relinkd   runs at %s", target_name(http_target(c->http)));
	}
	answer_fini(&a);
	return r;
}

/* *ret_ready: CTL_FAILED when it cannot carry out commands now; what is missing is printed. */
static int check_ready(struct cli *c, int *ret_ready)
{
	struct answer a;
	int r = probe(c, "/readyz", "ready", &a);
	struct buf b;

	buf_init(&b, 8192);
	if (r == CTL_OK && answer_ok(&a))
		buf_text(&b, "yes");
	else if (r == CTL_OK) {
		buf_text(&b, "no, ");
		answer_explain(&a, http_target(c->http), &b);
	}
	if (r == CTL_OK && for_people(c))
		tell(&c->term, "ready     %.*s", STR_ARG(buf_all(&b)));
	if (r == CTL_OK)
		*ret_ready = answer_ok(&a) ? CTL_OK : CTL_FAILED;
	buf_fini(&b);
	answer_fini(&a);
	return r;
}

static int print_accounts(struct cli *c)
{
	struct totals totals = { 0 };
	const struct paging p = {
		PAGES_OF_ACCOUNTS,   .call = call_unprinted, .limit = UINT64_MAX,
		.page = on_accounts, .ctx = &totals,
	};
	bool more;
	int r = pages_walk(c, &p, &more);

	if (r == CTL_OK) {
		printf("holds     ");
		totals_print(&totals, stdout, &c->term);
		putchar('\n');
	}
	return r;
}

int daemon_status(struct cli *c)
{
	bool json = has_option(c, OPTION_JSON);
	int ready = CTL_OK;
	int r;

	fputs(json ? "{" : "", stdout);
	r = check_health(c);
	if (r == CTL_OK)
		r = check_ready(c, &ready);
	fputs(json ? "}\n" : "", stdout);
	if (r == CTL_OK && for_people(c))
		r = print_accounts(c);
	if (r == CTL_OK && for_people(c))
		r = print_workers(c);
	return r != CTL_OK ? r : ready;
}
