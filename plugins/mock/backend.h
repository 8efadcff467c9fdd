/*
 * backend.h - the fake service as one process sees it: a journal, the world made of it, a clock.
 *
 * A change is: backend_begin; look at `world`; compose lines with backend_line, line_*, and
 * backend_line_stop; backend_say; perhaps again; backend_end.
 */
#ifndef RELINK_MOCK_BACKEND_H
#define RELINK_MOCK_BACKEND_H
#include "journal.h"
#include "line.h"
#include "world.h"

struct backend {
	const struct relink_host *host;
	struct journal journal;
	struct world world;
	struct text out;   /* lines that are being composed */
	uint64_t ahead_ms; /* how far the journal's time is before our host's clock */
	uint64_t by;       /* our number among those who opened the journal */
	char error[256];   /* why the last call failed; for people */
};

/* Attach to the service that lives in `dir` ("": one that lives and dies with us).  `config` is
 * kept.  -errno, with a sentence and its remedy in `error`; then there is nothing to close. */
int backend_open(struct backend *, const struct relink_host *, const char *dir, bool fenced,
		 const struct script *config);
void backend_close(struct backend *);

/* Take the lock, read what others wrote, let time pass.  -errno: not locked. */
int backend_begin(struct backend *);
void backend_end(struct backend *);

void backend_line(struct backend *, const char *verb);
/* The same, with the names of a session. */
void backend_line_life(struct backend *, const char *verb, const struct life *);
void backend_line_stop(struct backend *);
/* Whole lines: the service starts (anew); a session ends. */
void backend_line_boot(struct backend *, bool fenced);
void backend_line_end(struct backend *, const struct life *, const char *why, enum relink_cause,
		      enum how);
/* Write the composed lines and let them happen.  -errno: with -ENOMEM they may have happened
 * nevertheless, with any other nothing has. */
int backend_say(struct backend *);

/* The time at the service: our host's clock, but never before what the journal has seen. */
uint64_t backend_now(const struct backend *);

#endif
