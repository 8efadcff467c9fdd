/*
 * full_main.c - conf-full: prints etc/relink.full.yaml, or the fuzzer's dictionary.
 *
 * A developer's program: it is not installed.
 */
#include <stdio.h>

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
	bool dictionary = argc == 2 && str_is(str_of(argv[1]), "dictionary");
	struct buf text;
	int r;

	if (argc > 1 && !dictionary) {
		fprintf(stderr, "usage: conf-full [dictionary]\n");
		return 2;
	}
	buf_init(&text, 1u << 20);
	r = dictionary ? write_dictionary(&text) : conf_write_full(&text);
	if (r == 0 && (fwrite(text.p, 1, text.n, stdout) != text.n || fflush(stdout) != 0))
		r = ERR_IO;
	buf_fini(&text);
	if (r < 0)
		fprintf(stderr, "conf-full: %s\n", err_text(r));
	return r < 0 ? 1 : 0;
}
