/*
 * full.c - writes the configuration that has every key, with what there is to know about it.
 *
 * The values are those of a parsed configuration, not texts of the table: so the file shows what
 * the daemon really uses when a key is left out.
 */
#include <string.h>

#include "base/obj.h"
#include "conf/keys.h"
#include "conf/value.h"

#define COLUMNS 100
#define EXAMPLE "mock"

static const char head[] =
    "# relink.full.yaml - every key of relinkd's configuration, with its default.\n"
    "#\n"
    "# Made by conf-full from core/conf/keys.def: change it there. A real file needs only the "
    "keys\n"
    "# that differ from their defaults; relink.yaml is one to begin with.\n"
    "#\n"
    "# A duration is a number and ms, s, m, h or d (2s); a size is a number and B, KiB, MiB or "
    "GiB.\n"
    "# Behind a key's bounds stands what a reload (SIGHUP) does with a change: \"live\" takes it "
    "over,\n"
    "# \"restart\" refuses the whole reload, and the daemon goes on with what it had.\n";

/* Levels of nesting above the key: each is two columns, and so is the dash of a list's entry. */
static int indent_of(const struct key *k)
{
	int depth = 0;

	for (const char *p = k->path; *p != '\0'; p++)
		depth += *p == '.' || *p == '[';
	return 2 * depth;
}

static void put_indent(struct buf *out, int columns)
{
	buf_printf(out, "%*s", columns, "");
}

/* Comment lines of whole words. */
static void put_text(struct buf *out, int indent, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (column == 0 || column + 1 + n > COLUMNS) {
			buf_text(out, column > 0 ? "\n" : "");
			put_indent(out, indent);
			buf_byte(out, '#');
			column = (size_t)indent + 1;
		}
		buf_byte(out, ' ');
		buf_add(out, text, n);
		column += 1 + n;
		text += n + (text[n] == ' ');
	}
	buf_byte(out, '\n');
}

static void put_bounds(struct buf *out, const struct key *k)
{
	if (key_kind(k) == KIND_TEXT)
		buf_printf(out, ", at most %s bytes", k->max);
	else if (k->max != NULL)
		buf_printf(out, ", %s%s to %s", k->flags & KEY_OR_ZERO ? "0 or " : "", k->min,
			   k->max);
}

void key_facts(struct buf *out, const struct key *k)
{
	buf_text(out,
		 key_kind(k) == KIND_WORD ? key_type_remedy(k->type) : key_type_words(k->type));
	put_bounds(out, k);
	if (k->def != NULL)
		buf_printf(out, "; default %s", k->def);
	else if (k->flags & KEY_REQUIRED)
		buf_text(out, "; required");
	else
		buf_text(out, "; no default");
	buf_text(out, k->rule == RULE_LIVE ? "; live" : "; restart");
}

static void put_facts(struct buf *out, int indent, const struct key *k)
{
	put_indent(out, indent);
	buf_text(out, "#   ");
	key_facts(out, k);
	buf_byte(out, '\n');
}

static void put_scalar(struct buf *out, const struct key *k, const void *member)
{
	buf_printf(out, "%s: ", key_leaf(k));
	value_write(out, k, member);
	buf_byte(out, '\n');
}

/* The key itself, and what of the example stands between it and its own keys. */
static void put_value(struct buf *out, const struct key *k, const void *member)
{
	const char *name = key_leaf(k);

	if (k->type == KEY_PROVIDERS)
		buf_printf(out, "%s:\n  " EXAMPLE ":\n", name);
	else if (k->type == KEY_SECTION || k->type == KEY_INSTANCES)
		buf_printf(out, "%s:\n", name);
	else if (k->type == KEY_COMMAND)
		buf_printf(out, "%s: []\n", name);
	else if (key_kind(k) == KIND_TREE)
		buf_printf(out, "%s: {}\n", name);
	else if (key_kind(k) == KIND_TEXT && *(char *const *)member == NULL)
		buf_printf(out, "# %s:\n", name);
	else
		put_scalar(out, k, member);
}

/* Does the line before this one in the table open the place where this one lies? */
static bool is_first(const struct key *k)
{
	return k > keys && (k[-1].type == KEY_SECTION || k[-1].type == KEY_PROVIDERS ||
			    k[-1].type == KEY_INSTANCES);
}

static void put_key(struct buf *out, const struct key *k, const void *base)
{
	bool begins_entry = is_first(k) && k->scope == SCOPE_conf_instance;
	int indent = indent_of(k) - (begins_entry ? 2 : 0);

	if (!is_first(k))
		buf_byte(out, '\n');
	put_text(out, indent, k->text);
	if (k->type != KEY_SECTION)
		put_facts(out, indent, k);
	put_indent(out, indent);
	if (begins_entry)
		buf_text(out, "- ");
	put_value(out, k, key_value(k, base));
}

static void put_conf(struct buf *out, const struct conf *c)
{
	const void *const bases[] = {
		[SCOPE_conf] = c,
		[SCOPE_conf_provider] = &c->providers[0],
		[SCOPE_conf_instance] = &c->providers[0].instances[0],
	};

	buf_text(out, head);
	for (const struct key *k = keys; k->path != NULL; k++)
		put_key(out, k, bases[k->scope]);
}

int conf_write_full(struct buf *out)
{
	struct conf *c = NULL;
	int r = conf_parse(&c, NULL, STR("providers: {" EXAMPLE ": }"), NULL);

	if (r < 0)
		return r;
	put_conf(out, c);
	conf_free(&c);
	return out->failed;
}
