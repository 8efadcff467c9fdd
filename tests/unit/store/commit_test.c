/* commit_test.c - commits are whole, durable in order, fenced, and obey the rules of the ledger. */
#include "rig.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"
#include "shim.h"

static struct commit *account_commit(struct rig *rig, uint64_t row)
{
	struct account_record a = sample_account(row);
	struct commit *c = commit_new(rig->store);

	commit_account(c, &a);
	return c;
}

static struct commit *life_commit(struct rig *rig, uint64_t row, uint64_t generation,
				  const char *session)
{
	struct attempt_record a = sample_attempt(row, generation, session);
	struct commit *c = commit_new(rig->store);

	commit_attempt(c, &a);
	return c;
}

/* What the store holds, after closing and opening it again. */
static struct str contents(struct rig *rig, struct buf *out)
{
	rig_close(rig);
	buf_reset(out);
	rig_dump(rig, out);
	return buf_all(out);
}

static bool holds(struct str text, const char *what)
{
	return memmem(text.p, text.n, what, strlen(what)) != NULL;
}

static void an_account_has_one_link(void **state)
{
	struct qr_link_record l = { .row = 7, .expires_at = 4102444800001 };
	struct rig rig;
	struct buf out;
	struct commit *c;

	(void)state;
	buf_init(&out, 1u << 20);
	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	commit_qr_link(c, &l);
	l.expires_at++; /* another in its place */
	commit_qr_link(c, &l);
	l = (struct qr_link_record){ .row = 8, .expires_at = 4102444800003 };
	commit_qr_link(c, &l);
	rig_commit(&rig, c);
	contents(&rig, &out);
	assert_false(holds(buf_all(&out), "4102444800001"));
	assert_true(holds(buf_all(&out), "4102444800002"));
	c = commit_new(rig.store);
	commit_qr_link_delete(c, 7);
	commit_qr_link_delete(c, 9); /* nobody's */
	rig_commit(&rig, c);
	contents(&rig, &out);
	assert_false(holds(buf_all(&out), "4102444800002"));
	assert_true(holds(buf_all(&out), "4102444800003"));
	rig_fini(&rig);
	buf_fini(&out);
}

static void a_key_is_replaced_and_forgotten_by_its_id(void **state)
{
	struct api_key_record k = { .id = STR("0a1b2c3d"), .label = STR("first"), .role = 1 };
	struct rig rig;
	struct buf out;
	struct commit *c;

	(void)state;
	buf_init(&out, 1u << 20);
	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	commit_api_key(c, &k);
	rig_commit(&rig, c);
	c = commit_new(rig.store);
	k.label = STR("second");
	k.revoked_at = clock_ms();
	commit_api_key(c, &k);
	k.id = STR("ffffffff");
	k.label = STR("another");
	commit_api_key(c, &k);
	rig_commit(&rig, c);
	contents(&rig, &out);
	assert_false(holds(buf_all(&out), "first"));
	assert_true(holds(buf_all(&out), "second"));
	c = commit_new(rig.store);
	commit_api_key_delete(c, STR("0a1b2c3d"));
	commit_api_key_delete(c, STR("00000000")); /* nobody's */
	rig_commit(&rig, c);
	contents(&rig, &out);
	assert_false(holds(buf_all(&out), "second"));
	assert_true(holds(buf_all(&out), "another"));
	rig_fini(&rig);
	buf_fini(&out);
}

struct order {
	unsigned next;
	bool in_order;
};
struct numbered {
	struct order *order;
	unsigned n;
};

static void on_numbered(void *ctx)
{
	struct numbered *one = ctx;

	if (one->order->next != one->n)
		one->order->in_order = false;
	one->order->next++;
}

