/*
 * send.c - send: a text or a file, out of an account.
 *
 * A file goes inside the request as long as it fits; larger ones the daemon's provider fetches by
 * itself from --media-url.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/json.h"
#include "base/obj.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "say.h"

#define TEXT_BYTES_MAX 65536u
#define FILE_BYTES_MAX (740u << 10) /* in base64, with a short text beside it, below LIMIT_DRAFT */

/* All of `f` as long as it has at most `max` bytes; ERR_TOOBIG, ERR_IO, ERR_NOMEM. */
static int read_all(FILE *f, size_t max, struct buf *to)
{
	size_t n = 1;

	buf_init(to, max + 1);
	while (n > 0 && to->n <= max) {
		size_t room = MIN_OF((size_t)65536, max + 1 - to->n);
		char *at = buf_room(to, room);

		if (at == NULL)
			return to->failed;
		n = fread(at, 1, room, f);
		to->n += n;
	}
	if (ferror(f) != 0)
		return ERR_IO;
	return to->n > max ? ERR_TOOBIG : 0;
}

/* --text "-" is standard input. */
static int read_text(struct cli *c, struct buf *to)
{
	const char *text = option_text(c, OPTION_MESSAGE);
	int r = 0;

	buf_init(to, TEXT_BYTES_MAX);
	if (text == NULL)
		return CTL_OK;
	if (strcmp(text, "-") == 0)
		r = read_all(stdin, TEXT_BYTES_MAX, to);
	else
		r = buf_text(to, text);
	if (r == ERR_TOOBIG)
		say(&c->term, "a text may have at most %u bytes", TEXT_BYTES_MAX);
	else if (r < 0)
		say(&c->term, "the text cannot be read: %s", err_text(r));
	else if (!str_is_utf8(buf_all(to)))
		say(&c->term, "the text is not UTF-8");
	else
		return CTL_OK;
	return CTL_USAGE;
}

static int read_file(struct cli *c, const char *path, struct buf *to)
{
	FILE *f = fopen(path, "rbe");
	int r = f != NULL ? read_all(f, FILE_BYTES_MAX, to) : ERR_IO;

	if (f == NULL || r == ERR_IO)
		say(&c->term, "%s: %s", path, strerror(errno));
	else if (r == ERR_TOOBIG)
		say(&c->term,
		    "%s has more than %u KiB; put it where the provider can fetch it, and "
		    "give --media-url",
		    path, FILE_BYTES_MAX >> 10);
	else if (r < 0)
		say(&c->term, "%s: %s", path, err_text(r));
	if (f != NULL)
		fclose(f);
	return r == 0 ? CTL_OK : CTL_FAILED;
}

/* By the end of its name; what is unknown goes as a document. */
static const char *type_of(const char *path)
{
	static const struct {
		const char *end, *type;
	} types[] = {
		{ ".png", "image/png" },   { ".jpg", "image/jpeg" },
		{ ".jpeg", "image/jpeg" }, { ".gif", "image/gif" },
		{ ".webp", "image/webp" }, { ".mp4", "video/mp4" },
		{ ".mp3", "audio/mpeg" },  { ".ogg", "audio/ogg" },
		{ ".txt", "text/plain" },  { ".pdf", "application/pdf" },
		{ ".csv", "text/csv" },    { ".zip", "application/zip" },
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot != NULL && i < ARRAY_LEN(types); i++) {
		if (strcasecmp(dot, types[i].end) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

static void add_file(struct jw *j, const char *path, struct str bytes)
{
	const char *slash = strrchr(path, '/');
	struct buf data;

	buf_init(&data, LIMIT_HTTP_BODY);
	buf_base64(&data, bytes);
	jw_object(j, "media");
	jw_text(j, "mimetype", type_of(path));
	jw_str(j, "data", buf_all(&data));
	jw_text(j, "filename", slash != NULL ? slash + 1 : path);
	jw_object_end(j);
	buf_fini(&data);
}

static int compose(struct cli *c, struct buf *body)
{
	const char *path = option_text(c, OPTION_FILE);
	struct jw j = jw_to(body);
	struct buf text, file = { 0 };
	int r = read_text(c, &text);

	if (r == CTL_OK && path != NULL)
		r = read_file(c, path, &file);
	jw_object(&j, NULL);
	jw_text(&j, "to", option_text(c, OPTION_TO));
	if (text.n > 0)
		jw_str(&j, "text", buf_all(&text));
	if (has_option(c, OPTION_MEDIA_URL))
		jw_text(&j, "media_url", option_text(c, OPTION_MEDIA_URL));
	if (r == CTL_OK && path != NULL)
		add_file(&j, path, buf_all(&file));
	jw_object_end(&j);
	buf_fini(&text);
	buf_fini(&file);
	return r;
}

/* A file and a text that fit each by itself may not fit together. */
static int check_size(struct cli *c, const struct buf *body)
{
	if (body->failed == 0 && body->n <= LIMIT_DRAFT)
		return CTL_OK;
	say(&c->term,
	    "the message has more than %u KiB as JSON, with the file in base64; send the text by "
	    "itself, or put the file where the provider can fetch it, and give --media-url",
	    LIMIT_DRAFT >> 10);
	return CTL_FAILED;
}

int account_send(struct cli *c)
{
	struct request q;
	struct answer a = { 0 };
	struct str id;
	int r;

	if (!has_option(c, OPTION_MESSAGE) && !has_option(c, OPTION_FILE) &&
	    !has_option(c, OPTION_MEDIA_URL)) {
		say(&c->term, "account send: give --text, --file or --media-url");
		return CTL_USAGE;
	}
	call_account(&q, "POST", c->args[0], "messages");
	q.patience_s = PATIENCE_S;
	q.body.limit = LIMIT_HTTP_BODY;
	r = compose(c, &q.body);
	if (r == CTL_OK)
		r = check_size(c, &q.body);
	if (r == CTL_OK)
		r = call(c, &q, &a);
	request_fini(&q);
	id = field_str(json_object_get(a.json, "message"), "id");
	if (r == CTL_OK && has_option(c, OPTION_QUIET) && !has_option(c, OPTION_JSON))
		tell_str(&c->term, id);
	else if (r == CTL_OK && for_people(c))
		tell(&c->term, "%s: sent%s%.*s", c->args[0], id.n > 0 ? ", id " : "", STR_ARG(id));
	answer_fini(&a);
	return r;
}
