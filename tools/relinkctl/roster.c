/*
 * roster.c - see roster.h.
 *
 * When a crowd moves (a worker died, a ramp starts), asking for each account costs more than
 * reading the list again, so beyond TOUCHED_MAX the list is read.
 */
#include "roster.h"

#include <stdlib.h>

#include "base/obj.h"
#include "call.h"
#include "field.h"
#include "pages.h"
#include "say.h"
#include "words.h"

#define TOUCHED_MAX 200

static _Noreturn void out_of_memory(void)
{
	fputs("relinkctl: out of memory\n", stderr);
	exit(CTL_FAILED);
}

#define uthash_fatal(message) out_of_memory()
#include <uthash.h>

struct entry {
	UT_hash_handle hh; /* by the view's id */
	struct view *view;
	unsigned round; /* of the last complete look that saw it */
};

struct touched {
	UT_hash_handle hh;
	char id[LIMIT_ACCOUNT_ID + 1];
};

struct roster {
	struct cli *cli;
	roster_change *changed;
	void *ctx;
	struct entry *entries;
	struct touched *touched;
	bool all_touched;
	bool sorted; /* the entries are in the order of roster_each */
	unsigned round;
};

int roster_new(struct roster **ret_roster, struct cli *c, roster_change *changed, void *ctx,
	       struct why *why)
{
	struct roster *r = calloc(1, sizeof *r);

	if (r == NULL)
		return why_set(why, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	*r = (struct roster){ .cli = c, .changed = changed, .ctx = ctx, .all_touched = true };
	*ret_roster = r;
	return 0;
}

static void entry_remove(struct roster *r, struct entry *e)
{
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the last one frees the table and clears the head */
	HASH_DEL(r->entries, e);
	free(e->view);
	free(e);
}

static void untouch(struct roster *r, struct touched *t)
{
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as above */
	HASH_DEL(r->touched, t);
	free(t);
}

static void untouch_all(struct roster *r)
{
	struct touched *t, *next;

	HASH_ITER(hh, r->touched, t, next)
	untouch(r, t);
}

void roster_free(struct roster **rp)
{
	struct roster *r = TAKE(*rp);
	struct entry *e, *next;

	if (r == NULL)
		return;
	HASH_ITER(hh, r->entries, e, next)
	entry_remove(r, e);
	untouch_all(r);
	free(r);
}

void roster_touch(struct roster *r, struct str id)
{
	struct touched *t;

	if (id.n == 0 || id.n > LIMIT_ACCOUNT_ID || r->all_touched)
		return;
	HASH_FIND(hh, r->touched, id.p, id.n, t);
	if (t != NULL)
		return;
	if (HASH_COUNT(r->touched) >= TOUCHED_MAX) {
		roster_touch_all(r);
		return;
	}
	t = calloc(1, sizeof *t);
	if (t == NULL)
		out_of_memory();
	str_copy(t->id, sizeof t->id, id);
	HASH_ADD_KEYPTR(hh, r->touched, t->id, id.n, t);
}

void roster_touch_all(struct roster *r)
{
	untouch_all(r);
	r->all_touched = true;
}

/* --- taking in what the daemon answers --- */

static struct entry *entry_find(const struct roster *r, struct str id)
{
	struct entry *e;

	HASH_FIND(hh, r->entries, id.p, id.n, e);
	return e;
}

static void forget(struct roster *r, struct entry *e)
{
	r->changed(r->ctx, e->view, NULL);
	entry_remove(r, e);
}

static void take_in(struct roster *r, const struct view *is)
{
	struct entry *e = entry_find(r, is->field[VIEW_ID]);
	struct view *copy = view_copy(is);

	if (copy == NULL)
		out_of_memory();
	if (e != NULL) {
		if (view_differs(e->view, is))
			r->changed(r->ctx, e->view, is);
		HASH_DEL(r->entries, e);
		free(e->view);
	} else {
		r->changed(r->ctx, NULL, is);
		e = calloc(1, sizeof *e);
		if (e == NULL)
			out_of_memory();
	}
	e->view = copy;
	e->round = r->round;
	r->sorted = false;
	HASH_ADD_KEYPTR(hh, r->entries, copy->field[VIEW_ID].p, copy->field[VIEW_ID].n, e);
}

static bool is_wanted(const struct roster *r, const struct view *v)
{
	static const struct {
		enum option_id option;
		enum view_field field;
	} filters[] = {
		{ OPTION_STATUS, VIEW_STATUS },
		{ OPTION_WORKSPACE, VIEW_WORKSPACE },
		{ OPTION_PROVIDER, VIEW_PROVIDER },
		{ OPTION_INSTANCE, VIEW_INSTANCE },
	};

	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		const char *wanted = option_text(r->cli, filters[i].option);

		if (wanted != NULL && !str_is(v->field[filters[i].field], wanted))
			return false;
	}
	return true;
}

