/*
 * ops.c - create, disconnect, health and list.
 *
 * An answer counts when it names what was asked for: a service behind a cache or a confused proxy may
 * answer for another session, and then nothing is known.
 *
 * Where the Chromiums of a service can be looked for (browsers.h), its word alone does not count: one
 * that it calls ended must be gone before that is answered, and before its profile is opened again.
 */
#include <stdlib.h>

#include "instance.h"

static bool is_its_own(const struct call *c, const json_t *doc)
{
	return str_is(read_name(doc, "session_id", NAME_MAX_BYTES - 1), c->session);
}

static void fail_unreadable(struct call *c, const char *what)
{
	struct verdict v;

	c->instance->stats.unreadable++;
	verdict_set(&v, RELINK_INTERNAL, true, "the %s answers with %s", dialect.service, what);
	call_fail(c, &v);
}

/* --- create --- */

static void on_created(struct call *c, const json_t *doc)
{
	struct relink_result r = { .cause = RELINK_NONE };
	uint64_t generation;

	if (!is_its_own(c, doc)) {
		fail_unreadable(c, "another session than the one that was created");
		return;
	}
	if (dialect.tells_generation &&
	    (!read_number(doc, "generation", &generation) || generation != c->generation)) {
		fail_unreadable(c, "another generation than the one that was created");
		return;
	}
	browsers_forget(c->instance->browsers, str_of(c->session));
	watch_session(c->instance, c->session, c->account, c->generation);
	call_done(c, &r);
}

/* Where session and profile are one, a second Chromium could only fail on the profile's lock. */
static void on_create_looked(void *arg)
{
	struct call *c = arg;
	long pid = browsers_pid(c->instance->browsers, str_of(c->session));

	if (pid == 0)
		call_send(c, c->ask);
	else
		call_refuse(c, RELINK_PROVIDER_DOWN,
			    "a Chromium of this session's earlier life still runs and holds the "
			    "login: end process %ld on the service's machine, or ask for a new QR "
			    "code",
			    pid);
}

/* Send it once it is sure that no Chromium holds the profile. */
static void create_after_look(struct call *c, const struct ask *a)
{
	c->ask = malloc(sizeof *c->ask);
	if (c->ask == NULL) {
		json_decref(a->body);
		call_refuse(c, RELINK_INTERNAL, "the plugin has no memory");
		return;
	}
	*c->ask = *a;
	browsers_look(c->instance->browsers, &c->look, on_create_looked, c);
}

void ops_create(void *self, const struct relink_request *req)
{
	struct instance *in = self;
	struct call *c = call_new(in, req);
	struct ask a = { 0 };

	if (c == NULL)
		return;
	c->acts = true;
	c->good = on_created;
	dialect.create(&a, in->conf, req);
	if (in->browsers != NULL && req->resume)
		create_after_look(c, &a);
	else
		call_send(c, &a);
}

/* --- disconnect --- */

#define END_MAX_MS    3000u /* a Chromium may take after the service says that it is ended */
#define LOOK_PAUSE_MS 250u

static void ended(struct call *c)
{
	struct relink_result r = { .cause = RELINK_NONE };

	watch_forget(c->instance, c->session);
	browsers_forget(c->instance->browsers, str_of(c->session));
	call_done(c, &r);
}

static void look_for_end(void *arg);

static void on_end_looked(void *arg)
{
	struct call *c = arg;
	struct instance *in = c->instance;
	long pid = browsers_pid(in->browsers, str_of(c->session));

	if (pid == 0) {
		ended(c);
		return;
	}
	if (in->host->now_ms(in->host) + LOOK_PAUSE_MS < c->until)
		c->timer = in->host->timer_start(in->host, LOOK_PAUSE_MS, look_for_end, c);
	if (c->timer == 0)
		call_refuse(
		    c, RELINK_ENGINE_HANG,
		    "the %s says that the session is ended, but its Chromium still runs: end "
		    "process %ld on the service's machine",
		    dialect.service, pid);
}

static void look_for_end(void *arg)
{
	struct call *c = arg;

	c->timer = 0;
	browsers_look(c->instance->browsers, &c->look, on_end_looked, c);
}

static void on_ended(struct call *c, const json_t *doc)
{
	struct instance *in = c->instance;
	uint64_t until;

	(void)doc;
	if (in->browsers == NULL) {
		ended(c);
		return;
	}
	until = in->host->now_ms(in->host) + END_MAX_MS;
	c->until = until < c->deadline_ms ? until : c->deadline_ms;
	look_for_end(c);
}

/* A session that does not exist is what was wanted. */
static void on_not_ended(struct call *c, struct verdict *v)
{
	if (v->cause == RELINK_GONE)
		on_ended(c, NULL);
	else
		call_fail(c, v);
}

void ops_disconnect(void *self, const struct relink_request *req)
{
	struct instance *in = self;
	struct call *c = call_new(in, req);
	struct ask a = { 0 };

	if (c == NULL)
		return;
	c->acts = true;
	c->good = on_ended;
	c->bad = on_not_ended;
	dialect.end(&a, in->conf, req);
	call_send(c, &a);
}

/* --- health --- */

void ops_correct(const struct instance *in, struct seen *seen)
{
	if (seen->foreign || seen->s.state == RELINK_STATE_DOWN /* it knows, and perhaps why */ ||
	    seen->s.state == RELINK_STATE_UNKNOWN ||
	    !browsers_is_dead(in->browsers, seen->s.session))
		return;
	seen->s.state = RELINK_STATE_DOWN;
	seen->s.cause = RELINK_ENGINE_CRASH;
	snprintf(seen->words, sizeof seen->words,
		 "its Chromium is not there any more, whatever the %s says", dialect.service);
	seen->s.text = str_of(seen->words);
}

