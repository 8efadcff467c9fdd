/*
 * log.h - a log line is an event with a name, an object and fields.
 *
 *	LOG(INFO, ENGINE, "account.state", f_str("account", id), f_text("to", "connected"));
 *
 * Names are `subject.verb` and an interface: people grep for them.  error = somebody must act, warn
 * = we recovered but look, info = life cycle, debug = switched on by subsystem.  One event is one
 * line, as text or JSON; control bytes and bytes that are not UTF-8 are escaped; a line that repeats
 * within ten seconds is counted and not printed again.  Payloads, keys and QR codes are never
 * fields.  A reader that does not read costs lines (counted), not time.  Any thread may log.
 */
#ifndef RELINK_BASE_LOG_H
#define RELINK_BASE_LOG_H
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVELS };

#define LOG_SUBSYSTEMS(S)   \
	S(APP, "app")       \
	S(CONF, "conf")     \
	S(ENGINE, "engine") \
	S(POLICY, "policy") \
	S(STORE, "store")   \
	S(IPC, "ipc")       \
	S(PROC, "proc")     \
	S(OUT, "out")       \
	S(API, "api")       \
	S(WORKER, "worker") \
	S(PLUGIN, "plugin")

enum log_subsystem {
#define S(id, name) LOG_SUB_##id,
	LOG_SUBSYSTEMS(S)
#undef S
	    LOG_SUB_COUNT
};

struct log_field {
	const char *key; /* NULL: no field */
	enum { LOG_F_STR, LOG_F_U64, LOG_F_I64, LOG_F_BOOL } type;
	union {
		struct str s;
		uint64_t u;
		int64_t i;
	};
};

static inline struct log_field f_str(const char *key, struct str v)
{
	return (struct log_field){ .key = key, .type = LOG_F_STR, .s = v };
}
static inline struct log_field f_text(const char *key, const char *v)
{
	return f_str(key, str_of(v != NULL ? v : ""));
}
static inline struct log_field f_u64(const char *key, uint64_t v)
{
	return (struct log_field){ .key = key, .type = LOG_F_U64, .u = v };
}
static inline struct log_field f_i64(const char *key, int64_t v)
{
	return (struct log_field){ .key = key, .type = LOG_F_I64, .i = v };
}
static inline struct log_field f_bool(const char *key, bool v)
{
	return (struct log_field){ .key = key, .type = LOG_F_BOOL, .u = v };
}

#define LOG(level, sub, name, ...)                                                                 \
	do {                                                                                       \
		if (log_wants(LOG_##level, LOG_SUB_##sub))                                         \
			log_fields(LOG_##level, LOG_SUB_##sub, name,                               \
				   (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } }); \
	} while (0)

bool log_wants(enum log_level, enum log_subsystem);
/* `fields` ends with a NULL key.  Use LOG. */
void log_fields(enum log_level, enum log_subsystem, const char *name,
		const struct log_field *fields);

/* Where lines go (default: fd 2 as text at info).  Kept: the descriptor stays the caller's. */
void log_to_fd(int fd);
void log_as_json(bool json);
/* Program name in every line ("relinkd", "relink-worker 3"); copied. */
void log_program(const char *name);
void log_set_level(enum log_level);
void log_set_subsystem_level(enum log_subsystem, enum log_level);
/* "info" -> LOG_INFO; false when there is no such level or subsystem. */
bool log_level_of(struct str name, enum log_level *ret_level);
bool log_subsystem_of(struct str name, enum log_subsystem *ret_sub);
const char *log_level_name(enum log_level);
/* Print what the repetition counter holds back; call now and then and before exit. */
void log_flush(void);
/* Lines not written because the reader did not read. */
uint64_t log_dropped(void);

#endif
