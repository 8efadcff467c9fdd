/*
 * events.c - server-sent events: what happened, to whoever listens, from any point on.
 *
 * A stream is a place in the journal.  At the end of the ring it sleeps until the bus wakes it;
 * below the ring it reads pages from the journal; a slow reader only falls behind, since nothing
 * is written for it while its last bytes have not gone.  Where the journal itself begins
 * later than the place (retention), the reader is told with an event "gap".
 *
 * A reader that wants some events only is still moved on: an id without an event says how far, when the
 * stream has been silent or much was passed over, so that it need not go over all that once more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/streams.h"
#include "api/texts.h"
#include "api/work.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"
#include "out/bus.h"
#include "out/event_filter.h"
#include "out/event_json.h"

#define STREAM_MAGIC 0x57e4aaaau

/* Bytes written for a reader before it has taken what came before. */
#define OUT_ENOUGH (16u << 10)
/* Journal lines in one read. */
#define PAGE 100
/* A comment after so long a silence, so that proxies and dead peers are noticed. */
#define HEARTBEAT_MS 15000
/* So many lines that are not for it, and a reader is told how far it is. */
#define PASSED_MANY 500
/* When the store has no time for a read. */
#define AGAIN_MS 1000

struct stream {
	struct work work;
	unsigned magic;
	struct face *face;
	struct bus_subscriber sub;
	struct stream *prev, *next;
	struct event_filter *filter; /* NULL: whatever its key may see */
	uint64_t told;               /* the last id that was written, or where it began */
	uint32_t page;               /* lines that the read under way has brought */
	bool reading;                /* a journal read is under way; it outlives the client */
	bool again;                  /* the journal could not be read: try at work.due_at */
	bool pulling;
};

static void stream_free(struct stream *s)
{
	free(s->filter);
	OBJ_FINI(s);
	free(s);
}

/* --- writing --- */

/* A line break inside JSON (white space) must not end the field. */
static void write_data(struct buf *out, struct str json)
{
	while (json.n > 0) {
		size_t n = 0;

		while (n < json.n && json.p[n] != '\n' && json.p[n] != '\r')
			n++;
		buf_text(out, "data: ");
		buf_add(out, json.p, n);
		buf_byte(out, '\n');
		n += n < json.n;
		json = (struct str){ json.p + n, json.n - n };
	}
}

static void write_event(struct stream *s, uint64_t seq, const char *type, struct str json)
{
	struct buf *out = &s->work.conn->out;

	s->told = seq;
	buf_text(out, "id: ");
	buf_u64(out, seq);
	buf_text(out, "\nevent: ");
	buf_text(out, type);
	buf_byte(out, '\n');
	write_data(out, json);
	buf_byte(out, '\n');
}

/* Everything between the reader's place and `next` is lost. */
static void write_gap(struct stream *s, uint64_t next)
{
	char json[80];

	snprintf(json, sizeof json, "{\"after\":%llu,\"next\":%llu}",
		 (unsigned long long)s->sub.seq, (unsigned long long)next);
	write_event(s, next - 1, "gap", str_of(json));
}

/* It has got further than it was told. */
static void write_place(struct stream *s)
{
	s->told = s->sub.seq;
	buf_text(&s->work.conn->out, "id: ");
	buf_u64(&s->work.conn->out, s->told);
	buf_text(&s->work.conn->out, "\n\n");
}

static bool is_picky(const struct stream *s)
{
	return s->filter != NULL || who_is_scoped(&s->work.conn->who);
}

static bool wants(const struct stream *s, unsigned kind, struct str account, struct str workspace)
{
	return who_sees(&s->work.conn->who, workspace) &&
	       (s->filter == NULL || event_filter_takes(s->filter, kind, account, workspace));
}

static bool has_room(const struct stream *s)
{
	return s->work.conn->out.n < OUT_ENOUGH && s->work.conn->out.failed == 0;
}

/* --- reading --- */

