/*
 * script.h - behaviours: what a script can set, and which fault an operation meets next.
 *
 * Every behaviour is one row of KNOBS, one number in a script.  The same rows read JSON (the
 * `script` key, an account's metadata, the verb behave) and write it (behave, state).  A new
 * behaviour is a row here and the place that asks for it; a new fault is also a word in words.h
 * and its knob in `fault_knobs` of script.c.
 *
 * Layers: an account's script, over the instance's, over the configuration.  What a layer does not
 * set shines through from the one below.
 */
#ifndef RELINK_MOCK_SCRIPT_H
#define RELINK_MOCK_SCRIPT_H
#include <jansson.h>

#include "words.h"

enum knob_kind {
	KIND_MS,      /* milliseconds */
	KIND_COUNT,   /* how many times; true: always; false or 0: not */
	KIND_NUMBER,  /* 0 to KNOB_NUMBER_MAX */
	KIND_PERCENT, /* 0 to 100 */
	KIND_BOOL,
	KIND_CAUSE, /* the name of a cause, but not "none" */
	KIND_HOW,   /* vanish, down, silent */
	KIND_PHONE, /* up to 18 digits; "": none */
	KIND_WRECK  /* what a bad plugin does */
};

#define KNOB_MS_MAX     (30ll * 86400000)
#define KNOB_NUMBER_MAX 1000000ll

/* Whom a behaviour can be set for. */
enum knob_scope { FOR_BOTH, FOR_INSTANCE };

// clang-format off
#define KNOBS(K)                                                                  \
	/* id                       group         key               kind     scope */ \
	K(CREATE_MS,                "",           "create_ms",      MS,      FOR_BOTH) \
	K(DISCONNECT_MS,            "",           "disconnect_ms",  MS,      FOR_BOTH) \
	K(HEALTH_MS,                "",           "health_ms",      MS,      FOR_BOTH) \
	K(LIST_MS,                  "",           "list_ms",        MS,      FOR_INSTANCE) \
	K(SEND_MS,                  "",           "send_ms",        MS,      FOR_BOTH) \
	K(QR_MS,                    "",           "qr_ms",          MS,      FOR_BOTH) \
	K(QR_REFRESH,               "",           "qr_refresh",     MS,      FOR_BOTH) \
	K(QR_BYTES,                 "",           "qr_bytes",       NUMBER,  FOR_BOTH) \
	K(SCAN_MS,                  "",           "scan_ms",        MS,      FOR_BOTH) \
	K(AUTH_MS,                  "",           "auth_ms",        MS,      FOR_BOTH) \
	K(RESUME_MS,                "",           "resume_ms",      MS,      FOR_BOTH) \
	K(JITTER,                   "",           "jitter",         PERCENT, FOR_BOTH) \
	K(CAPACITY,                 "",           "capacity",       NUMBER,  FOR_INSTANCE) \
	K(PUSH,                     "",           "push",           BOOL,    FOR_BOTH) \
	K(PHONE,                    "",           "phone",          PHONE,   FOR_BOTH) \
	K(CREATE_FAIL,              "create",     "fail",           CAUSE,   FOR_BOTH) \
	K(CREATE_TIMES,             "create",     "times",          COUNT,   FOR_BOTH) \
	K(CREATE_RETRY_AFTER_MS,    "create",     "retry_after_ms", MS,      FOR_BOTH) \
	K(CREATE_NEVER_ANSWER,      "create",     "never_answer",   COUNT,   FOR_BOTH) \
	K(CREATE_LOSE_REPLY,        "create",     "lose_reply",     COUNT,   FOR_BOTH) \
	K(CREATE_UNKNOWN,           "create",     "unknown",        COUNT,   FOR_BOTH) \
	K(CREATE_LIE,               "create",     "lie",            COUNT,   FOR_BOTH) \
	K(CREATE_WRECK,             "create",     "wreck",          WRECK,   FOR_BOTH) \
	K(CREATE_WRECK_TIMES,       "create",     "wreck_times",    COUNT,   FOR_BOTH) \
	K(CREATE_LATE_APPLY_MS,     "create",     "late_apply_ms",  MS,      FOR_BOTH) \
	K(CREATE_LATE_TIMES,        "create",     "late_times",     COUNT,   FOR_BOTH) \
	K(DISCONNECT_FAIL,          "disconnect", "fail",           CAUSE,   FOR_BOTH) \
	K(DISCONNECT_TIMES,         "disconnect", "times",          COUNT,   FOR_BOTH) \
	K(DISCONNECT_RETRY_AFTER_MS,"disconnect", "retry_after_ms", MS,      FOR_BOTH) \
	K(DISCONNECT_NEVER_ANSWER,  "disconnect", "never_answer",   COUNT,   FOR_BOTH) \
	K(DISCONNECT_LIE,           "disconnect", "lie",            COUNT,   FOR_BOTH) \
	K(DISCONNECT_LOSE_REPLY,    "disconnect", "lose_reply",     COUNT,   FOR_BOTH) \
	K(DISCONNECT_UNKNOWN,       "disconnect", "unknown",        COUNT,   FOR_BOTH) \
	K(DISCONNECT_WRECK,         "disconnect", "wreck",          WRECK,   FOR_BOTH) \
	K(DISCONNECT_WRECK_TIMES,   "disconnect", "wreck_times",    COUNT,   FOR_BOTH) \
	K(HEALTH_FAIL,              "health",     "fail",           CAUSE,   FOR_BOTH) \
	K(HEALTH_TIMES,             "health",     "times",          COUNT,   FOR_BOTH) \
	K(HEALTH_RETRY_AFTER_MS,    "health",     "retry_after_ms", MS,      FOR_BOTH) \
	K(HEALTH_NEVER_ANSWER,      "health",     "never_answer",   COUNT,   FOR_BOTH) \
	K(HEALTH_LIE,               "health",     "lie",            COUNT,   FOR_BOTH) \
	K(HEALTH_WRECK,             "health",     "wreck",          WRECK,   FOR_BOTH) \
	K(HEALTH_WRECK_TIMES,       "health",     "wreck_times",    COUNT,   FOR_BOTH) \
	K(SEND_FAIL,                "send",       "fail",           CAUSE,   FOR_BOTH) \
	K(SEND_TIMES,               "send",       "times",          COUNT,   FOR_BOTH) \
	K(SEND_RETRY_AFTER_MS,      "send",       "retry_after_ms", MS,      FOR_BOTH) \
	K(SEND_NEVER_ANSWER,        "send",       "never_answer",   COUNT,   FOR_BOTH) \
	K(SEND_LOSE_REPLY,          "send",       "lose_reply",     COUNT,   FOR_BOTH) \
	K(SEND_UNKNOWN,             "send",       "unknown",        COUNT,   FOR_BOTH) \
	K(LIST_FAIL,                "list",       "fail",           CAUSE,   FOR_INSTANCE) \
	K(LIST_TIMES,               "list",       "times",          COUNT,   FOR_INSTANCE) \
	K(LIST_RETRY_AFTER_MS,      "list",       "retry_after_ms", MS,      FOR_INSTANCE) \
	K(LIST_NEVER_ANSWER,        "list",       "never_answer",   COUNT,   FOR_INSTANCE) \
	K(LIST_PARTIAL,             "list",       "partial",        COUNT,   FOR_INSTANCE) \
	K(LIST_EMPTY_ERROR,         "list",       "empty_error",    COUNT,   FOR_INSTANCE) \
	K(LIST_WRECK,               "list",       "wreck",          WRECK,   FOR_INSTANCE) \
	K(LIST_WRECK_TIMES,         "list",       "wreck_times",    COUNT,   FOR_INSTANCE) \
	K(DROP_AFTER_MS,            "drop",       "after_ms",       MS,      FOR_BOTH) \
	K(DROP_CAUSE,               "drop",       "cause",          CAUSE,   FOR_BOTH) \
	K(DROP_HOW,                 "drop",       "how",            HOW,     FOR_BOTH) \
	K(DROP_TIMES,               "drop",       "times",          COUNT,   FOR_BOTH)
