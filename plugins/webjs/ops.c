/*
 * ops.c - create, disconnect, health and list.
 *
 * An answer counts when it names what was asked for: a service behind a cache or a confused proxy may
 * answer for another session, and then nothing is known.
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
	watch_session(c->instance, c->session, c->account, c->generation);
	call_done(c, &r);
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
	call_send(c, req, &a);
}

/* --- disconnect --- */

static void on_ended(struct call *c, const json_t *doc)
{
	struct relink_result r = { .cause = RELINK_NONE };

	(void)doc;
	watch_forget(c->instance, c->session);
	call_done(c, &r);
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
	call_send(c, req, &a);
}

/* --- health --- */

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
	call_send(c, req, &a);
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

static void on_list(struct call *c, const json_t *doc)
{
	struct instance *in = c->instance;
	const json_t *rows = json_object_get(doc, "sessions");
	struct relink_result r = { .cause = RELINK_NONE };

	if (!json_is_array(rows)) {
		fail_unreadable(c, "a list without sessions");
		return;
	}
	watch_list_begin(in);
	r.complete = tell_rows(c, rows) && is_all(doc, json_array_size(rows));
	watch_list_end(in, r.complete != 0);
	r.boot_id = read_name(doc, "boot_id", NAME_MAX_BYTES - 1);
	if (!r.complete)
		in->stats.unreadable++;
	call_done(c, &r);
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
	call_send(c, req, &a);
}