/* --- looking --- */

static int call_quietly(struct cli *c, const struct request *q, struct answer *a)
{
	struct why why;

	*a = (struct answer){ 0 };
	if (http_send(c->http, q, a, &why) < 0)
		return CTL_UNREACHABLE;
	if (!answer_ok(a))
		return CTL_FAILED;
	call_print_json(c, a);
	return CTL_OK;
}

static void on_accounts(struct cli *c, const json_t *accounts, void *ctx)
{
	struct roster *r = ctx;
	const json_t *account;
	size_t i;

	(void)c;
	json_array_foreach(accounts, i, account)
	{
		struct view v = view_of(account);

		take_in(r, &v);
	}
}

static int look_at_all(struct roster *r, bool aloud)
{
	const struct paging p = {
		PAGES_OF_ACCOUNTS,
		.call = aloud ? call : call_quietly,
		.limit = LIMIT_ACCOUNTS,
		.page = on_accounts,
		.ctx = r,
	};
	struct entry *e, *next;
	bool more;
	int code;

	r->round++;
	code = pages_walk(r->cli, &p, &more);
	if (code != CTL_OK)
		return code;
	/* Only a complete look proves that an account is gone. */
	HASH_ITER(hh, r->entries, e, next)
	{
		if (e->round != r->round && !more)
			forget(r, e);
	}
	r->all_touched = false;
	return CTL_OK;
}

static int look_at_one(struct roster *r, struct touched *t)
{
	struct entry *e = entry_find(r, str_of(t->id));
	struct request q;
	struct answer a;
	int code;

	call_account(&q, "GET", t->id, NULL);
	code = call_quietly(r->cli, &q, &a);
	request_fini(&q);
	if (code == CTL_OK) {
		struct view v = view_of(a.json);

		if (is_wanted(r, &v))
			take_in(r, &v);
		else if (e != NULL)
			forget(r, e);
	} else if (a.status == 404) {
		code = CTL_OK;
		if (e != NULL)
			forget(r, e);
	}
	answer_fini(&a);
	return code;
}

int roster_update(struct roster *r, bool aloud)
{
	struct touched *t, *next;

	if (r->all_touched)
		return look_at_all(r, aloud);
	HASH_ITER(hh, r->touched, t, next)
	{
		int code = look_at_one(r, t);

		if (code != CTL_OK)
			return code;
		untouch(r, t);
	}
	return CTL_OK;
}

static int by_urgency(const struct entry *a, const struct entry *b)
{
	const struct str *x = a->view->field, *y = b->view->field;
	unsigned rank_x = status_rank(x[VIEW_STATUS]), rank_y = status_rank(y[VIEW_STATUS]);
	size_t n = MIN_OF(x[VIEW_ID].n, y[VIEW_ID].n);
	int order = memcmp(x[VIEW_ID].p, y[VIEW_ID].p, n);

	if (rank_x != rank_y)
		return rank_x < rank_y ? -1 : 1;
	return order != 0 ? order : (x[VIEW_ID].n > n) - (y[VIEW_ID].n > n);
}

void roster_each(struct roster *r, void (*each)(void *ctx, const struct view *), void *ctx)
{
	const struct entry *e;

	if (!r->sorted)
		HASH_SORT(r->entries, by_urgency);
	r->sorted = true;
	for (e = r->entries; e != NULL; e = e->hh.next)
		each(ctx, e->view);
}
