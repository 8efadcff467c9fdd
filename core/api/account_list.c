/*
 * account_list.c - accounts, filtered, sorted and page by page.
 *
 * With a hundred thousand of them neither the walk nor the writing may take a whole turn: both go in
 * pieces, and others have their turn between.  Sorted by anything but the order in which they were made,
 * each page is a walk over all accounts that keeps the `limit` lowest behind the cursor.  The cursor is a
 * place in that order and no count, so nobody is told twice or left out because of what others do.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/texts.h"
#include "api/view_json.h"
#include "api/work.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"

#define LIST_MAGIC 0x115700aau

/* In one turn: accounts looked at, and accounts written. */
#define ROWS_A_TURN  4096
#define VIEWS_A_TURN 64

#define AN_INSTANCE                                                                    \
	"the id of an instance: 1 to 64 characters of a-z, 0-9, _ and -, the first a " \
	"letter or digit"
#define A_STATUS                                                                                 \
	"new, connecting, qr_scanning, authenticated, connected, reconnecting, disconnected or " \
	"failed"

struct pick {
	uint64_t key, row;
};

struct list {
	struct work work;
	unsigned magic;
	struct account_filter f;
	struct pick after; /* the cursor */
	struct pick
	    *picked; /* f.limit + 1 of them; a heap, the last in the order first, until sorted */
	uint32_t n, written;
	bool found; /* all that belong to the page */
	bool full;  /* in bytes */
	struct buf entries;
	char *texts; /* of the filter */
};

static const char *const sorts[SORT_COUNT] = { "id", "status", "health", "changed" };

/* --- the order --- */

static int compare(const struct pick *a, const struct pick *b)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static int compare_void(const void *a, const void *b)
{
	return compare(a, b);
}

static void sift_down(struct pick *v, uint32_t n)
{
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < n) {
		struct pick swap = v[at];

		if (child + 1 < n && compare(&v[child + 1], &v[child]) > 0)
			child++;
		if (compare(&v[at], &v[child]) >= 0)
			return;
		v[at] = v[child];
		v[child] = swap;
		at = child;
	}
}

static void sift_up(struct pick *v, uint32_t at)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 2;
		struct pick swap = v[at];

		if (compare(&v[parent], &v[at]) >= 0)
			return;
		v[at] = v[parent];
		v[parent] = swap;
		at = parent;
	}
}

static void pick(void *arg, uint64_t key, uint64_t row)
{
	struct list *l = arg;
	struct pick p = { key, row };
	uint32_t room = l->f.limit + 1;

	if (l->f.sort != SORT_ID && compare(&p, &l->after) <= 0)
		return;
	if (l->n < room) {
		l->picked[l->n] = p;
		if (l->f.sort != SORT_ID)
			sift_up(l->picked, l->n);
		l->n++;
	} else if (l->f.sort != SORT_ID && compare(&p, &l->picked[0]) < 0) {
		l->picked[0] = p;
		sift_down(l->picked, l->n);
	}
}

/* --- the walk --- */

static void list_free(struct list *l)
{
	buf_fini(&l->entries);
	free(l->picked);
	free(l->texts);
	OBJ_FINI(l);
	free(l);
}

static void look(struct list *l, struct api_port *port)
{
	bool id = l->f.sort == SORT_ID;

	l->f.after_row = port->find(port->ctx, &l->f, ROWS_A_TURN, pick, l);
	l->found = l->f.after_row == 0 || (id && l->n == l->f.limit + 1);
	if (l->found && !id)
		qsort(l->picked, l->n, sizeof *l->picked, compare_void);
}

static bool is_written(const struct list *l)
{
	return l->full || l->written == MIN_OF(l->n, l->f.limit);
}

static void write_some(struct list *l, struct api_port *port)
{
	for (unsigned n = 0; n < VIEWS_A_TURN && !is_written(l); n++) {
		struct account_view view;
		struct jw j = jw_to(&l->entries);

		l->full = l->entries.n >= PAGE_BYTES;
		if (l->full)
			return;
		if (port->account_at(port->ctx, l->picked[l->written++].row, &view)) {
			if (l->entries.n > 0)
				buf_byte(&l->entries, ',');
			account_json(&j, NULL, &view);
		}
	}
}

