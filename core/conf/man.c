/*
 * man.c - writes relink.yaml(5), in the language of man(7), from the table of keys.
 *
 * It is the same that stands in relink.full.yaml, for those who ask man.
 */
#include <string.h>

#include "conf/keys.h"

#define COLUMNS 78

static const char intro[] =
    "A file in YAML, in UTF-8, of at most 1 MiB: maps, lists and single values. Whatever is "
    "unknown, "
    "misspelt, written twice or out of bounds makes the whole file be refused, with file, line, "
    "key "
    "and what to write instead. A real file needs only the keys that differ from their defaults; "
    "providers is the one that every file has.";
static const char units[] =
    "A duration is a number and ms, s, m, h or d (2s); a size is a number and B, KiB, MiB or GiB. "
    "Behind a key's bounds stands what a reload (SIGHUP) does with a change: \"live\" takes it "
    "over, "
    "\"restart\" refuses the whole reload, and the daemon goes on with what it had. In a key's "
    "name * is "
    "the name of a provider, and [] an entry of a list.";
static const char outside[] =
    "Any value may lie in a file of its own, which suits secrets: !file PATH is one line of a file "
    "that only its owner and group may use; !credential NAME is one that systemd passes on "
    "(LoadCredential=).";

/* Text as it is: no word is a request, no backslash an escape. */
static void put_word(struct buf *out, const char *word, size_t n, bool begins)
{
	if (begins && n > 0 && (*word == '.' || *word == '\''))
		buf_text(out, "\\&");
	for (size_t i = 0; i < n; i++) {
		if (word[i] == '\\')
			buf_text(out, "\\e");
		else
			buf_byte(out, word[i]);
	}
}

/* In lines of at most COLUMNS. */
static void put_text(struct buf *out, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (column > 0 && column + 1 + n > COLUMNS) {
			buf_byte(out, '\n');
			column = 0;
		}
		buf_text(out, column > 0 ? " " : "");
		put_word(out, text, n, column == 0);
		column += n + (column > 0);
		text += n + (text[n] == ' ');
	}
	buf_byte(out, '\n');
}

static void put_key(struct buf *out, const struct key *k)
{
	struct buf facts;

	if (k->type == KEY_SECTION) {
		buf_printf(out, ".SS %s\n", k->path);
		put_text(out, k->text);
		return;
	}
	buf_printf(out, ".TP\n.B %s\n", k->path);
	put_text(out, k->text);
	buf_init(&facts, 4096);
	buf_byte(&facts, '(');
	key_facts(&facts, k);
	buf_text(&facts, ")");
	buf_byte(&facts, '\0');
	put_text(out, facts.p);
	buf_fini(&facts);
}

static void put_paragraph(struct buf *out, const char *text)
{
	buf_text(out, ".PP\n");
	put_text(out, text);
}

int conf_write_man(struct buf *out)
{
	buf_printf(out,
		   ".\\\" Made by conf-full from core/conf/keys.def: change it there.\n"
		   ".TH RELINK.YAML 5 \"\" \"Relink %s\" \"Relink\"\n"
		   ".SH NAME\nrelink.yaml \\- the configuration of relinkd\n"
		   ".SH SYNOPSIS\n.B /etc/relink/relink.yaml\n.SH DESCRIPTION\n",
		   RELINK_VERSION);
	put_text(out, intro);
	put_paragraph(out, units);
	put_paragraph(out, outside);
	buf_text(out, ".SH KEYS\n");
	for (const struct key *k = keys; k->path != NULL; k++)
		put_key(out, k);
	buf_text(out, ".SH EXAMPLE\n.nf\n.RS 2\n"
		      "state_dir: /var/lib/relink\n"
		      "http:\n"
		      "  listen: 127.0.0.1:8840\n"
		      "providers:\n"
		      "  mock: {}\n"
		      ".RE\n.fi\n"
		      ".SH SEE ALSO\n.BR relinkctl (1),\n.BR relinkd (8)\n");
	return out->failed;
}
