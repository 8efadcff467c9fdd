/*
 * actions.c - what can be done with a webhook: a test, a new secret, events again, a look at its dead letters.
 *
 * A test and a replay are carried out each time that they are asked for: an Idempotency-Key is of no use there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "api/body.h"
#include "api/endpoints/requests.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/work.h"
#include "base/clock.h"
#include "base/obj.h"
#include "base/rng.h"
#include "out/event_json.h"

#define TEST_MAGIC   0x7e57de11u
#define REWIND_MAGIC 0x4ef1ad00u
#define DEAD_MAGIC   0xdeadbe77u

#define OVERLAP_MAX_S (7ull * 86400)
#define DEAD_USUALLY  50

/* --- bodies --- */

struct wish {
	uint64_t from, overlap;
	bool dead, at_once;
};

#define A_SEQ     "the number of an event, from 1 on"
#define A_BOOL    "true or false"
#define A_OVERLAP "a number of seconds from 1 to 604800"

// clang-format off
static const struct field replay_fields[] = {
	{ "from", FIELD_NUMBER, offsetof(struct wish, from), INT64_MAX, NULL, A_SEQ, NULL },
	{ "dead", FIELD_BOOL,   offsetof(struct wish, dead), 0,         NULL, A_BOOL, NULL },
};
static const struct field rotate_fields[] = {
	{ "overlap", FIELD_NUMBER, offsetof(struct wish, overlap), OVERLAP_MAX_S, NULL, A_OVERLAP, NULL },
	{ "at_once", FIELD_BOOL,   offsetof(struct wish, at_once), 0,             NULL, A_BOOL,    NULL },
};
// clang-format on

const struct field *fields_of_replay(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(replay_fields);
	return replay_fields;
}

const struct field *fields_of_rotate(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(rotate_fields);
	return rotate_fields;
}

static bool read_wish(struct exchange *x, const struct field *f, size_t n, struct wish *w)
{
	if (body_read(x->request->body, f, n, w, &x->problem) == 0)
		return true;
	answer_problem(x->conn, &x->problem, NULL);
	return false;
}

/* What is under way goes on without the client, and ends it. */
static void on_gone(struct work *w)
{
	(void)w;
}

static const struct work_ops ops = { .gone = on_gone };

/* --- a new secret --- */

void post_webhook_rotate(struct exchange *x)
{
	struct change_order order = { .status = 200, .answer = webhook_answer };
	const struct endpoints *set = x->face->endpoints;
	struct wish wish = { 0 };
	struct endpoint_view v;
	struct command *cmd;

	if (!webhook_find(x, &v) || !read_wish(x, rotate_fields, ARRAY_LEN(rotate_fields), &wish))
		return;
	if (wish.at_once && wish.overlap > 0) {
		answer_failure(x->conn, PROBLEM_invalid_field,
			       "Send \"overlap\" or \"at_once\", not both.");
		return;
	}
	cmd = webhook_command(x, COMMAND_ENDPOINT_ROTATE);
	if (cmd != NULL) {
		cmd->overlap_ms = wish.at_once       ? 0
				  : wish.overlap > 0 ? wish.overlap * 1000
						     : set->o.overlap_ms;
		endpoint_secret_make(order.secret);
		cmd->secret = str_dup(str_of(order.secret));
		if (cmd->secret == NULL)
			command_free(&cmd);
	}
	change_submit(x, &cmd, &order);
	explicit_bzero(order.secret, sizeof order.secret);
}

/* --- a test --- */

struct test {
	struct work work;
	unsigned magic;
	struct endpoints *set;
	struct test *prev, *next;
	uint64_t since;
};

static void test_free(struct test *t)
{
	DL_DELETE(t->set->testing, t);
	t->set->n_tests--;
	OBJ_FINI(t);
	free(t);
}

static void on_tested(void *arg, const struct outbox_answer *a)
{
	struct response r = { .status = 200 };
	char why[FORWARD_WHY_MAX];
	struct test *t;
	struct jw j;

	OBJ_CAST(t, arg, TEST_MAGIC);
	letter_verdict(a, why);
	if (t->work.conn != NULL) {
		j = answer_json(t->work.conn);
		jw_object(&j, NULL);
		jw_bool(&j, "delivered", why[0] == '\0');
		if (a->status != 0)
			jw_u64(&j, "status", a->status);
		else
			jw_null(&j, "status");
		jw_u64(&j, "ms", clock_ms() - t->since);
		jw_text(&j, "error", why[0] != '\0' ? why : NULL);
		jw_object_end(&j);
		answer_send(t->work.conn, &r);
	}
	test_free(t);
}

