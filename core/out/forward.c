/*
 * forward.c - from the journal to a receiver.
 *
 * A scan goes through the journal.  A wanted line becomes an event of its account, unless the account
 * has enough in memory or the receiver does not take its events at the moment: then the account has
 * `more` in the journal and reads that itself when its turn comes.  An account is in one of the places
 * below as long as it is behind the scan, and is forgotten when it has caught up.
 */
#include "out/forward_state.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/rng.h"
#include "policy/backoff.h"

#define AGAIN_MS   1000  /* when the store has no time for a read */
#define GRUMBLE_MS 60000 /* lines in the log about a receiver that fails */

static bool has_room(const struct forward *f)
{
	return f->n_events < FORWARD_EVENTS && HASH_COUNT(f->accounts) < FORWARD_ACCOUNTS;
}

/* --- accounts --- */

struct forward_account *forward_account_of(struct forward *f, uint64_t row)
{
	struct forward_account *a;

	HASH_FIND(hh, f->accounts, &row, sizeof row, a);
	return a;
}

struct forward_account *forward_account_new(struct forward *f, uint64_t row, uint64_t done)
{
	struct forward_account *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->row = row;
	a->loaded = done;
	HASH_ADD(hh, f->accounts, row, sizeof a->row, a);
	if (a->hh.tbl != NULL)
		return a;
	free(a);
	return NULL;
}

static void event_drop(struct forward *f, struct forward_account *a, struct event *e)
{
	DL_DELETE(a->events, e);
	a->n_events--;
	f->n_events--;
	free(e);
}

static void account_free(struct forward *f, struct forward_account *a)
{
	while (a->events != NULL)
		event_drop(f, a, a->events);
	HASH_DEL(f->accounts, a);
	free(a);
}

/* All its lines up to here are done with. */
uint64_t forward_account_done(const struct forward_account *a)
{
	return a->events != NULL ? a->events->line.seq - 1 : a->loaded;
}

/* Where it belongs when nothing is under way for it. */
void forward_account_settle(struct forward *f, struct forward_account *a)
{
	if (a->events != NULL) {
		a->place = READY;
		DL_APPEND(f->ready, a);
	} else if (a->more) {
		a->place = HUNGRY;
		DL_APPEND(f->hungry, a);
	} else {
		account_free(f, a);
	}
}

static struct str keep_text(char **at, struct str s)
{
	struct str kept = { *at, s.n };

	if (s.n > 0)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return kept;
}

static bool event_add(struct forward *f, struct forward_account *a, const struct journal_record *r)
{
	struct event *e = malloc(sizeof *e + r->account.n + r->workspace.n + r->text.n + r->data.n);
	char *at;

	if (e == NULL)
		return false;
	at = e->bytes;
	e->line = *r;
	e->line.account = keep_text(&at, r->account);
	e->line.workspace = keep_text(&at, r->workspace);
	e->line.text = keep_text(&at, r->text);
	e->line.data = keep_text(&at, r->data);
	DL_APPEND(a->events, e);
	a->n_events++;
	f->n_events++;
	a->loaded = r->seq;
	return true;
}

/* The receiver does not take its events: all but the first leave the memory to others. */
static void account_shed(struct forward *f, struct forward_account *a)
{
	struct event *first = a->events;

	must(first != NULL);
	while (first->next != NULL) {
		event_drop(f, a, first->next);
		a->more = true;
	}
	a->loaded = first->line.seq;
}

/* --- what became of an event --- */

static void finish(struct forward *f, struct forward_account *a)
{
	event_drop(f, a, a->events);
	a->tries = 0;
	f->dirty = true;
	forward_account_settle(f, a);
}

/* False: it cannot be kept now. */
static bool give_up(struct forward *f, struct forward_account *a, struct str why)
{
	const struct journal_record *r = &a->events->line;
	const char *type = journal_kind_name(r->kind);

	if (f->port.bury != NULL && f->port.bury(f->port.ctx, r, a->tries, why) < 0)
		return false;
	KP("out.forward.buried");
	f->stats.given_up++;
	LOG(ERROR, OUT, "forward.given_up", f_text("receiver", f->port.name),
	    f_str("account", r->account), f_text("type", type), f_u64("event", r->seq),
	    f_u64("tries", a->tries), f_str("why", why));
	finish(f, a);
	return true;
}

