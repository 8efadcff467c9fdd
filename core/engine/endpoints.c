/*
 * endpoints.c - where events are sent to: made, changed, rotated, disabled and deleted.
 *
 * A change and its line in the journal are in one commit, and so is the place from which a new one is
 * told: it hears what happens after it was made.
 */
#include "engine/endpoints.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/killpoint.h"
#include "base/rng.h"
#include "engine/state.h"

#define TEXTS 8

/* Texts lie behind the struct. */
struct endpoint {
	struct endpoint_record r;
	UT_hash_handle hh;
	size_t n_texts;
	char texts[];
};

static struct endpoint *find(const struct engine *e, struct str id)
{
	struct endpoint *p;

	HASH_FIND(hh, e->endpoints, id.p, id.n, p);
	return p;
}

static void texts_of(struct endpoint_record *r, struct str *ret_texts[TEXTS])
{
	struct str *const all[TEXTS] = { &r->id,     &r->workspace, &r->label,      &r->url,
					 &r->events, &r->secret,    &r->old_secret, &r->why };

	memcpy(ret_texts, all, sizeof all);
}

static void drop(struct engine *e, struct endpoint *p)
{
	HASH_DEL(e->endpoints, p);
	explicit_bzero(p->texts, p->n_texts);
	free(p);
}

/* Instead of the one with this id, if there is one; `r` may lend from that. */
int endpoint_add(struct engine *e, const struct endpoint_record *r)
{
	struct endpoint *p, *old = find(e, r->id);
	struct endpoint_record copy = *r;
	struct str *texts[TEXTS];
	size_t n = 0;
	char *room;

	texts_of(&copy, texts);
	for (size_t i = 0; i < TEXTS; i++)
		n += texts[i]->n;
	p = malloc(sizeof *p + n);
	if (p == NULL)
		return ERR_NOMEM;
	room = p->texts;
	p->n_texts = n;
	for (size_t i = 0; i < TEXTS; i++)
		*texts[i] = inbox_copy(&room, *texts[i]);
	p->r = copy;
	if (old != NULL)
		drop(e, old);
	HASH_ADD_KEYPTR(hh, e->endpoints, p->r.id.p, p->r.id.n, p);
	e->endpoints_version++;
	return 0;
}

void endpoints_drop(struct engine *e)
{
	while (e->endpoints != NULL)
		drop(e, e->endpoints);
}

/* ---- what is told ---- */

static void tell(struct engine *e, const struct endpoint_record *r, enum journal_kind kind,
		 const char *change)
{
	struct journal_record line = {
		.kind = (uint8_t)kind, .tell = true, .workspace = r->workspace, .text = r->why
	};
	struct buf data;
	struct jw j;

	buf_init(&data, 2048);
	j = jw_to(&data);
	jw_object(&j, NULL);
	jw_str(&j, "webhook", r->id);
	jw_text(&j, "change", change);
	jw_str(&j, "label", r->label);
	jw_object_end(&j);
	line.data = buf_all(&data);
	batch_journal(e, &line);
	buf_fini(&data);
	LOG(INFO, ENGINE, "webhook.changed", f_str("webhook", r->id), f_text("change", change),
	    f_str("why", r->why));
}

static void accept(struct engine *e, struct command **c, struct str id)
{
	struct command_result done = { .account = id,
				       .created = (*c)->kind == COMMAND_ENDPOINT_CREATE };

	command_remember_as(e, *c, id);
	KP("engine.endpoint.changed");
	batch_reply(e, c, &done);
}

/* Take over and remember; `r` may lend from what it replaces. */
static bool keep(struct engine *e, struct command **c, const struct endpoint_record *r)
{
	if (endpoint_add(e, r) < 0) {
		command_refuse(e, c, ERR_NOMEM, "overloaded",
			       "no memory for the webhook; try again");
		return false;
	}
	return true;
}

/* ---- the commands ---- */