/* Its receiver may take as long as webhooks.timeout: nobody waits for that at the daemon's end. */
void endpoint_tests_end(struct endpoints *set)
{
	struct test *t, *next;

	DL_FOREACH_SAFE(set->testing, t, next)
	{
		struct conn *c = t->work.conn;

		if (c != NULL)
			answer_failure(c, PROBLEM_stopping,
				       "The daemon is stopping, so the test has ended without a "
				       "verdict. Ask again.");
		test_free(t);
	}
}

static int test_post(struct test *t, struct endpoint *p)
{
	char id[32], hex[17];
	struct letter letter;
	int r;

	rng_hex(hex, 16);
	snprintf(id, sizeof id, "test_%s", hex);
	letter_init(&letter, STR_NONE);
	r = endpoint_write_test(p, id, &letter);
	if (r == 0)
		r = letter_post(&letter, &t->set->tests, t->set->o.total_ms, true, on_tested, t);
	letter_fini(&letter);
	return r;
}

void post_webhook_test(struct exchange *x)
{
	struct endpoints *set = x->face->endpoints;
	struct endpoint_view v;
	struct endpoint *p;
	struct test *t;

	if (!webhook_find(x, &v))
		return;
	p = endpoints_find(set, v.id);
	if (p == NULL || set->stopped) {
		answer_failure(x->conn, PROBLEM_overloaded,
			       "The webhook is not served now. Try again in a second.");
		return;
	}
	t = set->n_tests < ENDPOINTS_TESTS ? calloc(1, sizeof *t) : NULL;
	if (t == NULL) {
		answer_failure(x->conn, PROBLEM_throttled,
			       "%d tests of webhooks are under way. Try again in a few seconds.",
			       ENDPOINTS_TESTS);
		return;
	}
	OBJ_INIT(t, TEST_MAGIC);
	t->work = (struct work){ .ops = &ops, .due_at = DEADLINE_NEVER };
	t->set = set;
	t->since = clock_ms();
	DL_APPEND(set->testing, t);
	set->n_tests++;
	if (test_post(t, p) == 0) {
		conn_await(x->conn, &t->work);
		return;
	}
	answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
	test_free(t);
}

/* --- events again --- */

struct rewinding {
	struct work work;
	unsigned magic;
	char id[LIMIT_ENDPOINT_ID + 1];
};

static void answer_webhook(struct conn *c, struct str id)
{
	struct response r = { .status = 202 };
	struct api_port *port = &c->face->port;
	struct endpoint_view v;
	struct jw j;

	if (!port->endpoint(port->ctx, id, &v)) {
		answer_failure(c, PROBLEM_webhook_not_found,
			       "The webhook \"%.*s\" has been deleted since.", STR_ARG(id));
		return;
	}
	j = answer_json(c);
	webhook_json(&j, NULL, c->face->endpoints, &v, NULL);
	answer_send(c, &r);
}

static void on_rewound(void *arg)
{
	struct rewinding *w;

	OBJ_CAST(w, arg, REWIND_MAGIC);
	if (w->work.conn != NULL)
		answer_webhook(w->work.conn, str_of(w->id));
	OBJ_FINI(w);
	free(w);
}

static void not_now(struct exchange *x, const struct endpoint_view *v)
{
	if (v->enabled)
		answer_failure(
		    x->conn, PROBLEM_overloaded,
		    "The webhook \"%.*s\" is being read or replayed already. Try again in "
		    "a second.",
		    STR_ARG(v->id));
	else
		answer_failure(x->conn, PROBLEM_webhook_disabled,
			       "The webhook \"%.*s\" is disabled: PATCH it with {\"enabled\":true} "
			       "first.",
			       STR_ARG(v->id));
}

