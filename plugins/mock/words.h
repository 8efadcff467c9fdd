/*
 * words.h - names for the numbers of relink/plugin.h and for our own, in journal, JSON and text.
 */
#ifndef RELINK_MOCK_WORDS_H
#define RELINK_MOCK_WORDS_H
#include <stdbool.h>
#include <string.h>

#include "relink/plugin.h"

/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, ((s).p != NULL ? (s).p : "")

static inline struct relink_str str_of(const char *z)
{
	return (struct relink_str){ z, z != NULL ? strlen(z) : 0 };
}
static inline bool str_eq(struct relink_str a, struct relink_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool str_is(struct relink_str a, const char *z)
{
	return str_eq(a, str_of(z));
}

/* How the end of a session shows. */
enum how {
	HOW_VANISH, /* it is no longer listed, and that is pushed */
	HOW_DOWN,   /* it is listed as down, and that is pushed */
	HOW_SILENT, /* it is no longer listed, and nobody says so */
	HOW_COUNT
};

/* What a profile holds. */
enum login {
	LOGIN_NONE,   /* nobody scanned it: a session on it shows a QR */
	LOGIN_GOOD,   /* a session on it connects without a scan */
	LOGIN_REVOKED /* the phone unlinked it: a session on it starts, then is told so */
};

/* The operations that a script can spoil, and the ways of doing it. */
enum op { OP_CREATE, OP_DISCONNECT, OP_HEALTH, OP_LIST, OP_SEND, OP_COUNT };

/* In the order in which they are tried: an operation suffers at most one. */
enum fault {
	FAULT_NONE,
	FAULT_DOWN,         /* the backend cannot be reached (verb down) */
	FAULT_NEVER_ANSWER, /* the request is lost: not applied, not answered */
	FAULT_FAIL,         /* not applied, answered with a cause */
	FAULT_LIE,          /* answered as a success, and not so */
	FAULT_PARTIAL,      /* list: the first half, and complete = 0 */
	FAULT_EMPTY_ERROR,  /* list: no session, and an error beside complete = 1 */
	FAULT_LOSE_REPLY,   /* applied, never answered */
	FAULT_UNKNOWN,      /* applied, answered "may have happened" */
	FAULT_WRECK,        /* the plugin itself misbehaves, see wreck.h */
	FAULT_COUNT
};

/* What a bad plugin does (wreck.c); the comment says what comes of it. */
#define WRECKS(W)                                                                         \
	/* the process ends, or its loop does */                                          \
	W(HANG, "hang")     /* sleeps for ever: its watchdog */                           \
	W(SPIN, "spin")     /* loops for ever: the same */                                \
	W(DEAF, "deaf")     /* loops with all signals blocked: SIGKILL */                 \
	W(FREEZE, "freeze") /* SIGSTOP: SIGKILL */                                        \
	W(ABORT, "abort")                                                                 \
	W(SEGV, "segv")                                                                   \
	W(OVERFLOW, "overflow") /* of the stack */                                        \
	W(KILL, "kill")                                                                   \
	W(EXIT, "exit")           /* with status 0 */                                     \
	W(FORK_EXIT, "fork_exit") /* and a child keeps its descriptors open */            \
	W(LINK_CLOSE, "link_close")                                                       \
	W(LINK_GARBAGE, "link_garbage") /* bytes on the wire that are no frame */         \
	W(LINK_CLAIM, "link_claim")     /* the head of a frame that is too large */       \
	/* it goes on */                                                                  \
	W(LEAK, "leak")       /* n MiB of memory */                                       \
	W(FD_LEAK, "fd_leak") /* n descriptors, or as many as there are */                \
	W(FORK, "fork")       /* n children, which keep its descriptors */                \
	W(OUTPUT, "output")   /* n MiB of garbage on stdout and stderr */                 \
	W(OUTPUT_CLOSE, "output_close")                                                   \
	W(LOG_FLOOD, "log_flood")     /* n lines */                                       \
	W(EVENT_FLOOD, "event_flood") /* n events */                                      \
	W(EVENT_HUGE, "event_huge")   /* huge and invalid texts */                        \
	W(EVENT_WRONG, "event_wrong") /* other lives, strangers, numbers that are none */ \
	/* the answer to an operation is wrong */                                         \
	W(TWICE, "twice")                                                                 \
	W(STRANGER, "stranger") /* and one to an operation that never was */              \
	W(LATE, "late")         /* after its deadline */                                  \
	W(HUGE, "huge")         /* with huge and invalid texts */
enum wreck {
#define W(id, name) WRECK_##id,
	WRECKS(W)
#undef W
	    WRECK_COUNT
};

const char *cause_name(enum relink_cause);
/* The sentence of RELINK_CAUSES. */
const char *cause_text(enum relink_cause);
const char *state_name(enum relink_state);
const char *how_name(enum how);
const char *login_name(enum login);
const char *op_name(enum op);
const char *fault_name(enum fault);
const char *wreck_name(enum wreck);

/* The other way round; false when there is no such word. */
bool cause_of(struct relink_str name, enum relink_cause *ret_cause);
bool how_of(struct relink_str name, enum how *ret_how);
bool wreck_of(struct relink_str name, enum wreck *ret_wreck);
bool fault_of(struct relink_str name, enum fault *ret_fault);

#endif