static void commits_complete_in_the_order_of_their_submission(void **state)
{
	static struct numbered all[3000];
	struct order order = { 0, true };
	struct store_stats stats;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig.options.window_us = 1000;
	rig_start(&rig);
	for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
		struct commit *c = account_commit(&rig, i + 1);

		all[i] = (struct numbered){ &order, i };
		assert_int_equal(store_submit(rig.store, &c, on_numbered, &all[i]), 0);
		assert_int_equal(order.next, 0); /* never before the loop turns */
	}
	rig_settle(&rig);
	assert_true(order.in_order);
	assert_int_equal(order.next, ARRAY_LEN(all));
	store_stats(rig.store, &stats);
	assert_int_equal(stats.changes, ARRAY_LEN(all));
	assert_int_equal(stats.commits, ARRAY_LEN(all) + 1);   /* and rig_settle's own */
	assert_in_range(stats.groups, 1, ARRAY_LEN(all) / 10); /* in company, not one by one */
	rig_fini(&rig);
}

static void an_account_is_replaced_and_deleted(void **state)
{
	struct account_record a = sample_account(7);
	struct commit *c;
	struct buf out;
	struct rig rig;

	(void)state;
	buf_init(&out, 1u << 20);
	rig_init(&rig);
	rig_start(&rig);
	rig_commit(&rig, account_commit(&rig, 7));
	a.label = STR("second");
	c = commit_new(rig.store);
	commit_account(c, &a);
	rig_commit(&rig, c);
	assert_true(holds(contents(&rig, &out), "label=second"));

	c = commit_new(rig.store);
	commit_account_delete(c, 7);
	rig_commit(&rig, c);
	assert_int_equal(contents(&rig, &out).n, 0);
	assert_int_equal(rig.facts.last_row, 7); /* and is never used again */
	rig_fini(&rig);
	buf_fini(&out);
}

static void the_marks_outlive_what_they_were_taken_from(void **state)
{
	struct journal_record line = sample_line(41, 1);
	struct account_record a = sample_account(1);
	struct commit *c;
	struct rig rig;
	uint64_t token;
	char installation[33];

	(void)state;
	rig_init(&rig);
	rig.options.journal_rows = 1;
	rig_start(&rig);
	token = rig.facts.token;
	snprintf(installation, sizeof installation, "%s", rig.facts.installation);
	assert_int_equal(strlen(installation), 32);
	a.created_at = 1000;
	a.since = 5000;
	a.timer_at = 999999; /* not a moment that has passed */
	line.at = 6000;
	c = commit_new(rig.store);
	commit_account(c, &a);
	commit_journal(c, &line);
	line.seq = 42;
	line.at = 4000;
	commit_journal(c, &line);
	rig_commit(&rig, c);
	rig_close(&rig);
	rig_start(&rig);
	assert_int_equal(rig.facts.last_seq, 42);
	assert_int_equal(rig.facts.last_row, 1);
	assert_int_equal(rig.facts.latest_ms, 6000);
	assert_true(rig.facts.token > token);
	assert_string_equal(rig.facts.installation, installation);
	rig_fini(&rig);
}

static void a_life_is_opened_given_up_and_gone(void **state)
{
	struct commit *c;
	struct buf out;
	struct rig rig;

	(void)state;
	buf_init(&out, 1u << 20);
	rig_init(&rig);
	rig_start(&rig);
	rig_commit(&rig, life_commit(&rig, 1, 1, "s1"));
	assert_true(holds(contents(&rig, &out), "session=s1 profile=p_1"));
	assert_true(holds(buf_all(&out), "closed_at=0 state=0"));

	c = commit_new(rig.store);
	commit_attempt_close(c, 1, 1, ATTEMPT_ABANDONED, 77);
	rig_commit(&rig, c);
	assert_true(holds(contents(&rig, &out), "closed_at=77 state=1"));

	c = commit_new(rig.store);
	commit_attempt_close(c, 1, 1, ATTEMPT_GONE, 88);
	rig_commit(&rig, c);
	assert_int_equal(contents(&rig, &out).n, 0); /* nothing is left to be done about it */
	rig_fini(&rig);
	buf_fini(&out);
}

