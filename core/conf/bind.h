/*
 * bind.h - from the tree to the struct, by the table of keys.
 */
#ifndef RELINK_CONF_BIND_H
#define RELINK_CONF_BIND_H
#include "conf/keys.h"
#include "conf/source.h"
#include "conf/tree.h"

struct binder {
	const struct source *src;
	struct conf *conf; /* what is being filled */
};

/* Fill `base`, a zeroed struct of `scope`: defaults first, then what `n` says, then is everything
 * there that must be?  What was set before an error is the caller's to free, with bind_free. */
int bind_struct(struct binder *, enum key_scope, void *base, const struct node *n);
/* Release what the members of a struct of `scope` hold. */
void bind_free(enum key_scope, void *base);

/* Complain unless `n` is of `kind`; nothing at all counts as an empty map or list. */
int bind_want(struct binder *, const struct key *, const struct node *n, enum node_kind);
/* Append copies of a key and a value of a plugin.  ERR_FULL: there are as many as can be sent. */
int bind_pair_add(struct conf_pairs *, struct str key, struct str value, unsigned line);

/* providers.c */
int bind_providers(struct binder *, const struct key *, const struct node *n);
int bind_instances(struct binder *, const struct key *, struct conf_provider *,
		   const struct node *n);

/* causes.c */
int bind_causes(struct binder *, const struct key *, struct conf_causes *, const struct node *n);
int check_causes(struct binder *, const struct node *root);

/* check.c: what no key can know by itself.  `root` says on which line a key stands. */
int check_conf(struct binder *, const struct node *root);

#endif