// clang-format on

enum knob {
	KNOB_NONE,
#define K(id, group, key, kind, scope) KNOB_##id,
	KNOBS(K)
#undef K
	    KNOB_COUNT
};

#define KNOB_UNSET  INT64_MIN
#define KNOB_ALWAYS (-1) /* a count that never runs out */

struct script {
	int64_t v[KNOB_COUNT]; /* KNOB_UNSET: this layer does not say */
};

/* The scripts over an operation, the nearest first; NULL: that layer says nothing. */
struct layers {
	struct script *account, *instance;
	const struct script *config;
};

void script_clear(struct script *);
/* Lay a JSON object over the script: values are set, null unsets, {"reset": true} forgets all
 * first.  `for_instance`: whose script it is.  On anything wrong: false, a sentence in `why`, and
 * the script as it was. */
bool script_merge(struct script *, const json_t *patch, bool for_instance, char *why, size_t n);
/* What is set, as an object of the same form; NULL: no memory. */
json_t *script_json(const struct script *);

/* The value in force; KNOB_UNSET when no layer sets it. */
int64_t layers_get(struct layers, enum knob);
/* The fault that the next `op` meets. */
enum fault layers_fault(struct layers, enum op);
/* With FAULT_FAIL: the cause and the wait that it tells. */
enum relink_cause layers_fail_cause(struct layers, enum op, uint64_t *ret_retry_after_ms);
/* With FAULT_WRECK: what the plugin does. */
enum wreck layers_wreck(struct layers, enum op);
/* The fault was met: one less to come. */
void layers_take_fault(struct layers, enum op, enum fault);
/* Is `knob` (late_apply_ms, drop.after_ms) in force and its `times` not used up?  0: no. */
uint64_t layers_timed(struct layers, enum knob, enum knob times);
void layers_take_timed(struct layers, enum knob, enum knob times);

#endif
