/*
 * stages.h - how far an account can be heard, step by step, and since when that is known.  Pure.
 *
 * From the nearest to the farthest: our worker, its backend, the backend's list, what it says of the
 * session, a question to the session itself, the messages.  What lies behind a step that fails is not
 * known, however well it was: its age says when that was.
 */
#ifndef RELINK_POLICY_STAGES_H
#define RELINK_POLICY_STAGES_H
#include <stdbool.h>
#include <stdint.h>

#define HEALTH_STAGES(S)                                                        \
	S(WORKER, "worker", "the worker process answers pings")                 \
	S(INSTANCE, "instance", "the backend answers questions")                \
	S(LISTED, "listed", "the backend's last complete list has the session") \
	S(ENGINE, "engine", "the backend says that the session works")          \
	S(ROUND_TRIP, "round_trip", "asked by itself, the session answered")    \
	S(MESSAGES, "messages", "messages come and go")
enum health_stage {
#define S(id, name, text) STAGE_##id,
	HEALTH_STAGES(S)
#undef S
	    STAGE_COUNT
};

enum health_verdict { VERDICT_UNKNOWN, VERDICT_GOOD, VERDICT_BAD };

/* What one step's newest evidence says by itself. */
struct stage {
	uint8_t verdict; /* enum health_verdict */
	uint64_t at;     /* ms; 0: there never was any */
};

struct stages {
	struct stage v[STAGE_COUNT];
	uint8_t
	    first; /* the first that is bad, else the first that is unknown; STAGE_COUNT: all is good */
};

/* Hide what lies behind a worker or backend that fails, and find the first that is not good. */
void stages_judge(struct stages *);

const char *stage_name(unsigned stage);
const char *stage_text(unsigned stage);
const char *verdict_name(unsigned verdict);

#endif