static void the_same_session_may_live_again_in_the_next_generation(void **state)
{
	struct commit *c;
	struct buf out;
	struct rig rig;

	(void)state;
	buf_init(&out, 1u << 20);
	rig_init(&rig);
	rig_start(&rig);
	rig_commit(&rig, life_commit(&rig, 1, 1, "s1"));
	c = life_commit(&rig, 1, 2, "s1");
	commit_free(&c);
	c = commit_new(rig.store);
	commit_attempt_close(c, 1, 1, ATTEMPT_GONE, 77); /* first close, then open: in one commit */
	commit_attempt(c,
		       &(struct attempt_record){ .row = 1, .generation = 2, .session = STR("s1") });
	rig_commit(&rig, c);
	assert_true(holds(contents(&rig, &out), "generation=2 session=s1"));
	assert_false(holds(buf_all(&out), "generation=1 session=s1"));
	rig_fini(&rig);
	buf_fini(&out);
}

static struct commit *second_open_life(struct rig *rig)
{
	return life_commit(rig, 1, 2, "s2");
}

static struct commit *session_and_generation_twice(struct rig *rig)
{
	return life_commit(rig, 9, 1, "s1");
}

static struct commit *generation_twice(struct rig *rig)
{
	struct commit *c = commit_new(rig->store);
	struct attempt_record again = sample_attempt(1, 1, "s3");

	commit_attempt_close(c, 1, 1, ATTEMPT_GONE, 1);
	commit_attempt(c, &again);
	return c;
}

static struct commit *end_of_no_life(struct rig *rig)
{
	struct commit *c = commit_new(rig->store);

	commit_attempt_close(c, 1, 99, ATTEMPT_GONE, 1);
	return c;
}

static struct commit *public_id_twice(struct rig *rig)
{
	struct account_record a = sample_account(1);
	struct commit *c = commit_new(rig->store);

	a.row = 2;
	commit_account(c, &a);
	return c;
}

static struct commit *line_twice(struct rig *rig)
{
	struct journal_record line = sample_line(1, 1);
	struct commit *c = commit_new(rig->store);

	commit_journal(c, &line);
	return c;
}

static void a_broken_rule_ends_the_store_and_changes_nothing(void **state)
{
	static const struct {
		const char *name;
		struct commit *(*make)(struct rig *);
	} cases[] = {
		{ "a second open life of an account", second_open_life },
		{ "a session and generation minted twice", session_and_generation_twice },
		{ "a generation of an account used twice", generation_twice },
		{ "the end of a life that never was", end_of_no_life },
		{ "two accounts with one public id", public_id_twice },
		{ "two journal lines with one number", line_twice },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf before, after;
		struct commit *c;
		struct rig rig;

		buf_init(&before, 1u << 20);
		buf_init(&after, 1u << 20);
		rig_init(&rig);
		rig.options.window_us = 100000; /* both commits below in one group */
		rig_start(&rig);
		rig_commit(&rig, account_commit(&rig, 1));
		rig_commit(&rig, life_commit(&rig, 1, 1, "s1"));
		rig_commit(&rig, line_twice(&rig));
		contents(&rig, &before);
		rig_submit(&rig, account_commit(&rig, 50));
		rig_submit(&rig, cases[i].make(&rig));
		rig_until_fatal(&rig);
		if (rig.fatal_why.code != ERR_CORRUPT || rig.n_done != 0)
			fail_msg("%s: %s", cases[i].name, rig.fatal_why.text);
		c = account_commit(&rig, 51);
		assert_int_equal(store_submit(rig.store, &c, NULL, NULL), 0); /* and dropped */
		if (!str_eq(contents(&rig, &after), buf_all(&before)))
			fail_msg("%s: left %s", cases[i].name, after.p);
		assert_int_equal(rig.n_fatal, 1);
		rig_fini(&rig);
		buf_fini(&before);
		buf_fini(&after);
	}
}

static void a_forgotten_accounts_id_may_be_used_again(void **state)
{
	struct account_record a = sample_account(1);
	struct commit *c;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	for (a.row = 1; a.row <= 3; a.row++) {
		c = commit_new(rig.store);
		a.forgotten = 0;
		commit_account(c, &a);
		rig_commit(&rig, c);
		c = commit_new(rig.store);
		a.forgotten = 1;
		commit_account(c, &a);
		rig_commit(&rig, c);
	}
	assert_int_equal(rig.n_fatal, 0);
	rig_fini(&rig);
}