static void create(struct engine *e, struct command *c)
{
	char id[LIMIT_ENDPOINT_ID + 1], cursor[LIMIT_ENDPOINT_ID + sizeof "endpoint:"], hex[17];
	struct endpoint_record r = { .workspace = str_of(c->workspace),
				     .label = str_of(c->label),
				     .url = str_of(c->url),
				     .events = str_of(c->events),
				     .secret = str_of(c->secret),
				     .form = c->form,
				     .disabled = c->enable == 2,
				     .created_at = e->now,
				     .changed_at = e->now };

	if (HASH_COUNT(e->endpoints) >= LIMIT_ENDPOINTS) {
		command_refuse(
		    e, &c, ERR_FULL, "too_many_webhooks",
		    "there are %d webhooks, which is as many as Relink holds; delete some",
		    LIMIT_ENDPOINTS);
		return;
	}
	do {
		rng_hex(hex, 16);
		snprintf(id, sizeof id, "wh_%s", hex);
		r.id = str_of(id);
	} while (find(e, r.id) != NULL);
	if (r.disabled)
		r.disabled_at = e->now;
	if (!keep(e, &c, &r))
		return;
	commit_endpoint(batch_commit(e), &r);
	snprintf(cursor, sizeof cursor, "endpoint:%s", id);
	commit_cursor(batch_commit(e),
		      &(struct cursor_record){ .name = str_of(cursor), .seq = e->last_seq });
	tell(e, &r, JOURNAL_ENDPOINT, "created");
	accept(e, &c, r.id);
}

/* Is it said, and another one? */
static bool differs(const char *wished, struct str is)
{
	return wished != NULL && !str_is(is, wished);
}

static void patch(struct engine *e, struct command *c, const struct endpoint *p)
{
	struct endpoint_record r = p->r;
	bool on = c->enable == 1 && r.disabled, off = c->enable == 2 && !r.disabled;

	if (!on && !off && !differs(c->label, r.label) && !differs(c->url, r.url) &&
	    !differs(c->events, r.events)) {
		accept(e, &c, r.id);
		return;
	}
	if (c->label != NULL)
		r.label = str_of(c->label);
	if (c->url != NULL)
		r.url = str_of(c->url);
	if (c->events != NULL)
		r.events = str_of(c->events);
	if (on || off) {
		r.disabled = off;
		r.disabled_at = off ? e->now : 0;
		r.why = STR("");
	}
	r.changed_at = e->now;
	if (!keep(e, &c, &r))
		return;
	p = find(e, str_of(c->account));
	commit_endpoint(batch_commit(e), &p->r);
	tell(e, &p->r, JOURNAL_ENDPOINT, on ? "enabled" : off ? "disabled" : "changed");
	if (off)
		alert_clear(e, ALERT_OUTBOX, p->r.id);
	accept(e, &c, p->r.id);
}

static void rotate(struct engine *e, struct command *c, const struct endpoint *p)
{
	struct endpoint_record r = p->r;

	r.old_secret = c->overlap_ms > 0 ? r.secret : STR("");
	r.old_until = c->overlap_ms > 0 ? e->now + c->overlap_ms : 0;
	r.secret = str_of(c->secret);
	r.changed_at = e->now;
	if (!keep(e, &c, &r))
		return;
	p = find(e, str_of(c->account));
	commit_endpoint(batch_commit(e), &p->r);
	tell(e, &p->r, JOURNAL_ENDPOINT, "rotated");
	accept(e, &c, p->r.id);
}

static void delete (struct engine *e, struct command *c, struct endpoint *p)
{
	commit_endpoint_delete(batch_commit(e), p->r.id);
	tell(e, &p->r, JOURNAL_ENDPOINT, "deleted");
	alert_clear(e, ALERT_OUTBOX, p->r.id);
	accept(e, &c, str_of(c->account));
	drop(e, p);
	e->endpoints_version++;
}

