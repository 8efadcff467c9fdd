/*
 * watch.c - watch: the accounts as they are now, for as long as somebody looks.
 *
 * On a terminal a table is redrawn on the alternate screen, so that what stood there before is back
 * afterwards; elsewhere each change is a line.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/obj.h"
#include "call.h"
#include "commands.h"
#include "field.h"
#include "roster.h"
#include "say.h"
#include "stream.h"
#include "target.h"
#include "text.h"
#include "totals.h"
#include "when.h"

#define REDRAW_MIN_MS 100
#define FRAME_HEAD    3 /* totals, notice, head of the table */
#define FRAME_TAIL    2 /* "and N more", the line on which the cursor ends */
/* The alternate screen, no cursor, long lines cut and not wrapped; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

struct watch {
	struct cli *cli;
	struct roster *roster;
	bool screen; /* draw; else a line per change */
	bool loaded, stale;
	uint64_t drawn_ms, interval_ms;
	char notice[256]; /* the stream is broken; "": it stands */
};

/* --- the alternate screen --- */

static volatile sig_atomic_t on_screen;

static void leave_screen(void)
{
	if (on_screen == 0)
		return;
	on_screen = 0;
	if (write(STDOUT_FILENO, LEAVE, sizeof LEAVE - 1) < 0) {
		/* the terminal is gone, and its screen with it */
	}
}

/* Put the screen back, then die of the signal as if it had not been caught. */
static void on_signal(int sig)
{
	leave_screen();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void enter_screen(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		signal(signals[i], on_signal);
	atexit(leave_screen);
	on_screen = 1;
	fputs(ENTER, stdout);
}

/* --- drawing --- */

struct frame {
	struct totals totals;
	struct table table;
	size_t rows; /* still free in the table */
};

static void add_to_frame(void *ctx, const struct view *v)
{
	struct frame *f = ctx;

	totals_add(&f->totals, v->field[VIEW_STATUS]);
	if (f->rows > 0) {
		view_row(&f->table, v);
		f->rows--;
	}
}

static void compose(const struct watch *w, FILE *out)
{
	const struct term *term = &w->cli->term;
	size_t rows = MAX_OF(term->rows, FRAME_HEAD + FRAME_TAIL + 1) - FRAME_HEAD - FRAME_TAIL;
	struct frame f = { .rows = rows };

	table_init(&f.table, view_columns, VIEW_COLUMNS, term);
	roster_each(w->roster, add_to_frame, &f);
	totals_print(&f.totals, out, term);
	fprintf(out, "\n%s%s%s\n", term_paint(term, PAINT_BAD), w->notice, term_plain(term));
	table_print(&f.table, out);
	if (f.totals.all > rows)
		fprintf(out, "and %" PRIu64 " more\n", f.totals.all - rows);
	table_fini(&f.table);
}

/* Each line wipes the rest of its row, the last one what is below: nothing flickers. */
static void draw(struct watch *w)
{
	char *frame = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&frame, &n);

	if (out == NULL)
		return;
	term_measure(&w->cli->term);
	compose(w, out);
	fclose(out);
	fputs("\033[H", stdout);
	for (size_t i = 0; i < n; i++) {
		if (frame[i] != '\n')
			putchar(frame[i]);
		else
			fputs("\033[K\r\n", stdout);
	}
	fputs("\033[J", stdout);
	fflush(stdout);
	free(frame);
	w->stale = false;
	w->drawn_ms = clock_ms();
}

/* --- changes --- */

/* "TIME ID: failed, ... (was connected)" */
static void print_change(const struct watch *w, const struct view *was, const struct view *is)
{
	char stamp[WHEN_MAX];
	struct buf line;

	buf_init(&line, 8192);
	when_stamp(stamp, clock_wall_ms());
	buf_printf(&line, "%s ", stamp);
	if (is != NULL) {
		view_line(&line, is);
	} else {
		buf_str(&line, was->field[VIEW_ID]);
		buf_text(&line, ": gone from the list");
	}
	buf_text(&line, " (was ");
	buf_str(&line, was != NULL ? was->field[VIEW_STATUS] : STR("not in the list"));
	buf_text(&line, ")");
	tell_str(&w->cli->term, buf_all(&line));
	buf_fini(&line);
}