static void take_line(struct stream *s, const struct journal_record *line)
{
	struct buf *json = &s->face->content;

	if (!has_room(s) || line->seq <= s->sub.seq)
		return; /* what does not fit is read again later */
	s->page++;
	if (line->seq != s->sub.seq + 1)
		write_gap(s, line->seq);
	s->sub.seq = line->seq;
	if (!line->tell || !wants(s, line->kind, line->account, line->workspace))
		return;
	buf_reset(json);
	event_json(json, line);
	write_event(s, line->seq, event_type(line), buf_all(json));
}

static void pull(struct stream *);

static void try_again(struct stream *s)
{
	s->reading = false;
	s->again = true;
	s->work.due_at = clock_ms() + AGAIN_MS;
}

static void on_line(void *arg, int result, const struct journal_record *line)
{
	struct stream *s;

	OBJ_CAST(s, arg, STREAM_MAGIC);
	if (line != NULL && result == 0) {
		if (s->work.conn != NULL)
			take_line(s, line);
		return;
	}
	if (s->work.conn == NULL) {
		stream_free(s);
		return;
	}
	s->reading = false;
	if (result < 0) {
		try_again(s);
	} else if (s->page == 0) {
		/* the journal has nothing more there, and the ring begins later */
		write_gap(s, bus_oldest(s->face->bus));
		s->sub.seq = bus_oldest(s->face->bus) - 1;
	}
	pull(s);
}

static void read_journal(struct stream *s)
{
	struct api_port *port = &s->face->port;

	s->reading = true;
	s->page = 0;
	if (port->journal(port->ctx, 0, s->sub.seq, 0, false, PAGE, on_line, s) < 0)
		try_again(s);
}

/* A comment comes after silence, whatever happened meanwhile that this reader does not see. */
static void set_heartbeat(struct stream *s, bool wrote)
{
	uint64_t now = clock_ms();

	if (wrote || s->work.due_at <= now || s->work.due_at == DEADLINE_NEVER)
		s->work.due_at = now + HEARTBEAT_MS;
}

static void on_finish(struct work *);

/* Write what there is and fits.  May end the stream: the last thing that a callback does. */
static void pull(struct stream *s)
{
	const struct buf *out = &s->work.conn->out;
	size_t before = out->n;
	struct bus_event e;

	if (s->pulling)
		return; /* a read that was answered at once */
	if (!who_holds(&s->work.conn->who, s->face)) {
		on_finish(&s->work); /* nothing more is told to a key that was revoked */
		return;
	}
	s->pulling = true;
	while (has_room(s) && !s->reading && !s->again) {
		int r = bus_next(s->face->bus, &s->sub, &e);

		if (r == 0)
			break;
		if (r < 0)
			read_journal(s);
		else if (wants(s, e.kind, e.account, e.workspace))
			write_event(s, e.seq, e.type, e.json);
	}
	s->pulling = false;
	if (is_picky(s) && s->sub.seq >= s->told + PASSED_MANY)
		write_place(s);
	if (!s->again)
		set_heartbeat(s, out->n != before);
	conn_flush(s->work.conn);
}

/* --- life --- */

static void on_wake(struct bus_subscriber *sub)
{
	pull((struct stream *)((char *)sub - offsetof(struct stream, sub)));
}

static void on_drained(struct work *w)
{
	pull((struct stream *)w);
}

static void on_due(struct work *w)
{
	struct stream *s = (struct stream *)w;

	if (!s->again && is_picky(s) && s->sub.seq > s->told)
		write_place(s);
	else if (!s->again)
		buf_text(&w->conn->out, ":\n\n");
	s->again = false;
	pull(s);
}

static void on_gone(struct work *w)
{
	struct stream *s = (struct stream *)w;

	bus_unsubscribe(s->face->bus, &s->sub);
	DL_DELETE(s->face->streams, s);
	s->face->stats.streams--;
	if (s->reading)
		return; /* on_line comes and ends it */
	stream_free(s);
}

static void on_finish(struct work *w)
{
	struct conn *c = TAKE(w->conn);

	on_gone(w);
	conn_end(c);
}

static const struct work_ops stream_ops = {
	.gone = on_gone,
	.finish = on_finish,
	.due = on_due,
	.drained = on_drained,
};

void streams_review(struct face *f)
{
	struct stream *s, *next;

	DL_FOREACH_SAFE(f->streams, s, next)
	{
		if (!who_holds(&s->work.conn->who, f))
			on_finish(&s->work);
	}
}