static void an_answer_to_a_key_is_replaced(void **state)
{
	/* An old one may still be there: forgetting is lazy. */
	struct idem_record idem = { .key = STR("k"), .account = STR("a"), .at = 4102444800000 };
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	for (unsigned i = 0; i < 2; i++) {
		struct commit *c = commit_new(rig.store);

		idem.http_status = 200 + i;
		commit_idem(c, &idem);
		rig_commit(&rig, c);
	}
	assert_int_equal(rig.n_fatal, 0);
	rig_fini(&rig);
}

static bool a_sync_is_held(void *ctx)
{
	(void)ctx;
	return shim.n_held > 0;
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle; /* keeps the loop turning while a test watches an atomic */
}

static void until_a_sync_is_held(struct rig *rig)
{
	uv_idle_t idle;

	uv_idle_init(&rig->loop, &idle);
	uv_idle_start(&idle, on_idle);
	rig_until(rig, a_sync_is_held, NULL);
	uv_close((uv_handle_t *)&idle, NULL);
	uv_run(&rig->loop, UV_RUN_NOWAIT);
}

static void nothing_completes_before_it_is_on_the_disk(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	shim.hold_syncs = true;
	rig_submit(&rig, account_commit(&rig, 1));
	until_a_sync_is_held(&rig);
	for (unsigned i = 0; i < 20; i++)
		uv_run(&rig.loop, UV_RUN_NOWAIT);
	assert_int_equal(rig.n_done, 0);
	assert_int_equal(store_backlog(rig.store), 1);
	shim.hold_syncs = false;
	rig_settle(&rig);
	assert_int_equal(rig.n_done, 1);
	rig_fini(&rig);
}

static bool all_but_the_refused_one(void *ctx)
{
	return ((struct rig *)ctx)->n_done == 2 * LIMIT_PENDING_CHANGES / 5000;
}

static void a_backlog_twice_the_limit_is_refused(void **state)
{
	struct account_record a = sample_account(1);
	struct commit *c, *one_more;
	struct store_stats stats;
	uint64_t n = 0;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	shim.hold_syncs = true;
	while (n < 2 * LIMIT_PENDING_CHANGES) {
		c = account_commit(&rig, 1); /* something real, or nothing is written */
		for (n++; n % 5000 != 0; n++)
			commit_account_delete(c, 2);
		rig_submit(&rig, c);
	}
	assert_int_equal(store_backlog(rig.store), 2 * LIMIT_PENDING_CHANGES);
	one_more = commit_new(rig.store);
	commit_account(one_more, &a);
	assert_int_equal(store_submit(rig.store, &one_more, NULL, NULL), ERR_FULL);
	assert_null(one_more);
	store_stats(rig.store, &stats);
	assert_int_equal(stats.refused, 1);
	shim.hold_syncs = false;
	rig_until(&rig, all_but_the_refused_one, &rig);
	rig_commit(&rig, account_commit(&rig, 1));
	rig_fini(&rig);
}

static void close_finishes_what_was_submitted_and_calls_nobody(void **state)
{
	struct buf out;
	struct rig rig;

	(void)state;
	buf_init(&out, 1u << 24);
	rig_init(&rig);
	rig.options.window_us = 50000;
	rig_start(&rig);
	for (uint64_t row = 1; row <= 20000; row++) /* several groups */
		rig_submit(&rig, account_commit(&rig, row));
	store_close(&rig.store);
	uv_run(&rig.loop, UV_RUN_DEFAULT);
	assert_int_equal(rig.n_done, 0);
	assert_true(holds(contents(&rig, &out), "id=acc_20000 "));
	assert_true(holds(buf_all(&out), "id=acc_1 "));
	assert_int_not_equal(access(rig_path(&rig, "relink.db"), F_OK), -1);
	rig_close(&rig);
	assert_int_equal(access(rig_path(&rig, "relink.db-wal"), F_OK), -1); /* folded in */
	rig_fini(&rig);
	buf_fini(&out);
}