static void rewind_webhook(struct exchange *x, struct endpoint *p, const struct endpoint_view *v,
			   uint64_t from)
{
	struct rewinding *w = calloc(1, sizeof *w);

	if (w == NULL) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	OBJ_INIT(w, REWIND_MAGIC);
	w->work = (struct work){ .ops = &ops, .due_at = DEADLINE_NEVER };
	must(str_copy(w->id, sizeof w->id, v->id));
	if (receiver_rewind(p->receiver, from, on_rewound, w) == 0) {
		conn_await(x->conn, &w->work);
		return;
	}
	not_now(x, v);
	OBJ_FINI(w);
	free(w);
}

void post_webhook_replay(struct exchange *x)
{
	struct wish wish = { 0 };
	struct endpoint_view v;
	struct endpoint *p;

	if (!webhook_find(x, &v) || !read_wish(x, replay_fields, ARRAY_LEN(replay_fields), &wish))
		return;
	p = endpoints_find(x->face->endpoints, v.id);
	if ((wish.from > 0) == wish.dead)
		answer_failure(x->conn, PROBLEM_invalid_field,
			       "Send {\"from\":SEQ} for all events from that number on, or "
			       "{\"dead\":true} for the dead letters.");
	else if (p == NULL || p->receiver == NULL || (wish.dead && dead_pass(p) != 0))
		not_now(x, &v);
	else if (wish.from > 0)
		rewind_webhook(x, p, &v, wish.from);
	else
		answer_webhook(x->conn, v.id);
}

/* --- dead letters --- */

struct letters {
	struct work work;
	unsigned magic;
	struct buf entries;
	uint32_t n, limit;
	uint64_t last;
	bool full;
};

static void letters_end(struct letters *l, int result)
{
	struct conn *c = l->work.conn;
	struct response r = { .status = 200 };
	struct jw j;

	if (c != NULL && (result < 0 || l->entries.failed != 0)) {
		answer_failure(c, PROBLEM_overloaded,
			       "The dead letters cannot be read now. Try again in a second.");
	} else if (c != NULL) {
		j = answer_json(c);
		jw_object(&j, NULL);
		jw_array(&j, "dead");
		if (l->n > 0)
			jw_raw(&j, NULL, buf_all(&l->entries));
		jw_array_end(&j);
		if (l->full || l->n == l->limit)
			jw_u64(&j, "next_after", l->last);
		else
			jw_null(&j, "next_after");
		jw_object_end(&j);
		answer_send(c, &r);
	}
	buf_fini(&l->entries);
	OBJ_FINI(l);
	free(l);
}

static void on_dead(void *arg, int result, const struct outbox_dead *d)
{
	struct letters *l;
	struct jw j;

	OBJ_CAST(l, arg, DEAD_MAGIC);
	if (d == NULL || result < 0) {
		letters_end(l, result);
		return;
	}
	l->full = l->full || l->entries.n >= PAGE_BYTES;
	if (l->full)
		return;
	if (l->n++ > 0)
		buf_byte(&l->entries, ',');
	l->last = d->line->seq;
	j = jw_to(&l->entries);
	jw_object(&j, NULL);
	jw_u64(&j, "seq", d->line->seq);
	jw_time(&j, "died_at", d->died_at);
	jw_u64(&j, "tries", d->tries);
	jw_str(&j, "error", d->why);
	buf_text(&l->entries, ",\"event\":");
	event_json(&l->entries, d->line);
	jw_object_end(&j);
}

void get_webhook_dead(struct exchange *x)
{
	struct endpoints *set = x->face->endpoints;
	struct endpoint_view v;
	uint64_t limit, after;
	struct letters *l;

	if (query_u64(&x->query, "limit", 1, LIMIT_PAGE, DEAD_USUALLY, &limit, &x->problem) != 0 ||
	    query_u64(&x->query, "after", 0, INT64_MAX, 0, &after, &x->problem) != 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	if (!webhook_find(x, &v))
		return;
	l = set->stopped ? NULL : calloc(1, sizeof *l);
	if (l == NULL) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	OBJ_INIT(l, DEAD_MAGIC);
	l->work = (struct work){ .ops = &ops, .due_at = DEADLINE_NEVER };
	l->limit = (uint32_t)limit;
	buf_init(&l->entries, ANSWER_MAX);
	conn_await(x->conn, &l->work);
	if (set->tests.dead(set->tests.ctx, v.id, after, l->limit, on_dead, l) < 0)
		letters_end(l, ERR_FULL);
}
