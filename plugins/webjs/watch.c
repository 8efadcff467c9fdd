/*
 * watch.c - sessions on their way to connected are looked at one by one, until they are there.
 *
 * What messages run into counts too, where the service does not notice that a browser has died.
 *
 * A watch begins with a create, or with a list that shows such a session (after a restart of the
 * worker, say).  It ends when the session is connected, down or gone, and after WATCH_MS in any case:
 * then it rests, and what it found out is kept for as long as lists show the session unchanged.
 */
#include <stdlib.h>
#include <utlist.h>

#include "instance.h"

#define WATCHES_MAX  1024u /* remembered; of more than these only lists tell */
#define ASKING_MAX   64u   /* looks on their way at once */
#define WATCH_MS     900000u
#define PAUSE_MAX_MS 15000u /* between looks that fail */

struct watch {
	struct watch *prev, *next;
	UT_hash_handle hh;
	struct instance *in;
	relink_http http;
	uint64_t until, not_before;
	uint64_t generation; /* 0: not known */
	unsigned misses;
	unsigned mark;    /* the last list that showed it */
	unsigned strikes; /* messages in a row that found no browser */
	bool active;
	enum relink_state state; /* what was told last; UNKNOWN: nothing */
	enum relink_cause cause;
	uint64_t qr; /* a hash of the code that was told last */
	char session[NAME_MAX_BYTES], account[NAME_MAX_BYTES], words[WORDS_MAX];
};

static void start_tick(struct instance *);
static void look(struct watch *);

static struct watch *find(const struct instance *in, const char *session, size_t n)
{
	struct watch *w;

	HASH_FIND(hh, in->watches, session, n, w);
	return w;
}

static void stop_looking(struct watch *w)
{
	if (w->http == 0)
		return;
	w->in->host->http_drop(w->in->host, w->http);
	w->http = 0;
	w->in->n_asking--;
}

static void rest(struct watch *w)
{
	stop_looking(w);
	w->active = false;
}

static void forget(struct watch *w)
{
	stop_looking(w);
	DL_DELETE(w->in->turn, w);
	HASH_DEL(w->in->watches, w);
	free(w);
}

static struct watch *add(struct instance *in, const char *session)
{
	struct watch *w = HASH_COUNT(in->watches) < WATCHES_MAX ? calloc(1, sizeof *w) : NULL;

	if (w == NULL) {
		in->stats.untold++;
		return NULL;
	}
	w->in = in;
	snprintf(w->session, sizeof w->session, "%s", session);
	HASH_ADD_STR(in->watches, session, w);
	if (w->hh.tbl == NULL) {
		free(w);
		in->stats.untold++;
		return NULL;
	}
	DL_APPEND(in->turn, w);
	return w;
}

static void begin(struct watch *w, const char *account, uint64_t generation)
{
	struct instance *in = w->in;

	stop_looking(w);
	snprintf(w->account, sizeof w->account, "%s", account);
	w->generation = generation;
	w->state = RELINK_STATE_UNKNOWN;
	w->cause = RELINK_NONE;
	w->misses = 0;
	w->strikes = 0;
	w->not_before = 0;
	w->until = in->host->now_ms(in->host) + WATCH_MS;
	w->active = true;
	w->mark = in->list_mark;
	look(w);
	start_tick(in);
}

void watch_session(struct instance *in, const char *session, const char *account,
		   uint64_t generation)
{
	struct watch *w = find(in, session, strlen(session));

	if (w == NULL)
		w = add(in, session);
	if (w != NULL)
		begin(w, account, generation);
}

void watch_forget(struct instance *in, const char *session)
{
	struct watch *w = find(in, session, strlen(session));

	if (w != NULL)
		forget(w);
}

/* --- what a look finds --- */

/* FNV-1a; 0 is no code. */
static uint64_t hash(struct relink_str s)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3ull;
	return s.n > 0 ? h | 1 : 0;
}

/* Tell what has changed.  The names are ours: the answer's were compared with them. */
static void tell(struct watch *w, const struct relink_session *found)
{
	struct relink_session s = *found;
	uint64_t qr = hash(s.qr);

	if (s.state == w->state && s.cause == w->cause && qr == w->qr)
		return;
	w->state = s.state;
	w->cause = s.cause;
	w->qr = qr;
	snprintf(w->words, sizeof w->words, "%.*s", (int)s.text.n, s.text.n > 0 ? s.text.p : "");
	s.session = str_of(w->session);
	s.account = str_of(w->account);
	s.generation = w->generation;
	w->in->host->event(w->in->host, &s);
}

