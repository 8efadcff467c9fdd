/*
 * death.h - one end of a worker process, as it is kept and shown.
 */
#ifndef RELINK_POLICY_DEATH_H
#define RELINK_POLICY_DEATH_H
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Numbers are stored; never reuse one.  Names are the API's. */
#define DEATH_KINDS(K)                                                                \
	K(DIED, 0, "died")                                                            \
	K(REFUSED, 1, "refused")   /* it could not open its instances; we ended it */ \
	K(RECYCLED, 2, "recycled") /* replaced in good order: see its blame */
enum death_kind {
#define K(id, n, name) DEATH_##id = (n),
	DEATH_KINDS(K)
#undef K
};
/* "died"; NULL for a number that is not in the table. */
const char *death_kind_name(unsigned kind);

/* Strings are lent, and cut by whoever makes the record. */
struct death_record {
	uint64_t slot, at; /* no two deaths of a slot have the same time */
	uint8_t kind;      /* enum death_kind */
	uint64_t pid, started_at;
	uint32_t exit_status, signal; /* signal 0: exited */
	bool was_ready;
	uint64_t open_calls, accounts; /* accounts: those of its instances */
	struct str provider, plugin, version;
	struct str how;                /* one sentence: all of it in short */
	struct str blame;              /* why we ended it; empty: it ended by itself */
	struct str report, last_lines; /* its own words: of its end, and what it printed last */
	struct str ops;                /* JSON array of {"kind","account"}; empty: none */
};

#endif
