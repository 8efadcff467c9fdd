/*
 * reload.c - may this configuration replace that one while relinkd runs?
 *
 * Providers and instances are compared place by place: their order decides which worker serves
 * which instance.
 */
#include <stddef.h>

#include "base/obj.h"
#include "conf/keys.h"
#include "conf/source.h"
#include "conf/value.h"

#define REMEDY "restart relinkd, or undo the change"

/* Which two structs are being compared, for the message. */
struct place {
	const struct conf_provider *provider;
	const struct conf_instance *instance;
	struct why *why;
};

/* Structs that begin with their name. */
struct named {
	const void *v;
	size_t n, stride;
};
_Static_assert(offsetof(struct conf_provider, name) == 0 && offsetof(struct conf_instance, id) == 0,
	       "a name is the first member");

static const char *name_at(const struct named *l, size_t i)
{
	return *(char *const *)((const char *)l->v + i * l->stride);
}

static bool has_name(const struct named *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(name_at(l, i), name) == 0)
			return true;
	}
	return false;
}

/* "providers.*.instances[].id" with the names of the place put in. */
static void put_path(struct buf *out, const struct place *at, const struct key *k)
{
	for (const char *p = k->path; *p != '\0'; p++) {
		must((*p != '*' || at->provider != NULL) && (*p != ']' || at->instance != NULL));
		if (*p == '*')
			buf_text(out, at->provider->name);
		else if (*p == ']')
			buf_printf(out, "%s]", at->instance->id);
		else
			buf_byte(out, *p);
	}
}

static void put_value(struct buf *out, const struct key *k, const void *member)
{
	struct buf b;

	buf_init(&b, (size_t)WHY_MAX * 16);
	value_write(&b, k, member);
	buf_text(out, b.n > 0 ? quote(buf_all(&b)).text : "nothing");
	buf_fini(&b);
}

static int refuse_value(const struct place *at, const struct key *k, const void *now,
			const void *next)
{
	struct buf b;

	buf_init(&b, WHY_MAX);
	put_path(&b, at, k);
	buf_text(&b, " changed");
	if (key_kind(k) != KIND_TREE && !(k->flags & KEY_SECRET)) {
		buf_text(&b, " from ");
		put_value(&b, k, now);
		buf_text(&b, " to ");
		put_value(&b, k, next);
	}
	why_set(at->why, ERR_STATE, "%.*s: " REMEDY, STR_ARG(buf_all(&b)));
	buf_fini(&b);
	return ERR_STATE;
}

static int refuse_name(const struct place *at, const struct key *k, const char *name,
		       const char *what)
{
	struct buf b;

	buf_init(&b, WHY_MAX);
	put_path(&b, at, k);
	why_set(at->why, ERR_STATE, "%.*s: \"%s\" was %s: " REMEDY, STR_ARG(buf_all(&b)), name,
		what);
	buf_fini(&b);
	return ERR_STATE;
}

/* The same names in the same order? */
static int compare_names(const struct place *at, const struct key *k, const struct named *now,
			 const struct named *next)
{
	for (size_t i = 0; i < next->n; i++) {
		if (!has_name(now, name_at(next, i)))
			return refuse_name(at, k, name_at(next, i), "added");
	}
	for (size_t i = 0; i < now->n; i++) {
		if (!has_name(next, name_at(now, i)))
			return refuse_name(at, k, name_at(now, i), "removed");
		if (strcmp(name_at(now, i), name_at(next, i)) != 0)
			return refuse_name(at, k, name_at(now, i), "moved");
	}
	return 0;
}

static const char *pair_value(const struct conf_pairs *pairs, const char *key)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->v[i].key, key) == 0)
			return pairs->v[i].value;
	}
	return NULL;
}

static bool pairs_equal(const struct conf_pairs *a, const struct conf_pairs *b)
{
	for (size_t i = 0; i < a->n; i++) {
		const char *value = pair_value(b, a->v[i].key);

		if (value == NULL || strcmp(value, a->v[i].value) != 0)
			return false;
	}
	return a->n == b->n;
}

static bool commands_equal(const struct conf_command *a, const struct conf_command *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	}
	return a->n == b->n;
}

static int compare_struct(const struct place *, enum key_scope, const void *now, const void *next);

static int compare_instances(const struct place *at, const struct key *k,
			     const struct conf_provider *now, const struct conf_provider *next)
{
	struct named a = { now->instances, now->n_instances, sizeof *now->instances };
	struct named b = { next->instances, next->n_instances, sizeof *next->instances };
	int r = compare_names(at, k, &a, &b);

	for (size_t i = 0; i < now->n_instances && r == 0; i++) {
		struct place inside = { at->provider, &now->instances[i], at->why };

		r = compare_struct(&inside, SCOPE_conf_instance, &now->instances[i],
				   &next->instances[i]);
	}
	return r;
}

static int compare_providers(const struct place *at, const struct key *k, const struct conf *now,
			     const struct conf *next)
{
	struct named a = { now->providers, now->n_providers, sizeof *now->providers };
	struct named b = { next->providers, next->n_providers, sizeof *next->providers };
	int r = compare_names(at, k, &a, &b);

	for (size_t i = 0; i < now->n_providers && r == 0; i++) {
		struct place inside = { &now->providers[i], NULL, at->why };

		r = compare_struct(&inside, SCOPE_conf_provider, &now->providers[i],
				   &next->providers[i]);
	}
	return r;
}

static int compare_member(const struct place *at, const struct key *k, const void *now,
			  const void *next)
{
	const void *a = key_value(k, now), *b = key_value(k, next);
	bool equal;

	switch (k->type) {
	case KEY_PROVIDERS:
		return compare_providers(at, k, now, next);
	case KEY_INSTANCES:
		return compare_instances(at, k, now, next);
	case KEY_COMMAND:
		equal = commands_equal(a, b);
		break;
	case KEY_PAIRS:
	case KEY_ENVIRONMENT:
		equal = pairs_equal(a, b);
		break;
	case KEY_LEVELS:
		equal = memcmp(a, b, sizeof(key_log_levels)) == 0;
		break;
	default:
		equal = value_equal(k, a, b);
		break;
	}
	return equal ? 0 : refuse_value(at, k, a, b);
}

static int compare_struct(const struct place *at, enum key_scope scope, const void *now,
			  const void *next)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		int r = 0;

		if (k->scope == scope && k->rule == RULE_RESTART)
			r = compare_member(at, k, now, next);
		if (r < 0)
			return r;
	}
	return 0;
}

int conf_can_reload(const struct conf *now, const struct conf *next, struct why *why)
{
	struct place at = { .why = why };

	return compare_struct(&at, SCOPE_conf, now, next);
}
