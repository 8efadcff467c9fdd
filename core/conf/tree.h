/*
 * tree.h - a YAML text as a tree of maps, lists and texts, each with its line.
 *
 * Only what a configuration needs is let through: one document, text keys, no key twice, no
 * anchors, aliases or tags, and bounds on depth and number.  So who walks it meets no surprise.
 */
#ifndef RELINK_CONF_TREE_H
#define RELINK_CONF_TREE_H
#include "base/str.h"
#include "conf/source.h"

#define TREE_TEXT_MAX  (1u << 20) /* bytes of the whole text */
#define TREE_DEPTH_MAX 16
#define TREE_WIDTH_MAX 1024 /* entries of one map or list */

enum node_kind {
	NODE_NONE, /* nothing was written, or ~ or null */
	NODE_TEXT,
	NODE_LIST,
	NODE_MAP,
};

/* Keys and texts hold no NUL byte and have one behind them. */
struct node {
	struct node *parent, *prev, *next;
	struct node *children; /* utlist */
	enum node_kind kind;
	unsigned line;   /* 1 is the first; of a map's entry: the line of its key */
	unsigned index;  /* its place among its siblings */
	unsigned n;      /* children */
	struct str key;  /* of a map's entry */
	struct str text; /* of NODE_TEXT */
	char bytes[];
};

/* Read `text`, lent.  An empty one gives a NODE_NONE. */
int tree_parse(struct node **ret_root, const struct source *, struct str text);
void tree_free(struct node **);

/* The entry of a map, or NULL; `path` is keys with dots between them. */
const struct node *tree_at(const struct node *, const char *path);
#endif
