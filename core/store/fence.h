/*
 * fence.h - whose database it is: the token, and marks that never go back.
 *
 * Each store_load takes the next token.  Every transaction of the writer looks for its own token
 * first, so an owner that was replaced (somebody removed the lock file, or put another file in
 * place) cannot write any more.  The same row keeps the highest account row and journal number ever
 * given out, which must outlive the rows themselves.
 */
#ifndef RELINK_STORE_FENCE_H
#define RELINK_STORE_FENCE_H
#include "store/db.h"
#include "store/record.h"

struct fence {
	struct db *db; /* kept */
	sqlite3_stmt *find, *put;
	struct meta_record now; /* as it is in the database */
	char installation[33];
};

/* Write the row of a new database. */
int fence_create(struct db *, struct why *);
/* Take the next token. */
int fence_open(struct fence *, struct db *, struct why *);
void fence_close(struct fence *);

/* Inside a transaction: it is still ours, and the marks become `marks` (token and installation
 * stay). ERR_FENCED.  Copy `marks` into `now` when the transaction is committed. */
int fence_pass(struct fence *, const struct meta_record *marks, struct why *);

#endif