static void answer(const struct list *l)
{
	struct conn *c = l->work.conn;
	struct response r = { .status = 200 };
	struct pick last = { 0, 0 };
	char cursor[48] = "";
	struct jw j;

	if (l->entries.failed != 0) {
		answer_failure(c, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	if (l->written < l->n && l->written > 0)
		last = l->picked[l->written - 1];
	if (last.row > 0 && l->f.sort == SORT_ID)
		snprintf(cursor, sizeof cursor, "%llu", (unsigned long long)last.row);
	else if (last.row > 0)
		snprintf(cursor, sizeof cursor, "%llu.%llu", (unsigned long long)last.key,
			 (unsigned long long)last.row);
	j = answer_json(c);
	jw_object(&j, NULL);
	jw_array(&j, "accounts");
	if (l->entries.n > 0)
		jw_raw(&j, NULL, buf_all(&l->entries));
	jw_array_end(&j);
	jw_text(&j, "next_cursor", cursor[0] != '\0' ? cursor : NULL);
	jw_object_end(&j);
	answer_send(c, &r);
}

/* A piece of it; the rest when others had their turn. */
static void go_on(struct list *l)
{
	struct api_port *port = &l->work.conn->face->port;

	if (!l->found)
		look(l, port);
	if (l->found)
		write_some(l, port);
	if (l->found && is_written(l)) {
		answer(l);
		list_free(l);
		return;
	}
	l->work.due_at = clock_ms() + 1;
}

static struct list *list_of(void *w)
{
	struct list *l;

	OBJ_CAST(l, w, LIST_MAGIC);
	return l;
}

static void on_due(struct work *w)
{
	go_on(list_of(w));
}

static void on_gone(struct work *w)
{
	list_free(list_of(w));
}

static const struct work_ops list_ops = { .gone = on_gone, .due = on_due };

/* --- what is asked --- */

static bool is_instance(struct str s)
{
	return str_is_id(s, LIMIT_INSTANCE, "_-");
}

static bool is_status(struct str s)
{
	for (unsigned i = 0; i < STATUS_COUNT; i++) {
		if (str_is(s, status_name(i)))
			return true;
	}
	return false;
}

static bool is_search(struct str s)
{
	return s.n > 0 && is_label(s);
}

static bool is_sort(struct str s)
{
	for (unsigned i = 0; i < SORT_COUNT; i++) {
		if (str_is(s, sorts[i]))
			return true;
	}
	return false;
}

/* A parameter that must look right when it is there. */
static int filter_text(struct exchange *x, const char *name, bool (*check)(struct str),
		       const char *what, struct str *ret_text)
{
	*ret_text = query_get(&x->query, name);
	if (ret_text->p == NULL || check(*ret_text))
		return 0;
	return problem_set(&x->problem, PROBLEM_invalid_field, "\"%s\" must be %s.", name, what);
}

/* KEY.ROW of the last account of the page before. */
static int read_cursor(struct exchange *x, struct list *l)
{
	struct str text = query_get(&x->query, "cursor");
	const char *dot = text.p != NULL ? memchr(text.p, '.', text.n) : NULL;
	size_t n = dot != NULL ? (size_t)(dot - text.p) : 0;

	if (l->f.sort == SORT_ID)
		return query_u64(&x->query, "cursor", 0, INT64_MAX, 0, &l->f.after_row,
				 &x->problem);
	if (text.p == NULL)
		return 0;
	if (dot != NULL && str_to_u64((struct str){ text.p, n }, INT64_MAX, &l->after.key) &&
	    str_to_u64((struct str){ dot + 1, text.n - n - 1 }, INT64_MAX, &l->after.row))
		return 0;
	return problem_set(&x->problem, PROBLEM_invalid_field,
			   "\"cursor\" must be the next_cursor of the page before, with the same "
			   "\"sort\".");
}

static int read_filter(struct exchange *x, struct list *l)
{
	struct account_filter *f = &l->f;
	struct str sort;
	uint64_t limit;

	if (filter_text(x, "workspace", is_workspace, A_WORKSPACE, &f->workspace) != 0 ||
	    filter_text(x, "provider", is_provider, A_PROVIDER, &f->provider) != 0 ||
	    filter_text(x, "status", is_status, A_STATUS, &f->status) != 0 ||
	    filter_text(x, "instance", is_instance, AN_INSTANCE, &f->instance) != 0 ||
	    filter_text(x, "label_prefix", is_label, A_LABEL, &f->label_prefix) != 0 ||
	    filter_text(x, "q", is_search, "1 to 128 bytes of text without control characters",
			&f->search) != 0 ||
	    filter_text(x, "sort", is_sort, "id, status, health or changed", &sort) != 0)
		return ERR_FORMAT;
	for (unsigned i = 0; i < SORT_COUNT; i++) {
		if (str_is(sort, sorts[i]))
			f->sort = (uint8_t)i;
	}
	if (read_cursor(x, l) != 0 ||
	    query_u64(&x->query, "limit", 1, LIMIT_PAGE, 100, &limit, &x->problem) != 0)
		return ERR_FORMAT;
	f->limit = (uint32_t)limit;
	return 0;
}

/* Of a workspace that it does not see a key finds nothing. */
static bool may_find(const struct who *w, struct account_filter *f)
{
	if (!who_is_scoped(w))
		return true;
	if (f->workspace.n > 0 && !who_sees(w, f->workspace))
		return false;
	f->workspace = str_of(w->workspace);
	return true;
}

/* The filter outlives the request. */
static bool keep_texts(struct list *l)
{
	struct account_filter *f = &l->f;
	struct str *const texts[] = { &f->workspace, &f->provider,     &f->status,
				      &f->instance,  &f->label_prefix, &f->search };
	size_t n = 1;
	char *to;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		n += texts[i]->n;
	to = l->texts = malloc(n);
	if (to == NULL)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i]->n > 0)
			memcpy(to, texts[i]->p, texts[i]->n);
		texts[i]->p = to;
		to += texts[i]->n;
	}
	for (char *c = to - f->search.n; c < to; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return true;
}

void get_accounts(struct exchange *x)
{
	struct list asked = { .f = { .limit = 0 } };
	bool some = read_filter(x, &asked) == 0;
	struct list *l;

	if (!some) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	some = may_find(&x->conn->who, &asked.f);
	l = malloc(sizeof *l);
	if (l == NULL) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	*l = asked;
	OBJ_INIT(l, LIST_MAGIC);
	l->work = (struct work){ .ops = &list_ops, .due_at = DEADLINE_NEVER };
	l->found = !some;
	buf_init(&l->entries, ANSWER_MAX);
	l->picked = malloc((l->f.limit + 1) * sizeof *l->picked);
	if (l->picked == NULL || !keep_texts(l)) {
		list_free(l);
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	conn_await(x->conn, &l->work);
	go_on(l);
}
