/*
 * tree.c - libyaml's events into a tree.
 *
 * libyaml itself lets duplicate keys pass and follows aliases without an end; both are refused
 * here.  A value may lie in a file of its own (outside.h).  libyaml scans lazily, so what is nested too deeply is refused before libyaml has read it all.
 */
#include "conf/tree.h"

#include <stdlib.h>
#include <utlist.h>
#include <yaml.h>

#include "base/must.h"
#include "conf/outside.h"

struct parse {
	yaml_parser_t yaml;
	const struct source *src;
	struct str text;
	struct node *root;
	unsigned depth;
};

static size_t line_of(yaml_mark_t mark)
{
	return mark.line + 1;
}

/* libyaml reports bytes that it cannot decode by their offset only. */
static size_t line_of_offset(struct str text, size_t offset)
{
	size_t line = 1;

	for (size_t i = 0; i < offset && i < text.n; i++)
		line += text.p[i] == '\n';
	return line;
}

/* The usual reason why a line "cannot start any token". */
static bool is_indented_by_tab(struct str text, size_t line)
{
	const char *p = text.p, *end = text.p + text.n;

	for (; line > 1 && p < end; p++)
		line -= *p == '\n';
	while (p < end && *p == ' ')
		p++;
	return p < end && *p == '\t';
}

/* Turn the parser's error into a sentence. */
static int complain_syntax(struct parse *p)
{
	const yaml_parser_t *y = &p->yaml;
	const char *problem = y->problem != NULL ? y->problem : "unreadable";
	size_t line = line_of(y->problem_mark);

	switch (y->error) {
	case YAML_MEMORY_ERROR:
		return source_no_memory(p->src);
	case YAML_READER_ERROR:
		return source_complain_line(p->src, line_of_offset(p->text, y->problem_offset),
					    "not a text in UTF-8: %s (save the file as UTF-8)",
					    problem);
	default:
		break;
	}
	if (is_indented_by_tab(p->text, line))
		return source_complain_line(
		    p->src, line, "not valid YAML: %s (indent with spaces, not tabs)", problem);
	if (y->context != NULL)
		return source_complain_line(p->src, line,
					    "not valid YAML: %s, %s that begins on line %zu",
					    problem, y->context, line_of(y->context_mark));
	return source_complain_line(p->src, line, "not valid YAML: %s", problem);
}

/* What YAML can do and a configuration needs not. */
static int refuse_extras(struct parse *p, const yaml_event_t *e)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (e->type) {
	case YAML_ALIAS_EVENT:
		return source_complain_line(p->src, line_of(e->start_mark),
					    "aliases (*name) are not allowed: write the value out, "
					    "or put a text that begins with * into quotes");
	case YAML_SCALAR_EVENT:
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor != NULL)
		return source_complain_line(p->src, line_of(e->start_mark),
					    "anchors (&name) are not allowed: leave it out, or put "
					    "a text that begins with & into quotes");
	if (tag != NULL && (e->type != YAML_SCALAR_EVENT || !outside_is((const char *)tag)))
		return source_complain_line(
		    p->src, line_of(e->start_mark),
		    "tags other than !file and !credential are not allowed: "
		    "leave it out, or put a text that begins with ! into "
		    "quotes");
	return 0;
}

/* On success the event is the caller's to delete. */
static int next_event(struct parse *p, yaml_event_t *e)
{
	int r;

	if (yaml_parser_parse(&p->yaml, e) == 0)
		return complain_syntax(p);
	r = refuse_extras(p, e);
	if (r < 0)
		yaml_event_delete(e);
	return r;
}

static struct str scalar(const yaml_event_t *e)
{
	return (struct str){ (const char *)e->data.scalar.value, e->data.scalar.length };
}

/* The tag of a value that lies elsewhere, or NULL. */
static const char *outside_of(const yaml_event_t *e)
{
	return e->type == YAML_SCALAR_EVENT ? (const char *)e->data.scalar.tag : NULL;
}

static bool is_nothing(const yaml_event_t *e)
{
	struct str s = scalar(e);

	return outside_of(e) == NULL && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (s.n == 0 || str_is(s, "~") || str_is(s, "null") || str_is(s, "Null") ||
		str_is(s, "NULL"));
}

static enum node_kind kind_of(const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SEQUENCE_START_EVENT:
		return NODE_LIST;
	case YAML_MAPPING_START_EVENT:
		return NODE_MAP;
	case YAML_SCALAR_EVENT:
		return is_nothing(e) ? NODE_NONE : NODE_TEXT;
	default:
		must_not_reach("an event that begins no node");
	}
}

/* Copy `s` to `to` and return where the next text may go. */
static char *keep(struct str *ret_kept, char *to, struct str s)
{
	str_copy(to, s.n + 1, s);
	*ret_kept = (struct str){ to, s.n };
	return to + s.n + 1;
}

/* A node for the event, hung into the tree at once, so that tree_free finds it. */
static int hang(struct parse *p, struct node *parent, const yaml_event_t *e,
		const yaml_event_t *key, struct node **ret_node)
{
	enum node_kind kind = kind_of(e);
	struct str name = key != NULL ? scalar(key) : STR("");
	struct str text = kind == NODE_TEXT ? scalar(e) : STR("");
	const char *outside = outside_of(e);
	size_t room = outside != NULL ? OUTSIDE_ROOM : text.n + 1;
	struct node *n = calloc(1, sizeof *n + name.n + 1 + room);
	char *at;

	if (n == NULL)
		return source_no_memory(p->src);
	n->kind = kind;
	n->line = (unsigned)line_of(key != NULL ? key->start_mark : e->start_mark);
	n->parent = parent;
	at = keep(&n->key, n->bytes, name);
	if (outside != NULL)
		n->text.p = at;
	else
		keep(&n->text, at, text);
	if (parent == NULL) {
		p->root = n;
	} else {
		n->index = parent->n++;
		DL_APPEND(parent->children, n);
	}
	*ret_node = n;
	if (outside != NULL) {
		int r = outside_read(p->src, n, outside, text, at, &n->text.n);

		if (r < 0)
			return r;
	}
	if (n->text.n > 0 && memchr(n->text.p, '\0', n->text.n) != NULL)
		return source_complain(p->src, n,
				       "the text holds a NUL byte (leave out the \"\\0\")");
	if (parent != NULL && parent->n > TREE_WIDTH_MAX)
		return source_complain(p->src, parent, "more than %d entries", TREE_WIDTH_MAX);
	return 0;
}

