/*
 * disk_page.h - a page of what lies on the disk about an account, newest first.
 *
 * Entries come from the store's reader in callbacks, and the client may be gone before the last.  A page
 * ends after `limit` entries or behind PAGE_BYTES; `next_before` says where the next one begins.
 */
#ifndef RELINK_API_DISK_PAGE_H
#define RELINK_API_DISK_PAGE_H
#include "api/exchange.h"
#include "api/work.h"

struct account_view;

struct disk_page {
	struct work work;
	unsigned magic;
	const char *name, *what; /* of the array; "The `what` cannot be read now." */
	struct buf entries;      /* the elements of the array, with commas */
	uint64_t before, last;   /* asked for; of the newest entry */
	uint32_t n, limit;
	bool full;  /* in bytes: the entries that still come belong to the next page */
	char *note; /* the handler's own; freed with the page */
};

/* Read `limit` and `before`, find the account, and let the client wait.  NULL: it has its answer. */
struct disk_page *disk_page_open(struct exchange *, const char *name, const char *what,
				 struct account_view *ret_view);
/* The page that is a callback's `arg`. */
struct disk_page *disk_page_of(void *arg);
/* Where the next entry, `id`, is to be written; NULL: the page is full. */
struct buf *disk_page_next(struct disk_page *, uint64_t id);
/* No more entries come: answer, and free it.  `result` < 0: they could not be read. */
void disk_page_end(struct disk_page *, int result);

#endif
