/*
 * pages.h - lists that the API gives page by page.
 *
 * Each page is handed on as it comes, so a list may be longer than memory.
 */
#ifndef RELINKCTL_PAGES_H
#define RELINKCTL_PAGES_H
#include <jansson.h>

#include "cli.h"
#include "http.h"

struct paging {
	/* Makes the request without limit and place. */
	void (*begin)(const struct cli *, struct request *);
	/* How to send it: call, call_unprinted, or something quieter. */
	int (*call)(struct cli *, const struct request *, struct answer *);
	const char *rows;  /* member with the rows: "accounts" */
	const char *next;  /* member that says where the next page begins: "next_cursor" */
	const char *place; /* the query that takes it: "cursor" */
	uint64_t limit;    /* rows in all */
	bool document;     /* --json wants one document of all pages: `call` must print none */
	void (*page)(struct cli *, const json_t *rows, void *ctx);
	void *ctx;
};

/* Returns an exit code; *ret_more: the list goes on behind the limit. */
int pages_walk(struct cli *, const struct paging *, bool *ret_more);

/* GET /v1/accounts with the filters that were given as options; for paging.begin. */
void pages_of_accounts(const struct cli *, struct request *);
#define PAGES_OF_ACCOUNTS \
	.begin = pages_of_accounts, .rows = "accounts", .next = "next_cursor", .place = "cursor"

#endif
