/*
 * keys.h - the table of keys.def as data, and how to find a line of it.
 *
 * A key's value lies at `offset` of a struct of its scope: the root of the configuration, a
 * provider or an instance.  That a member has its type's C type is checked when keys.c is compiled.
 */
#ifndef RELINK_CONF_KEYS_H
#define RELINK_CONF_KEYS_H
#include "conf/conf.h"

/* TEXT, NUMBER and WORD are one scalar in the file, TREE is more; the remedy is what to write
 * instead of a wrong one.
 *   id           kind    what it is                remedy, C type */
// clang-format off
#define KEY_TYPES(T) \
	T(SECTION,     TREE,   "keys under it",           "", void) \
	T(PATH,        TEXT,   "a path",                  "for example /var/lib/relink", char *) \
	T(LINE,        TEXT,   "a line of text",          "one without control characters", char *) \
	T(ADDRESS,     TEXT,   "an address and port",     "for example 127.0.0.1:8840", char *) \
	T(NAME,        TEXT,   "a name of a-z, 0-9 and -", "for example mock-1", char *) \
	T(PLUGIN,      TEXT,   "a plugin",                "a name without .so, or a path", char *) \
	T(INT,         NUMBER, "a whole number",          "for example 10", uint64_t) \
	T(DURATION,    NUMBER, "a duration",              "for example 2s or 5m", uint64_t) \
	T(DURATION_US, NUMBER, "a duration",              "for example 500us or 2ms", uint64_t) \
	T(BYTES,       NUMBER, "a size",                  "for example 64KiB or 1MiB", uint64_t) \
	T(BOOL,        WORD,   "a boolean",               "true or false", bool) \
	T(FORMAT,      WORD,   "a log format",            "text or json", bool) \
	T(WHEN_DOWN,   WORD,   "what accounts do",        "wait or move", bool) \
	T(SANDBOX,     WORD,   "a kind of sandbox",       "auto, require or off", enum conf_sandbox) \
	T(LEVEL,       WORD,   "a log level",             "error, warn, info or debug", enum log_level) \
	T(LEVELS,      TREE,   "subsystems and levels",   "", key_log_levels) \
	T(CAUSES,      TREE,   "causes and what follows", "", struct conf_causes) \
	T(PAIRS,       TREE,   "keys and values",         "", struct conf_pairs) \
	T(COMMAND,     TREE,   "a program and its arguments", "", struct conf_command) \
	T(ENVIRONMENT, TREE,   "variables and values",    "", struct conf_pairs) \
	T(PROVIDERS,   TREE,   "providers by name",       "", struct conf_provider *) \
	T(INSTANCES,   TREE,   "a list of instances",     "", struct conf_instance *)
// clang-format on

typedef enum log_level key_log_levels[LOG_SUB_COUNT];

enum key_type {
#define T(id, kind, words, remedy, ctype) KEY_##id,
	KEY_TYPES(T)
#undef T
};

enum key_kind { KIND_TREE, KIND_TEXT, KIND_NUMBER, KIND_WORD };

enum key_scope { SCOPE_conf, SCOPE_conf_provider, SCOPE_conf_instance };
enum key_rule { RULE_LIVE, RULE_RESTART };
#define KEY_OR_ZERO  1u
#define KEY_REQUIRED 2u
#define KEY_SECRET   4u

struct key {
	const char *path, *def, *min, *max, *text;
	enum key_type type;
	enum key_scope scope;
	enum key_rule rule;
	unsigned flags;
	size_t offset;
};

/* All lines of keys.def in its order; the last has a NULL path. */
extern const struct key keys[];

enum key_kind key_kind(const struct key *);
const char *key_type_words(enum key_type);
const char *key_type_remedy(enum key_type);
/* "providers.*.workers" -> "workers", and "providers.*". */
const char *key_leaf(const struct key *);
struct str key_parent(const struct key *);
/* The key that is called `name` under `parent` ("" is the root); NULL: there is none. */
const struct key *key_child(struct str parent, struct str name);
/* The key with this whole path, which must be in the table. */
const struct key *key_find(const char *path);
/* The path under which the keys of a scope lie. */
struct str key_scope_path(enum key_scope);

/* "a duration, 100ms to 5m; default 10s; restart" */
void key_facts(struct buf *, const struct key *);

/* The key's member in `base`, a struct of its scope. */
static inline void *key_member(const struct key *k, void *base)
{
	return (char *)base + k->offset;
}
static inline const void *key_value(const struct key *k, const void *base)
{
	return (const char *)base + k->offset;
}

#endif