static void grumble(struct forward *f, const struct forward_account *a, struct str why)
{
	uint64_t now = clock_ms();

	if (f->grumbled_at != 0 && now - f->grumbled_at < GRUMBLE_MS)
		return;
	f->grumbled_at = now;
	LOG(WARN, OUT, "forward.failed", f_text("receiver", f->port.name),
	    f_str("account", a->events->line.account), f_u64("event", a->events->line.seq),
	    f_u64("tries", a->tries), f_str("why", why),
	    f_u64("accounts_behind", HASH_COUNT(f->accounts)));
}

static void fail(struct forward *f, struct forward_account *a, struct str why, uint64_t at_least)
{
	uint64_t now = clock_ms(), delay;

	f->stats.failed++;
	a->tries++;
	if (a->tries >= FORWARD_TRIES && now >= a->events->line.at + f->port.rules.give_up_ms &&
	    give_up(f, a, why))
		return;
	grumble(f, a, why);
	account_shed(f, a);
	delay = backoff_delay(&f->rng, f->port.rules.retry_ms, FORWARD_RETRY_CAP, a->tries - 1);
	a->due_at = now + MAX_OF(delay, MIN_OF(at_least, (uint64_t)FORWARD_RETRY_CAP));
	a->place = WAITING;
}

/* A receiver that is back hears soon of all that it could not be told. */
static void recover(struct forward *f)
{
	uint64_t now = clock_ms();
	struct forward_account *a, *next;

	if (f->streak < FORWARD_STREAK) {
		f->streak = 0;
		return; /* what fails is the events' own fault */
	}
	f->streak = 0;
	HASH_ITER(hh, f->accounts, a, next)
	{
		if (a->place == WAITING && a->unreachable) {
			a->unreachable = false;
			a->due_at = MIN_OF(a->due_at, now + rng_next(&f->rng) % FORWARD_RECOVERED);
		}
	}
}

static bool may_fly(const struct forward *f)
{
	return f->n_flying < FORWARD_FLYING &&
	       (f->port.may_fly == NULL || f->port.may_fly(f->port.ctx, f->n_flying));
}

static void send_ready(struct forward *f)
{
	struct forward_account *a;
	int r;

	while ((a = f->ready) != NULL && may_fly(f)) {
		DL_DELETE(f->ready, a);
		r = f->port.send(f->port.ctx, &a->events->line, a);
		if (r == 0) {
			a->place = FLYING;
			f->n_flying++;
		} else if (r > 0) {
			f->stats.skipped++;
			finish(f, a);
		} else {
			fail(f, a, str_of(err_text(r)), 0);
		}
	}
}

/* --- reading the journal --- */

static void note_gap(struct forward *f, uint64_t after, uint64_t next)
{
	f->stats.gaps++;
	f->stats.lost += next - after - 1;
	LOG(ERROR, OUT, "forward.gap", f_text("receiver", f->port.name), f_u64("after", after),
	    f_u64("next", next),
	    f_text("why", "the journal has no such lines any more, or they are damaged"));
}

/* False: no room; look at it again later. */
static bool scan_wanted(struct forward *f, const struct journal_record *r)
{
	struct forward_account *a = forward_account_of(f, r->row);

	if (a == NULL) {
		a = has_room(f) ? forward_account_new(f, r->row, r->seq - 1) : NULL;
		if (a == NULL)
			return false;
		if (event_add(f, a, r)) {
			forward_account_settle(f, a);
			return true;
		}
		account_free(f, a);
		return false;
	}
	if (a->more || a->place == WAITING || a->place == READING || a->n_events >= FORWARD_EACH ||
	    f->n_events >= FORWARD_EVENTS || !event_add(f, a, r))
		a->more = true;
	return true;
}

static void scan_line(struct forward *f, const struct journal_record *r)
{
	if (f->full || r->seq <= f->scan)
		return;
	if (r->seq != f->scan + 1)
		note_gap(f, f->scan, r->seq);
	f->scan = r->seq - 1;
	if (r->tell && f->port.wants(f->port.ctx, r) && !scan_wanted(f, r)) {
		f->full = true;
		return;
	}
	f->scan = r->seq;
	f->dirty = true;
}

static void account_line(struct forward *f, struct forward_account *a,
			 const struct journal_record *r)
{
	f->beyond = f->beyond || r->seq > f->scan;
	if (f->full || r->seq <= a->loaded || f->beyond)
		return;
	if (r->row != a->row || !r->tell || !f->port.wants(f->port.ctx, r)) {
		a->loaded = r->seq;
		return;
	}
	f->full =
	    a->n_events >= FORWARD_EACH || f->n_events >= FORWARD_EVENTS || !event_add(f, a, r);
}

