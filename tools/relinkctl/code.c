/* code.c - see code.h; and account qr. */
#include "code.h"

#include <stdlib.h>

#include "body.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "http.h"
#include "qr.h"
#include "say.h"
#include "target.h"
#include "text.h"
#include "view.h"
#include "wait.h"
#include "when.h"

#define WAIT_FOR_CODE 30

/* The caption below the code; returns the lines it takes. */
static int print_caption(const struct term *t, const json_t *qr, const char *id)
{
	char ahead[WHEN_MAX];
	struct buf caption;
	unsigned width;

	when_ahead(ahead, field_time(qr, "expires_at"));
	buf_init(&caption, 4096);
	buf_printf(&caption, "%s: scan it in WhatsApp, under Linked devices", id);
	if (strcmp(ahead, "now") == 0)
		buf_text(&caption, "; it has expired, the next one comes soon");
	else if (ahead[0] != '\0')
		buf_printf(&caption, "; it expires %s", ahead);
	tell_str(t, buf_all(&caption));
	width = text_width(buf_all(&caption));
	buf_fini(&caption);
	return t->columns > 0 ? (int)((width + t->columns - 1) / t->columns) : 1;
}

int code_show(struct cli *c, struct code *s, const json_t *qr, const char *id)
{
	const struct term *t = &c->term;
	const struct qr_style style = { t->utf8, t->colour, has_option(c, OPTION_INVERT),
					t->columns };
	struct str text = field_str(qr, "code");
	struct why why;
	int lines;

	if (s->text != NULL && str_is(text, s->text))
		return CTL_OK;
	if (s->lines > 0 && t->moves && (unsigned)s->lines < t->rows)
		printf("\033[%dA\033[J", s->lines);
	lines = qr_draw(stdout, text, &style, &why);
	if (lines < 0) {
		say(t, "%s", why.text);
		return CTL_FAILED;
	}
	s->lines = lines + print_caption(t, qr, id);
	free(s->text);
	s->text = str_dup(text);
	fflush(stdout);
	return CTL_OK;
}

void code_fini(struct code *s)
{
	free(s->text);
	*s = (struct code){ 0 };
}

/* --- account qr --- */

static int print_code(struct cli *c, const json_t *qr)
{
	struct str text = field_str(qr, "code");
	struct code shown = { 0 };
	int r = CTL_OK;

	if (has_option(c, OPTION_JSON))
		return CTL_OK;
	if (!has_option(c, OPTION_RAW)) {
		r = code_show(c, &shown, qr, c->args[0]);
	} else if (c->term.out_tty) {
		tell_str(&c->term, text);
	} else {
		text_put(stdout, text);
		putchar('\n');
	}
	code_fini(&shown);
	return r;
}

static int make_code(struct cli *c, struct wait *w, struct request *q, struct answer *a)
{
	const json_t *qr;
	int r;

	wait_begin(w, c, c->args[0], wait_seconds(c, WAIT_FOR_CODE));
	call_account(q, "POST", c->args[0], "qr");
	if (has_option(c, OPTION_FORCE))
		body_of_options(&q->body, &c->options, OPT(FORCE), NULL);
	r = wait_call(w, q, a);
	if (str_is(answer_problem(a), "login_would_be_lost"))
		say(&c->term, "to give it up: relinkctl qr %s --new --force", c->args[0]);
	qr = json_object_get(a->json, "qr");
	if (r != CTL_OK)
		return r;
	if (json_is_object(qr))
		return print_code(c, qr);
	if (w->seconds == 0) {
		view_print(c, json_object_get(a->json, "account"));
		return CTL_OK;
	}
	say(&c->term, "no code in %u s; the daemon goes on: relinkctl qr %s --wait 30", w->seconds,
	    c->args[0]);
	return CTL_LATE;
}

static int fetch_newest(struct cli *c, struct wait *w, struct request *q, struct answer *a)
{
	int r;

	wait_begin(w, c, c->args[0], wait_seconds(c, 0));
	call_account(q, "GET", c->args[0], "qr");
	r = wait_call(w, q, a);
	if (r == CTL_FAILED && w->seconds > 0 && str_is(answer_problem(a), "no_qr"))
		return CTL_LATE;
	return r == CTL_OK ? print_code(c, a->json) : r;
}

/* --- account qr --link --- */

/* Who asks over the network knows an address that may do for others, too. */
static void print_link(struct cli *c, struct str path)
{
	const char *url = http_target(c->http)->url;
	struct buf link;

	buf_init(&link, 4096);
	buf_text(&link, url != NULL ? url : "");
	buf_str(&link, path);
	tell_str(&c->term, buf_all(&link));
	buf_fini(&link);
	if (url == NULL && c->term.err_tty)
		say(&c->term, "put the address before it at which others reach the daemon");
}

static int make_link(struct cli *c)
{
	const char *expires = option_text(c, OPTION_EXPIRES);
	uint64_t seconds = expires != NULL ? when_seconds(expires) : 0;
	struct request q;
	struct answer a;
	int r;

	if (expires != NULL && seconds == 0) {
		say(&c->term, "--expires must be a time like 15m or 12h, not \"%s\"", expires);
		return CTL_USAGE;
	}
	call_account(&q, "POST", c->args[0], "qr-link");
	body_of_link(&q.body, seconds);
	r = call(c, &q, &a);
	if (r == CTL_OK && !has_option(c, OPTION_JSON))
		print_link(c, field_str(a.json, "url"));
	request_fini(&q);
	answer_fini(&a);
	return r;
}

int account_qr(struct cli *c)
{
	struct request q;
	struct answer a;
	struct wait w;
	int r;

	if (has_option(c, OPTION_LINK))
		return make_link(c);
	if (has_option(c, OPTION_EXPIRES)) {
		say(&c->term, "account qr: --expires goes with --link");
		return CTL_USAGE;
	}
	if (has_option(c, OPTION_FORCE) && !has_option(c, OPTION_NEW)) {
		say(&c->term, "account qr: --force goes with --new");
		return CTL_USAGE;
	}
	r = has_option(c, OPTION_NEW) ? make_code(c, &w, &q, &a) : fetch_newest(c, &w, &q, &a);
	request_fini(&q);
	answer_fini(&a);
	return r;
}
