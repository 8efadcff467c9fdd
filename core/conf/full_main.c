/*
 * full_main.c - conf-full: prints etc/relink.full.yaml, relink.yaml(5), or the fuzzer's dictionary.
 *
 * A developer's program: it is not installed.
 */
#include <stdio.h>
#include <string.h>

#include "base/obj.h"
#include "conf/keys.h"

static void put_word(struct buf *out, const char *word)
{
	buf_printf(out, "\"%s\"\n", word);
}

/* For libFuzzer's -dict=: every key's name, default and bounds. */
static int write_dictionary(struct buf *out)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		put_word(out, key_leaf(k));
		if (k->def != NULL)
			put_word(out, k->def);
		if (k->max != NULL) {
			put_word(out, k->min);
			put_word(out, k->max);
		}
	}
	return out->failed;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*write)(struct buf *);
	} texts[] = { { "", conf_write_full },
		      { "man", conf_write_man },
		      { "dictionary", write_dictionary } };
	const char *name = argc > 1 ? argv[1] : "";
	struct buf text;
	int r = ERR_NOTFOUND;

	buf_init(&text, 1u << 20);
	for (size_t i = 0; argc <= 2 && i < ARRAY_LEN(texts); i++) {
		if (strcmp(name, texts[i].name) == 0)
			r = texts[i].write(&text);
	}
	if (r == ERR_NOTFOUND) {
		fprintf(stderr, "usage: conf-full [man | dictionary]\n");
		return 2;
	}
	if (r == 0 && (fwrite(text.p, 1, text.n, stdout) != text.n || fflush(stdout) != 0))
		r = ERR_IO;
	buf_fini(&text);
	if (r < 0)
		fprintf(stderr, "conf-full: %s\n", err_text(r));
	return r < 0 ? 1 : 0;
}