static int read_children(struct parse *p, struct node *n);

static int read_node(struct parse *p, struct node *parent, const yaml_event_t *e,
		     const yaml_event_t *key)
{
	struct node *n = NULL;
	int r = hang(p, parent, e, key, &n);

	if (r < 0)
		return r;
	must(n != NULL);
	if (n->kind == NODE_TEXT || n->kind == NODE_NONE)
		return 0;
	if (p->depth == TREE_DEPTH_MAX)
		return source_complain(p->src, n, "nested more than %d deep", TREE_DEPTH_MAX);
	p->depth++;
	r = read_children(p, n);
	p->depth--;
	return r;
}

static int check_key(struct parse *p, const struct node *map, const yaml_event_t *key)
{
	const struct node *twin;
	size_t line = line_of(key->start_mark);

	if (key->type != YAML_SCALAR_EVENT)
		return source_complain_line(p->src, line, "a key must be one word");
	if (outside_of(key) != NULL)
		return source_complain_line(p->src, line, "a key cannot lie in a file");
	if (memchr(scalar(key).p, '\0', scalar(key).n) != NULL)
		return source_complain_line(p->src, line, "a key holds a NUL byte");
	DL_FOREACH(map->children, twin)
	{
		if (str_eq(twin->key, scalar(key)))
			return source_complain_line(
			    p->src, line, "the key %s stands on line %u already (keep one)",
			    quote(twin->key).text, twin->line);
	}
	return 0;
}

/* An entry of a map whose key was read: the next event is its value. */
static int read_entry(struct parse *p, struct node *map, const yaml_event_t *key)
{
	yaml_event_t e;
	int r = check_key(p, map, key);

	if (r < 0)
		return r;
	r = next_event(p, &e);
	if (r < 0)
		return r;
	r = read_node(p, map, &e, key);
	yaml_event_delete(&e);
	return r;
}

static int read_children(struct parse *p, struct node *n)
{
	yaml_event_t e;
	bool end = false;
	int r = 0;

	while (r == 0 && !end) {
		r = next_event(p, &e);
		if (r < 0)
			break;
		end = e.type == YAML_MAPPING_END_EVENT || e.type == YAML_SEQUENCE_END_EVENT;
		if (!end)
			r = n->kind == NODE_MAP ? read_entry(p, n, &e) : read_node(p, n, &e, NULL);
		yaml_event_delete(&e);
	}
	return r;
}

/* A text without a document is the same as an empty document. */
static int read_nothing(struct parse *p)
{
	p->root = calloc(1, sizeof *p->root);
	if (p->root == NULL)
		return source_no_memory(p->src);
	p->root->line = 1;
	return 0;
}

static int read_stream(struct parse *p)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	bool closed = false;
	yaml_event_t e;
	int r = 0;

	while (r == 0 && type != YAML_STREAM_END_EVENT) {
		r = next_event(p, &e);
		if (r < 0)
			break;
		type = e.type;
		if (type == YAML_DOCUMENT_START_EVENT && closed)
			r = source_complain_line(p->src, line_of(e.start_mark),
						 "a second document begins here (keep one, and "
						 "leave out the \"---\")");
		else if (type == YAML_DOCUMENT_END_EVENT)
			closed = true;
		else if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT ||
			 type == YAML_MAPPING_START_EVENT)
			r = read_node(p, NULL, &e, NULL);
		yaml_event_delete(&e);
	}
	return r == 0 && p->root == NULL ? read_nothing(p) : r;
}

int tree_parse(struct node **ret_root, const struct source *src, struct str text)
{
	struct parse p = { .src = src, .text = text };
	int r;

	if (text.n > TREE_TEXT_MAX)
		return source_complain_line(
		    src, 1, "larger than %u bytes, which no configuration is", TREE_TEXT_MAX);
	if (yaml_parser_initialize(&p.yaml) == 0)
		return source_no_memory(src);
	/* without this, libyaml would take a file for UTF-16 by its first bytes */
	yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p.yaml, (const unsigned char *)(text.n > 0 ? text.p : ""),
				     text.n);
	r = read_stream(&p);
	yaml_parser_delete(&p.yaml);
	if (r < 0)
		tree_free(&p.root);
	else
		*ret_root = p.root;
	return r;
}

void tree_free(struct node **root)
{
	struct node *child, *next;

	if (*root == NULL)
		return;
	DL_FOREACH_SAFE((*root)->children, child, next)
	{
		tree_free(&child);
	}
	free(*root);
	*root = NULL;
}

const struct node *tree_at(const struct node *n, const char *path)
{
	while (n != NULL && *path != '\0') {
		struct str name = { path, strcspn(path, ".") };
		const struct node *child;

		DL_FOREACH(n->children, child)
		{
			if (str_eq(child->key, name))
				break;
		}
		n = child;
		path += name.n + (path[name.n] == '.');
	}
	return n;
}