/* A line that is damaged spoils the answer it is in: ask for less and less, then pass it over.  Of an
 * account nobody knows where that line ends, so the rest of what it is behind goes with it. */
static void read_failed(struct forward *f, struct forward_account *a, int result)
{
	uint64_t *at = a != NULL ? &a->loaded : &f->scan;
	uint64_t next = a != NULL ? f->scan + 1 : f->scan + 2;

	if (a != NULL)
		a->more = true;
	if (result != ERR_CORRUPT) {
		f->read_at = clock_ms() + AGAIN_MS;
	} else if (f->page > 1) {
		f->page /= 2;
	} else {
		note_gap(f, *at, next);
		*at = next - 1;
		f->dirty = true;
		if (a != NULL)
			a->more = false;
	}
}

static void scan_ended(struct forward *f)
{
	if (f->n_read == 0 && f->target > f->scan) {
		note_gap(f, f->scan, f->target + 1);
		f->scan = f->target;
		f->dirty = true;
	}
}

/* Lines beyond the scan are the scan's.  A page that ends with them is the last one, full or not: to
 * read on would be to read the same page for ever, and the scan waits for it. */
static void account_ended(struct forward *f, struct forward_account *a)
{
	if (f->full || (f->n_read == f->limit && !f->beyond))
		a->more = true;
	if (a->events == NULL && f->full)
		f->read_at = clock_ms() + AGAIN_MS; /* no memory */
}

static void on_line(void *arg, int result, const struct journal_record *r)
{
	struct forward_account *a;
	struct forward *f;

	OBJ_CAST(f, arg, FORWARD_MAGIC);
	if (f->stopped)
		return;
	a = f->reader;
	if (r != NULL && result == 0) {
		f->n_read++;
		if (a == NULL)
			scan_line(f, r);
		else
			account_line(f, a, r);
		return;
	}
	f->reading = false;
	f->reader = NULL;
	if (result < 0)
		read_failed(f, a, result);
	else if (a == NULL)
		scan_ended(f);
	else
		account_ended(f, a);
	if (result == 0)
		f->page = MIN_OF(f->page * 2, (uint32_t)FORWARD_PAGE);
	if (a != NULL)
		forward_account_settle(f, a);
	f->full = f->beyond = false;
	forward_pump(f);
}

/* One read at a time; accounts that are behind go first, since the scan can make more of them. */
static void read_on(struct forward *f)
{
	struct forward_account *a = f->n_events < FORWARD_EVENTS ? f->hungry : NULL;

	if (f->reading || clock_ms() < f->read_at)
		return;
	if (a == NULL && (f->newest <= f->scan || !has_room(f)))
		return;
	f->reading = true;
	f->reader = a;
	f->n_read = 0;
	f->limit = f->page;
	f->target = f->newest;
	if (a != NULL) {
		DL_DELETE(f->hungry, a);
		a->place = READING;
		a->more = false; /* what the scan passes over from now on sets it again */
	}
	if (f->port.journal(f->port.ctx, a != NULL ? a->row : 0, a != NULL ? a->loaded : f->scan,
			    f->limit, on_line, f) == 0)
		return;
	f->reading = false;
	f->reader = NULL;
	f->read_at = clock_ms() + AGAIN_MS;
	if (a != NULL) {
		a->more = true;
		forward_account_settle(f, a);
	}
}

/* --- the turn --- */

static void wake_waiting(struct forward *f)
{
	uint64_t now = clock_ms();
	struct forward_account *a, *next;

	HASH_ITER(hh, f->accounts, a, next)
	{
		if (a->place == WAITING && a->due_at <= now)
			forward_account_settle(f, a);
	}
}

static void arrange_wake(struct forward *f)
{
	uint64_t at = UINT64_MAX, now = clock_ms();
	struct forward_account *a, *next;

	HASH_ITER(hh, f->accounts, a, next)
	{
		if (a->place == WAITING)
			at = MIN_OF(at, a->due_at);
	}
	if (f->dirty && !f->saving)
		at = MIN_OF(at, f->saved_at + FORWARD_SAVE_MS);
	if (!f->reading && f->read_at > now)
		at = MIN_OF(at, f->read_at);
	f->port.wake_at(f->port.ctx, at);
}