static void tell_gone(struct watch *w)
{
	struct relink_session s = { .size = sizeof s,
				    .state = RELINK_STATE_DOWN,
				    .cause = RELINK_GONE,
				    .text = str_of("Session not found") };

	tell(w, &s);
	forget(w);
}

static void miss(struct watch *w, uint64_t retry_after_ms)
{
	struct instance *in = w->in;
	uint64_t pause = (uint64_t)in->conf->poll_ms << (w->misses < 5 ? w->misses : 5);

	w->misses++;
	pause = pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
	w->not_before =
	    in->host->now_ms(in->host) + (retry_after_ms > pause ? retry_after_ms : pause);
}

static void on_seen(struct watch *w, const struct seen *seen)
{
	const struct relink_session *s = &seen->s;
	bool absent = s->state == RELINK_STATE_UNKNOWN && s->cause == RELINK_GONE;
	bool other = dialect.tells_generation && s->generation != w->generation;

	w->misses = 0;
	if (absent || other) {
		tell_gone(w);
		return;
	}
	tell(w, s);
	if (s->state == RELINK_STATE_CONNECTED)
		forget(w);
	else if (s->state == RELINK_STATE_DOWN)
		rest(w);
}

static void on_look(void *arg, const struct relink_http_reply *reply)
{
	struct watch *w = arg;
	struct instance *in = w->in;
	struct verdict v;
	struct seen seen;
	json_t *doc = reply_read(in, reply, false, &v);

	w->http = 0;
	in->n_asking--;
	if (doc == NULL && v.cause == RELINK_GONE)
		tell_gone(w);
	else if (doc != NULL && dialect.read_look(in->conf, doc, &seen) &&
		 str_is(seen.s.session, w->session)) {
		/* else each look would say again that all is well, and lists that it is not */
		ops_correct(in, &seen);
		on_seen(w, &seen);
	} else {
		miss(w, v.retry_after_ms);
	}
	json_decref(doc);
}

/* --- what webhooks say --- */

void watch_told(struct instance *in, struct seen *seen)
{
	char session[NAME_MAX_BYTES];
	struct watch *w;

	if (seen->foreign)
		return;
	snprintf(session, sizeof session, "%.*s", (int)seen->s.session.n, seen->s.session.p);
	w = find(in, session, strlen(session));
	if (w != NULL && w->generation == seen->s.generation)
		on_seen(w, seen);
	else
		in->host->event(in->host, &seen->s);
}

void watch_again(struct instance *in, const char *session, const char *account, uint64_t generation)
{
	struct watch *w = find(in, session, strlen(session));

	if (w != NULL && w->active) {
		w->not_before = 0;
		if (w->http == 0)
			look(w);
		return;
	}
	if (w == NULL)
		w = add(in, session);
	if (w != NULL)
		begin(w, account != NULL ? account : "", generation);
}

/* --- what messages find --- */

/* Two messages in a row: one may have met a browser that was just being replaced. */
static bool is_struck_out(const struct watch *w)
{
	return w->strikes >= 2;
}

void watch_sent(struct instance *in, const struct call *c, const struct verdict *why)
{
	struct watch *w = find(in, c->session, strlen(c->session));
	struct relink_session s = { .size = sizeof s, .state = RELINK_STATE_DOWN };

	if (w != NULL && w->active)
		return;
	if (why == NULL || !why->dead) {
		if (why == NULL && w != NULL)
			forget(w);
		return;
	}
	if (w == NULL)
		w = add(in, c->session);
	if (w == NULL)
		return;
	snprintf(w->account, sizeof w->account, "%s", c->account);
	w->generation = c->generation;
	w->mark = in->list_mark;
	w->strikes++;
	s.cause = why->cause;
	s.text = str_of(why->text);
	if (is_struck_out(w))
		tell(w, &s);
}

/* --- asking --- */

static void look(struct watch *w)
{
	struct instance *in = w->in;
	uint64_t now = in->host->now_ms(in->host);
	struct ask a = { 0 };

	if (!w->active || w->http != 0 || w->not_before > now || in->n_asking >= ASKING_MAX)
		return;
	dialect.look(&a, str_of(w->session));
	w->http = ask_send(in, &a, on_look, w);
	if (w->http == 0)
		return;
	in->n_asking++;
	DL_DELETE(in->turn, w);
	DL_APPEND(in->turn, w);
}