static void on_looked(struct call *c, const json_t *doc)
{
	struct relink_result r = { 0 };
	struct seen seen;

	if (!is_its_own(c, doc)) {
		fail_unreadable(c, "another session than the one that was asked for");
		return;
	}
	if (!dialect.read_look(c->instance->conf, doc, &seen)) {
		fail_unreadable(c, "a session that makes no sense");
		return;
	}
	if (dialect.tells_generation && seen.s.generation != c->generation) {
		call_refuse(c, RELINK_GONE, "the session has generation %llu now",
			    (unsigned long long)seen.s.generation);
		return;
	}
	watch_correct(c->instance, &seen);
	ops_correct(c->instance, &seen);
	r.state = seen.s.state;
	r.cause = seen.s.cause;
	r.text = seen.s.text;
	if (r.cause == RELINK_GONE && r.state == RELINK_STATE_UNKNOWN)
		r.text = str_of("Session not found");
	call_done(c, &r);
}

void ops_health(void *self, const struct relink_request *req)
{
	struct instance *in = self;
	struct call *c = call_new(in, req);
	struct ask a = { 0 };

	if (c == NULL)
		return;
	c->good = on_looked;
	dialect.look(&a, req->session);
	call_send(c, &a);
}

/* --- list --- */

/* The ids of a list, to find one that comes twice. */
struct id {
	UT_hash_handle hh;
	struct relink_str session;
};

/* False: it was there already, or there is no memory. */
static bool first_of_its_name(struct id **ids, struct relink_str session)
{
	struct id *id;

	HASH_FIND(hh, *ids, session.p, session.n, id);
	if (id != NULL)
		return false;
	id = malloc(sizeof *id);
	if (id == NULL)
		return false;
	id->session = session;
	HASH_ADD_KEYPTR(hh, *ids, id->session.p, id->session.n, id);
	if (id->hh.tbl != NULL)
		return true;
	free(id);
	return false;
}

static void free_ids(struct id *ids)
{
	struct id *id, *next;

	HASH_ITER(hh, ids, id, next)
	{
		HASH_DEL(ids, id);
		free(id);
	}
}

/* Its Chromium was there at some time, or it could not be so far. */
static bool had_browser(const struct seen *seen)
{
	return seen->s.state == RELINK_STATE_QR || seen->s.state == RELINK_STATE_AUTHENTICATED ||
	       seen->s.state == RELINK_STATE_CONNECTED;
}

/* Tell each session once.  False: something could not be read, so the list is only a part. */
static bool tell_rows(struct call *c, const json_t *rows)
{
	struct instance *in = c->instance;
	struct id *ids = NULL;
	bool whole = true;
	const json_t *row;
	struct seen seen;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (dialect.is_nameless != NULL && dialect.is_nameless(row))
			continue;
		if (!dialect.read_row(in->conf, row, &seen) ||
		    !first_of_its_name(&ids, seen.s.session)) {
			whole = false;
			continue;
		}
		watch_listed(in, &seen);
		if (in->browsers != NULL && !seen.foreign)
			browsers_missed(in->browsers, seen.s.session, had_browser(&seen));
		ops_correct(in, &seen);
		in->host->listed(in->host, c->op, &seen.s);
	}
	free_ids(ids);
	return whole;
}

/* Does it say itself that it is all there is? */
static bool is_all(const json_t *doc, size_t n)
{
	const json_t *complete = json_object_get(doc, "complete");
	uint64_t total;

	if (json_object_get(doc, "total") == NULL || !read_number(doc, "total", &total) ||
	    total != n)
		return false;
	return complete == NULL || json_is_true(complete);
}

/* Which of them have a browser, before anything is concluded from those that have none. */
static void note_browsers(struct instance *in, const json_t *rows)
{
	const json_t *row;
	size_t i;

	browsers_list_begin(in->browsers);
	json_array_foreach(rows, i, row)
	{
		browsers_listed(in->browsers, read_name(row, "session_id", NAME_MAX_BYTES - 1));
	}
}

static void tell_list(struct call *c, const json_t *doc)
{
	struct instance *in = c->instance;
	const json_t *rows = json_object_get(doc, "sessions");
	struct relink_result r = { .cause = RELINK_NONE };

	watch_list_begin(in);
	if (in->browsers != NULL)
		note_browsers(in, rows);
	r.complete = tell_rows(c, rows) && is_all(doc, json_array_size(rows));
	watch_list_end(in, r.complete != 0);
	if (in->browsers != NULL)
		browsers_list_end(in->browsers, r.complete != 0);
	r.boot_id = read_name(doc, "boot_id", NAME_MAX_BYTES - 1);
	if (!r.complete)
		in->stats.unreadable++;
	call_done(c, &r);
}

static void on_list_looked(void *arg)
{
	struct call *c = arg;

	tell_list(c, c->doc);
}

/* The look comes after the list, so that no session is in it that was not there yet. */
static void on_list(struct call *c, const json_t *doc)
{
	const json_t *rows = json_object_get(doc, "sessions");

	if (!json_is_array(rows)) {
		fail_unreadable(c, "a list without sessions");
	} else if (c->instance->browsers == NULL || json_array_size(rows) == 0) {
		tell_list(c, doc);
	} else {
		c->doc = json_incref((json_t *)doc);
		browsers_look(c->instance->browsers, &c->look, on_list_looked, c);
	}
}

void ops_list(void *self, const struct relink_request *req)
{
	struct instance *in = self;
	struct call *c = call_new(in, req);
	struct ask a = { .body_max = LIST_BYTES_MAX };

	if (c == NULL)
		return;
	c->good = on_list;
	ask_path(&a, "GET", "/api/sessions", (struct relink_str){ 0 }, NULL);
	call_send(c, &a);
}
