/*
 * causes.c - policy.causes: what an operator has follow from a cause, held to the bounds of causes.def.
 *
 *	causes:
 *	  banned: slow
 *	  engine_crash: {then: retry, attempts: 3}
 */
#include "conf/causes.h"

#include <utlist.h>

#include "base/near.h"
#include "base/obj.h"
#include "conf/bind.h"

static const char *const names[RELINK_CAUSE_COUNT] = {
#define C(id, n, text, doc) [n] = text,
	RELINK_CAUSES(C)
#undef C
};
static const struct {
	uint8_t then;
	uint8_t may; /* bits of enum cause_then */
} rules[RELINK_CAUSE_COUNT] = {
#define RULE(id, follows, action, dead, blames, bits) [RELINK_##id] = { THEN_##follows, bits },
#include "conf/causes.def"
#undef RULE
};

static const char *const thens[THEN_COUNT] = {
#define T(id, n, name) [n] = name,
	CAUSE_THENS(T)
#undef T
};

static int cause_named(struct str name)
{
	for (int i = 0; i < RELINK_CAUSE_COUNT; i++) {
		if (str_is(name, names[i]))
			return i;
	}
	return -1;
}

/* "retry, slow or hold". */
static void say_allowed(struct buf *out, unsigned may)
{
	for (unsigned t = 0; t < THEN_COUNT; t++) {
		if ((may & 1u << t) == 0)
			continue;
		may &= ~(1u << t);
		buf_printf(out, "%s%s", out->n == 0 ? "" : may != 0 ? ", " : " or ", thens[t]);
	}
	buf_byte(out, '\0');
}

static int bind_then(struct binder *b, unsigned cause, struct cause_choice *choice,
		     const struct node *n)
{
	struct buf allowed;
	unsigned then = 0;
	int r;

	if (n->kind != NODE_TEXT)
		return source_complain(b->src, n, "needs one word, for example slow");
	while (then < THEN_COUNT && !str_is(n->text, thens[then]))
		then++;
	if (then < THEN_COUNT && (rules[cause].may & 1u << then) != 0) {
		choice->then = (uint8_t)then;
		return 0;
	}
	buf_init(&allowed, 256);
	say_allowed(&allowed, rules[cause].may);
	r = allowed.failed != 0 ? source_no_memory(b->src)
				: source_complain(b->src, n, "%s cannot follow from %s (write %s)",
						  quote(n->text).text, names[cause], allowed.p);
	buf_fini(&allowed);
	return r;
}

static int bind_attempts(struct binder *b, struct cause_choice *choice, const struct node *n)
{
	uint64_t v;

	if (n->kind != NODE_TEXT || !str_to_u64(n->text, CAUSE_ATTEMPTS_MAX, &v) || v == 0)
		return source_complain(b->src, n,
				       "is not a number of attempts (write 1 to %d, at most "
				       "policy.max_attempts)",
				       CAUSE_ATTEMPTS_MAX);
	choice->attempts = (uint8_t)v;
	return 0;
}

static int bind_choice(struct binder *b, unsigned cause, struct cause_choice *choice,
		       const struct node *map)
{
	const struct node *n, *attempts = NULL;
	int r = 0;

	DL_FOREACH(map->children, n)
	{
		if (r < 0)
			return r;
		if (str_is(n->key, "attempts"))
			attempts = n;
		if (str_is(n->key, "then"))
			r = bind_then(b, cause, choice, n);
		else if (attempts == n)
			r = bind_attempts(b, choice, n);
		else
			r = source_complain(b->src, n,
					    "unknown key (a cause has then and attempts)");
	}
	if (r == 0 && attempts != NULL &&
	    (choice->then != THEN_DEFAULT ? choice->then : rules[cause].then) != THEN_RETRY)
		r = source_complain(b->src, attempts,
				    "only retry has a number of attempts (write then: retry where "
				    "that may be, or remove the line)");
	return r;
}

static int bind_cause(struct binder *b, struct conf_causes *causes, const struct node *n)
{
	struct near near = { .written = n->key };
	int cause = cause_named(n->key);

	if (cause < 0) {
		for (unsigned i = 0; i < RELINK_CAUSE_COUNT; i++)
			near_try(&near, names[i]);
		return source_complain(b->src, n, "there is no such cause%s%s%s",
				       near.word != NULL ? " (did you mean " : "",
				       near.word != NULL ? near.word : "",
				       near.word != NULL ? "?)" : "");
	}
	if (rules[cause].may == 0)
		return source_complain(
		    b->src, n, "what follows from this cause cannot be changed (remove the line)");
	if (n->kind == NODE_MAP)
		return bind_choice(b, (unsigned)cause, &causes->of[cause], n);
	return bind_then(b, (unsigned)cause, &causes->of[cause], n);
}

int bind_causes(struct binder *b, const struct key *k, struct conf_causes *causes,
		const struct node *map)
{
	const struct node *n;
	int r = bind_want(b, k, map, NODE_MAP);

	DL_FOREACH(map->children, n)
	{
		if (r == 0)
			r = bind_cause(b, causes, n);
	}
	return r;
}

static int check_map(struct binder *b, const struct conf_causes *causes, const struct node *map)
{
	for (unsigned i = 0; map != NULL && i < RELINK_CAUSE_COUNT; i++) {
		const struct node *n = tree_at(map, names[i]);

		if (causes->of[i].attempts <= b->conf->max_attempts)
			continue;
		return source_complain(b->src, n,
				       "%u attempts, and policy.max_attempts ends them "
				       "at %llu (lower the one or raise the other)",
				       causes->of[i].attempts,
				       (unsigned long long)b->conf->max_attempts);
	}
	return 0;
}

int check_causes(struct binder *b, const struct node *root)
{
	const struct node *all = tree_at(root, "providers"), *of;
	int r = check_map(b, &b->conf->causes, tree_at(root, "policy.causes"));

	for (size_t i = 0; i < b->conf->n_providers && r == 0; i++) {
		of = tree_at(all, b->conf->providers[i].name);
		r = check_map(b, &b->conf->providers[i].causes, tree_at(of, "causes"));
	}
	return r;
}