static void on_tick(void *arg)
{
	struct instance *in = arg;
	uint64_t now = in->host->now_ms(in->host);
	unsigned left = HASH_COUNT(in->watches);
	struct watch *w = in->turn, *next;
	bool any = false;

	in->tick = 0;
	/* Who is asked goes to the end of the line, so the line is gone through once only. */
	for (; w != NULL && left > 0; w = next, left--) {
		next = w->next;
		if (w->active && now >= w->until)
			rest(w);
		any |= w->active;
		look(w);
	}
	if (any)
		start_tick(in);
}

static void start_tick(struct instance *in)
{
	if (in->tick == 0)
		in->tick =
		    in->host->timer_start(in->host, (uint64_t)in->conf->poll_ms, on_tick, in);
}

/* --- lists --- */

void watch_list_begin(struct instance *in)
{
	in->list_mark++;
}

static bool on_its_way(const struct seen *seen)
{
	return seen->vague || seen->s.state == RELINK_STATE_STARTING ||
	       seen->s.state == RELINK_STATE_QR || seen->s.state == RELINK_STATE_AUTHENTICATED;
}

/* Put what was found out into what the service says. */
static void overrule(const struct watch *w, struct seen *seen)
{
	seen->s.state = w->state;
	seen->s.cause = w->cause;
	snprintf(seen->words, sizeof seen->words, "%s", w->words);
	seen->s.text = str_of(seen->words);
}

void watch_correct(const struct instance *in, struct seen *seen)
{
	const struct watch *w = find(in, seen->s.session.p, seen->s.session.n);

	if (w != NULL && is_struck_out(w) && seen->s.state == RELINK_STATE_CONNECTED)
		overrule(w, seen);
}

static struct watch *adopt(struct instance *in, const struct seen *seen)
{
	char session[NAME_MAX_BYTES], account[NAME_MAX_BYTES];

	snprintf(session, sizeof session, "%.*s", (int)seen->s.session.n, seen->s.session.p);
	snprintf(account, sizeof account, "%.*s", (int)seen->s.account.n,
		 seen->s.account.n > 0 ? seen->s.account.p : "");
	watch_session(in, session, account, seen->s.generation);
	return find(in, session, strlen(session));
}

/* A session that a list calls connected or, with a reason, down. */
static void listed_as_settled(struct watch *w, struct seen *seen)
{
	if (w == NULL || w->active)
		return;
	if (w->strikes == 0 || seen->s.state != RELINK_STATE_CONNECTED) {
		forget(w);
		return;
	}
	w->mark = w->in->list_mark;
	watch_correct(w->in, seen);
}

/* What was down and is something else now has a new life; what messages found says nothing about it. */
static bool is_outdated(const struct watch *w, const struct seen *seen)
{
	return !w->active && (w->strikes > 0 || (w->state == RELINK_STATE_DOWN &&
						 seen->s.state != RELINK_STATE_DOWN));
}

static void say_nothing(struct seen *seen)
{
	seen->s.state = RELINK_STATE_UNKNOWN;
	seen->s.cause = RELINK_NONE;
	seen->s.text = (struct relink_str){ NULL, 0 };
}

void watch_listed(struct instance *in, struct seen *seen)
{
	struct watch *w = find(in, seen->s.session.p, seen->s.session.n);

	if (seen->foreign)
		return;
	if (!on_its_way(seen)) {
		listed_as_settled(w, seen);
		return;
	}
	if (w == NULL || is_outdated(w, seen))
		w = adopt(in, seen);
	if (w == NULL)
		return;
	w->mark = in->list_mark;
	if (seen->vague && w->state != RELINK_STATE_UNKNOWN)
		overrule(w, seen);
	else if (seen->vague && w->active && w->misses == 0)
		say_nothing(seen); /* the look will tell, and why */
	/* A code that was told while nobody expected one, after a log-out, was not kept: tell it again. */
	w->qr = 0;
}

void watch_list_end(struct instance *in, bool complete)
{
	struct watch *w, *next;
	bool any = false;

	DL_FOREACH_SAFE(in->turn, w, next)
	{
		any |= w->active;
		if (complete && !w->active && w->mark != in->list_mark)
			forget(w);
	}
	if (any)
		start_tick(in); /* it runs already, unless there was no memory for it */
}

/* --- */

void watch_count(const struct instance *in, unsigned *ret_active, unsigned *ret_resting)
{
	const struct watch *w;

	*ret_active = *ret_resting = 0;
	DL_FOREACH(in->turn, w)
	*(w->active ? ret_active : ret_resting) += 1;
}

void watch_close(struct instance *in)
{
	struct watch *w, *next;

	DL_FOREACH_SAFE(in->turn, w, next)
	forget(w);
	in->host->timer_stop(in->host, in->tick);
	in->tick = 0;
}