static void closing_nothing_is_fine(void **state)
{
	struct store *none = NULL;
	struct rig rig;

	(void)state;
	store_close(&none);
	rig_init(&rig);
	rig_open(&rig);
	store_close(&rig.store); /* opened, never started */
	assert_null(rig.store);
	rig_fini(&rig);
}

static void an_owner_that_was_replaced_writes_nothing(void **state)
{
	struct rig first, second;
	struct buf out;

	(void)state;
	buf_init(&out, 1u << 20);
	rig_init(&first);
	first.options.window_us = 100000; /* both commits below in one group */
	rig_start(&first);
	rig_commit(&first, account_commit(&first, 1));

	/* Somebody removes the lock file, and a second core starts. */
	assert_int_equal(unlink(rig_path(&first, "relink.lock")), 0);
	rig_init(&second);
	snprintf(second.dir, sizeof second.dir, "%s", first.dir);
	rig_start(&second);
	assert_true(second.facts.token > first.facts.token);

	rig_submit(&first, account_commit(&first, 2));
	rig_submit(&first, account_commit(&first, 3));
	rig_until_fatal(&first);
	assert_int_equal(first.fatal_why.code, ERR_FENCED);
	assert_non_null(strstr(first.fatal_why.text, "belongs to another relinkd"));
	assert_int_equal(first.n_done, 1);
	rig_commit(&second, account_commit(&second, 4));
	rig_close(&first);
	assert_true(holds(contents(&second, &out), "id=acc_1 "));
	assert_true(holds(buf_all(&out), "id=acc_4 "));
	assert_false(holds(buf_all(&out), "id=acc_2 "));
	assert_false(holds(buf_all(&out), "id=acc_3 "));
	rig_fini(&second);
	buf_fini(&out);
}

static void a_token_changed_by_hand_fences_too(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	rig_sql(&rig, "UPDATE meta SET token = token + 1");
	rig_submit(&rig, account_commit(&rig, 1));
	rig_until_fatal(&rig);
	assert_int_equal(rig.fatal_why.code, ERR_FENCED);
	assert_int_equal(rig.n_done, 0);
	rig_fini(&rig);
}

static void a_database_replaced_under_us_is_noticed(void **state)
{
	char db[128], aside[128];
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	rig_commit(&rig, account_commit(&rig, 1));
	snprintf(db, sizeof db, "%s/relink.db", rig.dir);
	snprintf(aside, sizeof aside, "%s/old.db", rig.dir);
	assert_int_equal(rename(db, aside), 0);
	rig_submit(&rig, account_commit(&rig, 2));
	rig_until_fatal(&rig);
	assert_int_equal(rig.fatal_why.code, ERR_FENCED);
	assert_non_null(strstr(rig.fatal_why.text, "was moved"));
	assert_int_equal(rig.n_done, 1);
	rig_fini(&rig);
}

static int good_disk(void **state)
{
	(void)state;
	shim_reset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_replaced_and_forgotten_by_its_id),
		cmocka_unit_test(an_account_has_one_link),
		cmocka_unit_test(commits_complete_in_the_order_of_their_submission),
		cmocka_unit_test(an_account_is_replaced_and_deleted),
		cmocka_unit_test(the_marks_outlive_what_they_were_taken_from),
		cmocka_unit_test(a_life_is_opened_given_up_and_gone),
		cmocka_unit_test(the_same_session_may_live_again_in_the_next_generation),
		cmocka_unit_test(a_broken_rule_ends_the_store_and_changes_nothing),
		cmocka_unit_test(a_forgotten_accounts_id_may_be_used_again),
		cmocka_unit_test(an_answer_to_a_key_is_replaced),
		cmocka_unit_test_teardown(nothing_completes_before_it_is_on_the_disk, good_disk),
		cmocka_unit_test_teardown(a_backlog_twice_the_limit_is_refused, good_disk),
		cmocka_unit_test(close_finishes_what_was_submitted_and_calls_nobody),
		cmocka_unit_test(closing_nothing_is_fine),
		cmocka_unit_test(an_owner_that_was_replaced_writes_nothing),
		cmocka_unit_test(a_token_changed_by_hand_fences_too),
		cmocka_unit_test(a_database_replaced_under_us_is_noticed),
	};

	shim_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