static void disable(struct engine *e, struct command *c, const struct endpoint *p)
{
	struct endpoint_record r = p->r;

	if (r.disabled) {
		accept(e, &c, r.id);
		return;
	}
	r.disabled = true;
	r.disabled_at = r.changed_at = e->now;
	r.why = str_of(c->args);
	if (!keep(e, &c, &r))
		return;
	p = find(e, str_of(c->account));
	commit_endpoint(batch_commit(e), &p->r);
	tell(e, &p->r, JOURNAL_DISABLED, "disabled");
	alert_clear(e, ALERT_OUTBOX, p->r.id);
	accept(e, &c, p->r.id);
}

/* It takes nothing of what waits for it (enable: 1), or does again. */
static void stuck(struct engine *e, struct command *c, const struct endpoint *p)
{
	struct command_result done = { .account = p->r.id };

	if (c->enable == 1 && !p->r.disabled)
		alert_raise(e, ALERT_OUTBOX, p->r.id, p->r.workspace, STR_NONE, RELINK_NONE,
			    str_of(c->args));
	else
		alert_clear(e, ALERT_OUTBOX, p->r.id);
	batch_reply(e, &c, &done);
}

void endpoint_command(struct engine *e, struct command *c)
{
	struct endpoint *p;

	if (c->kind == COMMAND_ENDPOINT_CREATE) {
		create(e, c);
		return;
	}
	p = find(e, str_of(c->account));
	if (p != NULL && c->scope != NULL && !str_is(p->r.workspace, c->scope))
		p = NULL;
	if (p == NULL) {
		command_refuse(e, &c, ERR_NOTFOUND, "webhook_not_found",
			       "there is no webhook \"%s\"; list them with GET /v1/webhooks",
			       c->account);
		return;
	}
	switch (c->kind) {
	case COMMAND_ENDPOINT_PATCH:
		patch(e, c, p);
		break;
	case COMMAND_ENDPOINT_ROTATE:
		rotate(e, c, p);
		break;
	case COMMAND_ENDPOINT_DELETE:
		delete (e, c, p);
		break;
	case COMMAND_ENDPOINT_STUCK:
		stuck(e, c, p);
		break;
	case COMMAND_ENDPOINT_DISABLE:
		disable(e, c, p);
		break;
	default:
		must_not_reach("command kind");
	}
}

void endpoint_repeated(struct engine *e, struct command **c, struct str id)
{
	command_refuse(
	    e, c, ERR_EXISTS, "answer_not_kept",
	    "this was carried out for webhook %.*s with this Idempotency-Key, and its "
	    "secret is told only once; if that answer was lost, make another secret with "
	    "POST /v1/webhooks/%.*s/rotate and a new Idempotency-Key",
	    STR_ARG(id), STR_ARG(id));
}

/* ---- for the API's port ---- */

static void view_of(const struct engine *e, const struct endpoint *p, struct endpoint_view *v)
{
	*v = (struct endpoint_view){ .id = p->r.id,
				     .label = p->r.label,
				     .workspace = p->r.workspace,
				     .url = p->r.url,
				     .events = p->r.events,
				     .secret = p->r.secret,
				     .old_secret = p->r.old_secret,
				     .why = p->r.why,
				     .form = p->r.form,
				     .enabled = !p->r.disabled,
				     .stuck = alert_is_open(e, ALERT_OUTBOX, p->r.id),
				     .created_at = p->r.created_at,
				     .changed_at = p->r.changed_at,
				     .old_until = p->r.old_until,
				     .disabled_at = p->r.disabled_at };
}

bool endpoint_view(const struct engine *e, struct str id, struct endpoint_view *ret_view)
{
	const struct endpoint *p = find(e, id);

	if (p != NULL)
		view_of(e, p, ret_view);
	return p != NULL;
}

void endpoints_each(const struct engine *e, void (*each)(void *arg, const struct endpoint_view *),
		    void *arg)
{
	struct endpoint_view v;

	for (const struct endpoint *p = e->endpoints; p != NULL; p = p->hh.next) {
		view_of(e, p, &v);
		each(arg, &v);
	}
}
