/*
 * events.c - events: the stream of what happens, a line each, for ever.
 *
 * Lines are gathered while curl has the word and printed afterwards: curl switches SIGPIPE off, and
 * a reader that has gone (events | head) shall end us as it ends any filter.
 */
#include "call.h"
#include "commands.h"
#include "event.h"
#include "say.h"
#include "stream.h"
#include "text.h"

#include "base/obj.h"

#define TURN_MS   1000
#define LINES_MAX (64u << 20)

struct follower {
	struct cli *cli;
	struct buf lines;
};

static void on_event(void *ctx, const struct stream_event *e)
{
	struct follower *f = ctx;
	struct buf line;
	json_t *json;

	if (has_option(f->cli, OPTION_JSON)) {
		/* JSON may stand on several "data" lines; one event is one line here. */
		for (size_t i = 0; i < e->data.n; i++)
			buf_byte(&f->lines, e->data.p[i] == '\n' ? ' ' : e->data.p[i]);
		buf_byte(&f->lines, '\n');
		return;
	}
	json = json_loadb(e->data.p, e->data.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	buf_init(&line, LINES_MAX);
	event_line(&line, json, e->id, e->type, f->cli->term.utf8);
	buf_str(&f->lines, buf_all(&line));
	buf_byte(&f->lines, '\n');
	buf_fini(&line);
	json_decref(json);
}

static void on_broken(void *ctx, const char *sentence)
{
	struct follower *f = ctx;

	say(&f->cli->term, "%s", sentence != NULL ? sentence : "connected again");
}

static void print_lines(struct follower *f)
{
	if (f->lines.failed != 0)
		say(&f->cli->term, "lines were lost: %s", err_text(f->lines.failed));
	text_put(stdout, buf_all(&f->lines));
	fflush(stdout);
	buf_reset(&f->lines);
}

/* What is asked of the daemon, with the filters that were given. */
static void begin(struct cli *c, struct request *q)
{
	static const enum option_id filters[] = { OPTION_WORKSPACE, OPTION_ACCOUNT, OPTION_TYPE };

	request_init(q, "GET", "/v1/events");
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		if (has_option(c, filters[i]))
			request_query(q, option_specs[filters[i]].name, option_text(c, filters[i]));
	}
}

int events_follow(struct cli *c)
{
	struct follower f = { .cli = c };
	const struct stream_handler handler = { on_event, on_broken, &f };
	const char *after = has_option(c, OPTION_AFTER) ? option_text(c, OPTION_AFTER) : "";
	struct stream *s = NULL;
	struct request q;
	struct why why;
	int r;

	begin(c, &q);
	buf_byte(&q.path, 0);
	r = stream_new(&s, http_target(c->http), q.path.p, after, &handler, &why);
	request_fini(&q);
	buf_init(&f.lines, LINES_MAX);
	/* main says it when the output cannot be written. */
	while (r == 0 && ferror(stdout) == 0) {
		r = stream_turn(s, TURN_MS, &why);
		print_lines(&f);
	}
	stream_free(&s);
	buf_fini(&f.lines);
	if (r == 0)
		return CTL_OK;
	say(&c->term, "%s", why.text);
	return r == ERR_UNAVAILABLE ? CTL_UNREACHABLE : CTL_FAILED;
}
