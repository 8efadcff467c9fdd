/*
 * bind.c - walks a map of the tree and the table together.
 *
 * Keys are taken in the order of the file, so that the first complaint is about the first wrong
 * line.  No message shows a plugin's value: which of them are secret, only the plugin knows.
 */
#include "conf/bind.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/near.h"
#include "base/obj.h"
#include "conf/value.h"

/* As the protocol between core and worker bounds them (ipc/messages.def). */
#define PAIRS_MAX      64
#define PAIR_KEY_MAX   64
#define PAIR_VALUE_MAX 4096

#define COMMAND_WORDS_MAX 64
#define COMMAND_WORD_MAX  4096

static const char *const subsystems[] = {
#define S(id, name) [LOG_SUB_##id] = name,
	LOG_SUBSYSTEMS(S)
#undef S
};

static int bind_keys(struct binder *, struct str parent, void *base, const struct node *map);

int bind_want(struct binder *b, const struct key *k, const struct node *n, enum node_kind kind)
{
	static const char *const found[] = { "nothing", "a single value", "a list", "keys" };

	if (n->kind == kind || (n->kind == NODE_NONE && kind != NODE_TEXT))
		return 0;
	if (n->kind == NODE_NONE)
		return source_complain(b->src, n, "has no value (write one, or remove the line)");
	return source_complain(b->src, n, "needs %s, not %s", key_type_words(k->type),
			       found[n->kind]);
}

/* Name what may have been meant: a key of this place, or one of the same name elsewhere. */
static int complain_unknown(struct binder *b, struct str parent, const struct node *n)
{
	struct near near = { .written = n->key };

	for (const struct key *k = keys; k->path != NULL; k++) {
		if (str_eq(key_parent(k), parent))
			near_try(&near, key_leaf(k));
	}
	for (const struct key *k = keys; near.word == NULL && k->path != NULL; k++) {
		if (str_is(n->key, key_leaf(k)) || str_is(n->key, k->path))
			return source_complain(b->src, n, "unknown key here (did you mean %s?)",
					       k->path);
	}
	if (near.word != NULL)
		return source_complain(b->src, n, "unknown key (did you mean %s?)", near.word);
	return source_complain(
	    b->src, n, "unknown key (etc/relink.full.yaml has all keys with their meaning)");
}

static int bind_scalar(struct binder *b, const struct key *k, void *member, const struct node *n)
{
	struct why sentence;
	int r = bind_want(b, k, n, NODE_TEXT);

	if (r < 0)
		return r;
	r = value_read(k, n->text, member, &sentence);
	if (r == ERR_NOMEM)
		return source_no_memory(b->src);
	return r < 0 ? source_complain(b->src, n, "%s", sentence.text) : 0;
}

static int bind_level(struct binder *b, enum log_level *levels, const struct node *n)
{
	struct near near = { .written = n->key };
	enum log_subsystem sub;

	if (!log_subsystem_of(n->key, &sub)) {
		for (unsigned i = 0; i < LOG_SUB_COUNT; i++)
			near_try(&near, subsystems[i]);
		return source_complain(b->src, n, "no such subsystem%s%s%s",
				       near.word != NULL ? " (did you mean " : "",
				       near.word != NULL ? near.word : "",
				       near.word != NULL ? "?)" : "");
	}
	return bind_scalar(b, &(const struct key){ .type = KEY_LEVEL }, &levels[sub], n);
}

static int bind_levels(struct binder *b, const struct key *k, enum log_level *levels,
		       const struct node *map)
{
	const struct node *n;
	int r = bind_want(b, k, map, NODE_MAP);

	DL_FOREACH(map->children, n)
	{
		if (r == 0)
			r = bind_level(b, levels, n);
	}
	return r;
}

