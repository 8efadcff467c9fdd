/* keys.c - the table of keys.def as data. */
#include "conf/keys.h"

#include <stddef.h>

#include "base/must.h"

/* Each member has the C type that its key's type reads and writes. */
#define T(id, kind, words, remedy, ctype) typedef ctype ctype_##id;
KEY_TYPES(T)
#undef T
#define SECTION(path, text)
#define KEY(scope, member, path, type, def, min, max, rule, flags, text)                         \
	_Static_assert(                                                                          \
	    __builtin_types_compatible_p(__typeof__(((struct scope *)0)->member), ctype_##type), \
	    path " is kept in a member of another type");
#include "conf/keys.def"
#undef SECTION
#undef KEY

#define OR_ZERO  KEY_OR_ZERO
#define REQUIRED KEY_REQUIRED
#define SECRET   KEY_SECRET
const struct key keys[] = {
#define SECTION(path, text) \
	{ path, NULL, NULL, NULL, text, KEY_SECTION, SCOPE_conf, RULE_LIVE, 0, 0 },
#define KEY(scope, member, path, type, def, min, max, rule, flags, text) \
	{ path,       def,           min,         max,     text,         \
	  KEY_##type, SCOPE_##scope, RULE_##rule, (flags), offsetof(struct scope, member) },
#include "conf/keys.def"
#undef SECTION
#undef KEY
	{ 0 },
};

static const struct {
	enum key_kind kind;
	const char *words, *remedy;
} types[] = {
#define T(id, kind, words, remedy, ctype) { KIND_##kind, words, remedy },
	KEY_TYPES(T)
#undef T
};

enum key_kind key_kind(const struct key *k)
{
	return types[k->type].kind;
}

const char *key_type_words(enum key_type t)
{
	return types[t].words;
}

const char *key_type_remedy(enum key_type t)
{
	return types[t].remedy;
}

const char *key_leaf(const struct key *k)
{
	const char *dot = strrchr(k->path, '.');

	return dot != NULL ? dot + 1 : k->path;
}

struct str key_parent(const struct key *k)
{
	const char *dot = strrchr(k->path, '.');

	return (struct str){ k->path, dot != NULL ? (size_t)(dot - k->path) : 0 };
}

const struct key *key_child(struct str parent, struct str name)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		if (str_is(name, key_leaf(k)) && str_eq(key_parent(k), parent))
			return k;
	}
	return NULL;
}

const struct key *key_find(const char *path)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		if (strcmp(k->path, path) == 0)
			return k;
	}
	must_not_reach("a key that is not in the table");
}

struct str key_scope_path(enum key_scope scope)
{
	static const char *const paths[] = {
		[SCOPE_conf] = "",
		[SCOPE_conf_provider] = "providers.*",
		[SCOPE_conf_instance] = "providers.*.instances[]",
	};

	return str_of(paths[scope]);
}
