/*
 * blame.h - whose operation was open when a worker died, and what follows when it happens again.  Pure.
 *
 * One death proves nothing: with the poison account many others may have had operations open.  So an
 * account that was there twice works alone from then on, in a worker of its own, where a death has one
 * suspect; and who is there a third time, alone, is given up until a person acts.  An account that was
 * there by chance loses nothing but the company of the others, for an hour.
 */
#ifndef RELINK_POLICY_BLAME_H
#define RELINK_POLICY_BLAME_H
#include <stdbool.h>
#include <stdint.h>

#define BLAME_WINDOW_MS 3600000 /* a mark counts for so long after the newest */

enum blame_verdict {
	BLAME_NONE,  /* as anybody */
	BLAME_ALONE, /* only in the quarantine worker, and alone there */
	BLAME_HOLD   /* starts no session */
};

/* Kept with the account. */
struct blame {
	uint8_t marks;
	uint64_t at; /* the newest mark */
};

enum blame_verdict blame_verdict(const struct blame *, uint64_t now);
/* A worker died while an operation of the account was open; `alone`: it was the quarantine's. */
void blame_mark(struct blame *, bool alone, uint64_t now);
/* A person asks for an account that was given up: once more, alone. */
void blame_again(struct blame *, uint64_t now);

#endif