int bind_pair_add(struct conf_pairs *pairs, struct str key, struct str value, unsigned line)
{
	struct conf_pair p = { .line = line }, *v;

	if (pairs->n == PAIRS_MAX)
		return ERR_FULL;
	v = reallocarray(pairs->v, pairs->n + 1, sizeof *v);
	if (v == NULL)
		return ERR_NOMEM;
	pairs->v = v;
	p.key = str_dup(key);
	p.value = str_dup(value);
	v[pairs->n++] = p;
	return p.key != NULL && p.value != NULL ? 0 : ERR_NOMEM;
}

static bool is_variable(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return true;
}

static int bind_pair(struct binder *b, const struct key *k, struct conf_pairs *pairs,
		     const struct node *n)
{
	bool plugin = k->type == KEY_PAIRS;
	int r;

	if (n->kind == NODE_NONE)
		return source_complain(b->src, n, "has no value (write \"\" for an empty text)");
	if (n->kind != NODE_TEXT)
		return source_complain(b->src, n, "needs a single value: %s cannot be nested",
				       plugin ? "a plugin's keys" : "variables");
	if (!plugin && !is_variable(n->key))
		return source_complain(
		    b->src, n, "is no name of a variable (write one of A-Z, a-z, 0-9 and _)");
	if (n->key.n == 0 || n->key.n > PAIR_KEY_MAX)
		return source_complain(b->src, n, "a key has 1 to %d bytes", PAIR_KEY_MAX);
	if (n->text.n > PAIR_VALUE_MAX)
		return source_complain(b->src, n, "the value has %zu bytes, at most %d are allowed",
				       n->text.n, PAIR_VALUE_MAX);
	r = bind_pair_add(pairs, n->key, n->text, n->line);
	if (r == ERR_FULL)
		return source_complain(b->src, n, "more than %d %s", PAIRS_MAX,
				       plugin ? "keys of a plugin" : "variables");
	return r < 0 ? source_no_memory(b->src) : 0;
}

static int bind_pairs(struct binder *b, const struct key *k, struct conf_pairs *pairs,
		      const struct node *map)
{
	const struct node *n;
	int r = bind_want(b, k, map, NODE_MAP);

	DL_FOREACH(map->children, n)
	{
		if (r == 0)
			r = bind_pair(b, k, pairs, n);
	}
	return r;
}

/* No path relative to wherever relinkd was started. */
static bool is_program(struct str s)
{
	return s.n > 0 && (s.p[0] == '/' || memchr(s.p, '/', s.n) == NULL);
}

static int bind_word(struct binder *b, struct conf_command *c, const struct node *n)
{
	if (n->kind != NODE_TEXT)
		return source_complain(b->src, n, "needs single words: [program, argument, ...]");
	if (n->text.n > COMMAND_WORD_MAX)
		return source_complain(b->src, n, "the word has %zu bytes, at most %d are allowed",
				       n->text.n, COMMAND_WORD_MAX);
	if (c->n == 0 && !is_program(n->text))
		return source_complain(
		    b->src, n,
		    "%s is no program (write an absolute path, or a name that is "
		    "looked for in PATH)",
		    quote(n->text).text);
	c->v[c->n] = str_dup(n->text);
	return c->v[c->n++] != NULL ? 0 : source_no_memory(b->src);
}

static int bind_command(struct binder *b, const struct key *k, struct conf_command *c,
			const struct node *list)
{
	const struct node *n;
	int r = bind_want(b, k, list, NODE_LIST);

	if (r < 0 || list->n == 0)
		return r;
	if (list->n > COMMAND_WORDS_MAX)
		return source_complain(b->src, list, "more than %d words", COMMAND_WORDS_MAX);
	c->v = calloc(list->n + 1, sizeof *c->v);
	if (c->v == NULL)
		return source_no_memory(b->src);
	DL_FOREACH(list->children, n)
	{
		if (r == 0)
			r = bind_word(b, c, n);
	}
	return r;
}

static int bind_section(struct binder *b, const struct key *k, void *base, const struct node *n)
{
	int r = bind_want(b, k, n, NODE_MAP);

	return r < 0 ? r : bind_keys(b, str_of(k->path), base, n);
}