/* Where the reader wants to go on from; `newest` when it does not say. */
static int read_place(struct exchange *x, uint64_t newest, uint64_t *ret_seq)
{
	struct str id = x->request->header[HEADER_LAST_EVENT_ID];

	if (id.p == NULL)
		return query_u64(&x->query, "after", 0, INT64_MAX, newest, ret_seq, &x->problem);
	if (!str_to_u64(id, INT64_MAX, ret_seq))
		return problem_set(&x->problem, PROBLEM_invalid_field,
				   "\"Last-Event-ID\" must be a whole number.");
	return 0;
}

static bool is_account(struct str s)
{
	return str_is_id(s, LIMIT_ACCOUNT_ID, "_-");
}

static int read_types(struct exchange *x, struct event_filter *f)
{
	struct str types = query_get(&x->query, "type"), bad;

	if (types.p == NULL || event_filter_types(types, &f->kinds, &bad))
		return 0;
	return problem_set(&x->problem, PROBLEM_invalid_field,
			   "\"type\" must be types of events with commas between, as "
			   "account.status,incident.*; there is none of \"%.*s\".",
			   (int)MIN_OF(bad.n, 64u), bad.p);
}

/* What is wanted; ret_some: not all. */
static int read_filter(struct exchange *x, struct event_filter *f, bool *ret_some)
{
	struct str workspace = query_get(&x->query, "workspace");
	struct str account = query_get(&x->query, "account");
	const struct who *w = &x->conn->who;

	if (workspace.p != NULL && !is_workspace(workspace))
		return problem_set(&x->problem, PROBLEM_invalid_field,
				   "\"workspace\" must be " A_WORKSPACE ".");
	if (account.p != NULL && !is_account(account))
		return problem_set(&x->problem, PROBLEM_invalid_field,
				   "\"account\" must be an account's id: 1 to 64 characters of "
				   "a-z, 0-9, _ and -, the first a letter or digit.");
	if (workspace.p != NULL && !who_sees(w, workspace))
		return problem_set(&x->problem, PROBLEM_forbidden,
				   "The key %s is for the workspace \"%s\" only.", w->key,
				   w->workspace);
	must(str_copy(f->workspace, sizeof f->workspace, workspace));
	must(str_copy(f->account, sizeof f->account, account));
	if (read_types(x, f) != 0)
		return ERR_FORMAT;
	*ret_some = workspace.p != NULL || account.p != NULL || f->kinds != 0;
	return 0;
}

static void stream_start(struct exchange *x, struct stream *s, const struct response *r)
{
	uint64_t newest = bus_newest(s->face->bus);

	s->face->stats.streams++;
	DL_APPEND(s->face->streams, s);
	conn_stream(x->conn, r, &s->work);
	buf_text(&x->conn->out, "retry: 1000\n\n");
	if (s->sub.seq > newest) {
		write_gap(s, newest + 1); /* an older state was restored */
		s->sub.seq = newest;
	}
	bus_subscribe(s->face->bus, &s->sub);
	pull(s);
}

void get_events(struct exchange *x)
{
	struct response r = { .status = 200, .type = TYPE_EVENTS, .stream = true };
	struct event_filter filter = { .kinds = 0 };
	bool some = false;
	struct stream *s;
	uint64_t seq;

	if (read_place(x, bus_newest(x->face->bus), &seq) != 0 ||
	    read_filter(x, &filter, &some) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	response_header(&r, "X-Accel-Buffering", STR("no"));
	if (x->conn->head_only) {
		conn_answer(x->conn, &r);
		return;
	}
	s = calloc(1, sizeof *s);
	if (s != NULL && some && (s->filter = malloc(sizeof filter)) == NULL)
		free(TAKE(s));
	if (s == NULL) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	OBJ_INIT(s, STREAM_MAGIC);
	s->work = (struct work){ .ops = &stream_ops, .due_at = DEADLINE_NEVER };
	s->face = x->face;
	if (some)
		*s->filter = filter;
	s->sub.seq = s->told = seq;
	s->sub.wake = on_wake;
	stream_start(x, s, &r);
}