/* Whatever happened: do what can be done now.  Answers may come from inside, hence the rounds. */
void forward_pump(struct forward *f)
{
	f->again = true;
	if (f->pumping)
		return;
	f->pumping = true;
	while (f->again) {
		f->again = false;
		wake_waiting(f);
		send_ready(f);
		read_on(f);
		if (f->dirty && !f->saving && clock_ms() >= f->saved_at + FORWARD_SAVE_MS)
			forward_save(f);
	}
	f->pumping = false;
	arrange_wake(f);
}

/* --- from outside --- */

int forward_new(struct forward **ret_forward, const struct forward_port *port, uint64_t seed)
{
	struct forward *f = calloc(1, sizeof *f);

	if (f == NULL)
		return ERR_NOMEM;
	OBJ_INIT(f, FORWARD_MAGIC);
	f->port = *port;
	if (f->port.rules.retry_ms == 0)
		f->port.rules.retry_ms = FORWARD_RETRY_MS;
	if (f->port.rules.give_up_ms == 0)
		f->port.rules.give_up_ms = FORWARD_GIVE_UP;
	f->rng = seed;
	f->page = FORWARD_PAGE;
	*ret_forward = f;
	return 0;
}

int forward_start(struct forward *f, const struct forward_place *place, bool fresh)
{
	int r;

	OBJ_CHECK(f, FORWARD_MAGIC);
	must(!f->started);
	r = forward_parse_behind(f, place->behind);
	if (r < 0) {
		while (f->accounts != NULL)
			account_free(f, f->accounts);
		f->hungry = NULL;
		return r;
	}
	f->scan = place->seq;
	f->dirty = fresh;
	f->started = true;
	if (!f->stopped)
		forward_pump(f);
	return 0;
}

void forward_wake(struct forward *f, uint64_t newest)
{
	f->newest = MAX_OF(f->newest, newest);
	if (f->started && !f->stopped)
		forward_pump(f);
}

void forward_due(struct forward *f)
{
	if (f->started && !f->stopped)
		forward_pump(f);
}

void forward_answered(struct forward *f, struct forward_account *a,
		      const struct forward_answer *answer)
{
	must(a->place == FLYING && !f->stopped);
	f->n_flying--;
	KP("out.forward.answered");
	a->unreachable = !answer->taken && answer->unreachable;
	f->streak += a->unreachable;
	if (answer->taken) {
		f->stats.delivered++;
		finish(f, a);
		recover(f);
	} else {
		fail(f, a, answer->why, answer->retry_after_ms);
	}
	forward_pump(f);
}

void forward_rewind(struct forward *f, uint64_t from)
{
	struct forward_account *a, *next;

	must(f->started && !f->stopped && from > 0);
	f->reading = f->saving = false;
	f->reader = NULL;
	f->ready = f->hungry = NULL;
	f->n_flying = 0;
	f->read_at = 0;
	f->scan = MIN_OF(f->scan, from - 1);
	f->dirty = true;
	HASH_ITER(hh, f->accounts, a, next)
	{
		a->loaded = forward_account_done(a);
		while (a->events != NULL)
			event_drop(f, a, a->events);
		a->tries = 0;
		a->more = a->loaded < f->scan;
		forward_account_settle(f, a); /* without `more` the scan comes to it again */
	}
	forward_save(f);
	forward_pump(f);
}

void forward_stop(struct forward *f)
{
	if (f->stopped)
		return;
	f->stopped = true;
	if (f->dirty)
		forward_save(f);
	if (f->started)
		f->port.wake_at(f->port.ctx, UINT64_MAX);
}

void forward_free(struct forward **forward)
{
	struct forward *f = TAKE(*forward);

	if (f == NULL)
		return;
	OBJ_CHECK(f, FORWARD_MAGIC);
	while (f->accounts != NULL)
		account_free(f, f->accounts);
	OBJ_FINI(f);
	free(f);
}

void forward_stats(const struct forward *f, struct forward_stats *ret_stats)
{
	const struct forward_account *a;

	*ret_stats = f->stats;
	ret_stats->accounts = HASH_COUNT(f->accounts);
	ret_stats->events = f->n_events;
	ret_stats->flying = f->n_flying;
	ret_stats->seq = f->scan;
	for (a = f->accounts; a != NULL; a = a->hh.next) {
		if (a->events != NULL &&
		    (ret_stats->oldest == 0 || a->events->line.at < ret_stats->oldest))
			ret_stats->oldest = a->events->line.at;
	}
}