static int bind_value(struct binder *b, const struct key *k, void *base, const struct node *n)
{
	void *member = key_member(k, base);

	switch (k->type) {
	case KEY_SECTION:
		return bind_section(b, k, base, n);
	case KEY_LEVELS:
		return bind_levels(b, k, member, n);
	case KEY_CAUSES:
		return bind_causes(b, k, member, n);
	case KEY_PAIRS:
	case KEY_ENVIRONMENT:
		return bind_pairs(b, k, member, n);
	case KEY_COMMAND:
		return bind_command(b, k, member, n);
	case KEY_PROVIDERS:
		return bind_providers(b, k, n);
	case KEY_INSTANCES:
		return bind_instances(b, k, base, n);
	default:
		return bind_scalar(b, k, member, n);
	}
}

static int bind_keys(struct binder *b, struct str parent, void *base, const struct node *map)
{
	const struct node *n;
	int r = 0;

	DL_FOREACH(map->children, n)
	{
		const struct key *k = key_child(parent, n->key);

		r = k == NULL ? complain_unknown(b, parent, n) : bind_value(b, k, base, n);
		if (r < 0)
			break;
	}
	return r;
}

/* Levels that nobody set are LOG_LEVELS until log.level is known for sure (conf.c). */
static int set_default(const struct key *k, void *member)
{
	if (k->type == KEY_LEVELS) {
		for (unsigned i = 0; i < LOG_SUB_COUNT; i++)
			((enum log_level *)member)[i] = LOG_LEVELS;
	}
	return k->def != NULL ? value_read(k, str_of(k->def), member, NULL) : 0;
}

static int set_defaults(struct binder *b, enum key_scope scope, void *base)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		if (k->scope != scope || k->type == KEY_SECTION)
			continue;
		if (set_default(k, key_member(k, base)) < 0)
			return source_no_memory(b->src);
	}
	return 0;
}

static int check_required(struct binder *b, enum key_scope scope, const void *base,
			  const struct node *n)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		if (k->scope == scope && (k->flags & KEY_REQUIRED) &&
		    *(char *const *)key_value(k, base) == NULL)
			return source_complain(b->src, n, "the key %s is missing (%s)", key_leaf(k),
					       k->text);
	}
	return 0;
}

int bind_struct(struct binder *b, enum key_scope scope, void *base, const struct node *n)
{
	int r = set_defaults(b, scope, base);

	if (r < 0)
		return r;
	r = bind_keys(b, key_scope_path(scope), base, n);
	return r < 0 ? r : check_required(b, scope, base, n);
}

static void free_pairs(struct conf_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		free(pairs->v[i].key);
		free(pairs->v[i].value);
	}
	free(pairs->v);
}

static void free_command(struct conf_command *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->v[i]);
	free(c->v);
}

static void free_providers(struct conf *c)
{
	for (size_t i = 0; i < c->n_providers; i++) {
		free(c->providers[i].name);
		bind_free(SCOPE_conf_provider, &c->providers[i]);
	}
	free(c->providers);
}

static void free_instances(struct conf_provider *p)
{
	for (size_t i = 0; i < p->n_instances; i++)
		bind_free(SCOPE_conf_instance, &p->instances[i]);
	free(p->instances);
}

void bind_free(enum key_scope scope, void *base)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		if (k->scope != scope)
			continue;
		if (key_kind(k) == KIND_TEXT)
			free(*(char **)key_member(k, base));
		else if (k->type == KEY_PAIRS || k->type == KEY_ENVIRONMENT)
			free_pairs(key_member(k, base));
		else if (k->type == KEY_COMMAND)
			free_command(key_member(k, base));
		else if (k->type == KEY_PROVIDERS)
			free_providers(base);
		else if (k->type == KEY_INSTANCES)
			free_instances(base);
	}
}