static void on_change(void *ctx, const struct view *was, const struct view *is)
{
	struct watch *w = ctx;

	w->stale = true;
	if (!w->screen && w->loaded && !has_option(w->cli, OPTION_JSON))
		print_change(w, was, is);
}

static void on_event(void *ctx, const struct stream_event *e)
{
	struct watch *w = ctx;
	json_t *json =
	    json_loadb(e->data.p, e->data.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	/* The daemon has forgotten events that we have not seen. */
	if (str_is(e->type, "gap"))
		roster_touch_all(w->roster);
	roster_touch(w->roster, field_str(json, "account"));
	json_decref(json);
}

static void on_broken(void *ctx, const char *sentence)
{
	struct watch *w = ctx;
	struct buf harmless;

	buf_init(&harmless, sizeof w->notice * 8);
	text_add(&harmless, str_of(sentence), w->cli->term.utf8);
	str_copy(w->notice, sizeof w->notice, buf_all(&harmless));
	buf_fini(&harmless);
	w->stale = true;
	if (sentence == NULL)
		roster_touch_all(w->roster);
	if (!w->screen)
		say(&w->cli->term, "%s", sentence != NULL ? sentence : "connected again");
}

/* --- the loop --- */

/* How long the stream may be listened to before something else is due. */
static int until_due(const struct watch *w)
{
	uint64_t passed = clock_ms() - w->drawn_ms;
	uint64_t due = w->stale ? REDRAW_MIN_MS : w->interval_ms;

	return passed < due ? (int)(due - passed) : 0;
}

/* After the stream stands, so that nothing is missed between the list and the first event. */
static int load(struct watch *w)
{
	int r = roster_update(w->roster, true);

	if (r == CTL_OK && w->screen)
		enter_screen();
	w->loaded = true;
	return r;
}

static int turn(struct watch *w, struct stream *s)
{
	struct why why;
	int r = stream_turn(s, w->loaded ? until_due(w) : 1000, &why);

	if (r < 0) {
		leave_screen();
		say(&w->cli->term, "%s", why.text);
		return r == ERR_UNAVAILABLE ? CTL_UNREACHABLE : CTL_FAILED;
	}
	if (!w->loaded)
		return stream_is_open(s) ? load(w) : CTL_OK;
	/* What fails here fails because the daemon is away; the stream notices and says so. */
	if (w->notice[0] == '\0')
		roster_update(w->roster, false);
	if (w->screen && until_due(w) == 0)
		draw(w);
	if (!w->screen) {
		w->drawn_ms = clock_ms();
		w->stale = false;
	}
	fflush(stdout);
	return CTL_OK;
}

int watch_accounts(struct cli *c)
{
	struct watch w = {
		.cli = c,
		.screen = c->term.moves && !has_option(c, OPTION_JSON),
		.interval_ms = option_number(c, OPTION_INTERVAL, 1) * 1000,
	};
	const struct stream_handler handler = { on_event, on_broken, &w };
	struct stream *s = NULL;
	struct why why;
	int r = roster_new(&w.roster, c, on_change, &w, &why);

	if (r == 0)
		r = stream_new(&s, http_target(c->http), "/v1/events", "", &handler, &why);
	if (r < 0) {
		say(&c->term, "%s", why.text);
		r = CTL_FAILED;
	}
	/* main says it when the output cannot be written. */
	while (r == CTL_OK && ferror(stdout) == 0)
		r = turn(&w, s);
	stream_free(&s);
	roster_free(&w.roster);
	return r;
}
