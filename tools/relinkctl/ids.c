/* ids.c - see ids.h. */
#include "ids.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BYTES_MOST (1u << 20)

static int read_all(const char *file, struct buf *text, struct why *why)
{
	FILE *in = strcmp(file, "-") == 0 ? stdin : fopen(file, "rbe");
	char part[4096];
	size_t n;
	bool failed;

	if (in == NULL)
		return why_set(why, ERR_IO, "cannot read the ids in \"%s\": %s", file,
			       strerror(errno));
	while ((n = fread(part, 1, sizeof part, in)) > 0)
		buf_add(text, part, n);
	failed = ferror(in) != 0;
	if (in != stdin)
		fclose(in);
	if (failed)
		return why_set(why, ERR_IO,
			       "cannot read the ids in \"%s\": it cannot be read to its end", file);
	return text->failed;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',';
}

static bool has(struct str ids, struct str id)
{
	while (ids.n > 0) {
		const char *end = memchr(ids.p, '\n', ids.n);
		size_t n = end != NULL ? (size_t)(end - ids.p) : ids.n;

		if (str_eq((struct str){ ids.p, n }, id))
			return true;
		n += end != NULL;
		ids = (struct str){ ids.p + n, ids.n - n };
	}
	return false;
}

static int collect(struct str text, struct buf *ids, struct why *why)
{
	unsigned count = 0;
	size_t at = 0;

	while (at < text.n) {
		struct str id = { text.p + at, 0 };

		while (at + id.n < text.n && !is_blank(id.p[id.n]))
			id.n++;
		at += id.n + 1;
		if (id.n == 0 || has(buf_all(ids), id))
			continue;
		if (!str_is_utf8(id))
			return why_set(why, ERR_FORMAT, "an id among those of --ids is not UTF-8");
		if (++count > IDS_MOST)
			return why_set(
			    why, ERR_RANGE,
			    "these are more than %u ids: give them in parts (split -l %u), or "
			    "select by --workspace, --provider, --instance or --label-prefix",
			    IDS_MOST, IDS_MOST);
		buf_text(ids, ids->n > 0 ? "\n" : "");
		buf_str(ids, id);
	}
	return ids->failed;
}

int ids_read(const char *file, struct buf *ids, struct why *why)
{
	struct buf text;
	int r;

	buf_init(&text, BYTES_MOST);
	r = read_all(file, &text, why);
	if (r == ERR_TOOBIG)
		why_set(why, r, "the ids in \"%s\" are more than %u KiB", file, BYTES_MOST >> 10);
	if (r == 0)
		r = collect(buf_all(&text), ids, why);
	if (r == 0 && ids->n == 0)
		r = why_set(why, ERR_NOTFOUND, "there is no id in \"%s\"; nothing was done", file);
	buf_fini(&text);
	return r;
}
