/* query_test.c - the reader's answers, its bound, and what retention takes away from them. */
#include "rig.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"

#define DAY_MS (24ull * 60 * 60 * 1000)

/* The numbers of the lines that a query brings, as text: "3 4 5 ". */
struct answer {
	struct buf seqs;
	int result;
	bool ended;
	unsigned n;
};

static void on_line(void *ctx, int result, const struct journal_record *line)
{
	struct answer *a = ctx;

	assert_false(a->ended);
	if (line == NULL) {
		a->result = result;
		a->ended = true;
		return;
	}
	assert_int_equal(result, 0);
	a->n++;
	buf_printf(&a->seqs, "%llu ", (unsigned long long)line->seq);
}

static bool has_ended(void *ctx)
{
	return ((struct answer *)ctx)->ended;
}

static const char *ask(struct rig *rig, struct journal_query q)
{
	static char text[65536];
	struct answer a = { 0 };

	buf_init(&a.seqs, sizeof text);
	assert_int_equal(store_read_journal(rig->store, &q, on_line, &a), 0);
	assert_false(a.ended); /* never before the loop turns */
	rig_until(rig, has_ended, &a);
	assert_int_equal(a.result, 0);
	str_copy(text, sizeof text, buf_all(&a.seqs));
	buf_fini(&a.seqs);
	return text;
}

/* Lines 1 to 20: odd ones of account 1, even ones of account 2; each fourth is not told. */
static void write_journal(struct rig *rig)
{
	struct account_record a = sample_account(2);
	struct commit *c = commit_new(rig->store);

	commit_account(c, &a);
	for (uint64_t seq = 1; seq <= 20; seq++) {
		struct journal_record line = sample_line(seq, seq % 2 == 1 ? 1 : 2);

		line.tell = seq % 4 != 0;
		commit_journal(c, &line);
	}
	rig_commit(rig, c);
}

static void the_journal_is_read_both_ways(void **state)
{
	static const struct {
		const char *name;
		struct journal_query query;
		const char *expected;
	} cases[] = {
		{ "from the start", { .limit = 5 }, "1 2 3 4 5 " },
		{ "after a line", { .after = 17, .limit = 100 }, "18 19 20 " },
		{ "after the last line", { .after = 20, .limit = 100 }, "" },
		{ "before a line", { .before = 4, .limit = 100 }, "3 2 1 " },
		{ "the newest", { .before = UINT64_MAX, .limit = 3 }, "20 19 18 " },
		{ "before the first line", { .before = 1, .limit = 100 }, "" },
		{ "between two", { .after = 5, .before = 9, .limit = 100 }, "8 7 6 " },
		{ "one account", { .row = 1, .limit = 4 }, "1 3 5 7 " },
		{ "one account, newest first",
		  { .row = 2, .before = 20, .limit = 3 },
		  "18 16 14 " },
		{ "one account, after a line", { .row = 2, .after = 15, .limit = 9 }, "16 18 20 " },
		{ "no such account", { .row = 99, .limit = 9 }, "" },
		{ "what is told", { .after = 2, .told_only = true, .limit = 4 }, "3 5 6 7 " },
		{ "one account's told ones",
		  { .row = 2, .told_only = true, .limit = 9 },
		  "2 6 10 14 18 " },
		{ "told ones, newest first",
		  { .before = 21, .told_only = true, .limit = 3 },
		  "19 18 17 " },
		{ "none at all", { .limit = 0 }, "" },
		{ "beyond every number", { .after = UINT64_MAX, .limit = 5 }, "" },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	write_journal(&rig);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = ask(&rig, cases[i].query);

		if (strcmp(got, cases[i].expected) != 0)
			fail_msg("%s: %s", cases[i].name, got);
	}
	rig_fini(&rig);
}

static void a_deleted_accounts_lines_stay(void **state)
{
	struct commit *c;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	write_journal(&rig);
	c = commit_new(rig.store);
	commit_account_delete(c, 2);
	rig_commit(&rig, c);
	assert_string_equal(ask(&rig, (struct journal_query){ .row = 2, .limit = 3 }), "2 4 6 ");
	rig_fini(&rig);
}

static void a_page_has_its_limit(void **state)
{
	struct answer a = { 0 };
	struct journal_query q = { .limit = UINT32_MAX };
	struct commit *c;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	for (uint64_t seq = 1; seq <= LIMIT_PAGE + 10; seq++) {
		struct journal_record line = sample_line(seq, 1);

		commit_journal(c, &line);
	}
	rig_commit(&rig, c);
	buf_init(&a.seqs, 1u << 20);
	assert_int_equal(store_read_journal(rig.store, &q, on_line, &a), 0);
	rig_until(&rig, has_ended, &a);
	assert_int_equal(a.n, LIMIT_PAGE);
	buf_fini(&a.seqs);
	rig_fini(&rig);
}

struct found {
	bool answered, there;
	int result;
	uint64_t number;
};

static void on_idem(void *ctx, int result, const struct idem_record *idem)
{
	*(struct found *)ctx =
	    (struct found){ true, idem != NULL, result, idem != NULL ? idem->http_status : 0 };
}

static void on_attempt(void *ctx, int result, const struct attempt_record *a)
{
	*(struct found *)ctx =
	    (struct found){ true, a != NULL, result, a != NULL ? a->generation : 0 };
}

static void on_cursor(void *ctx, int result, const struct cursor_record *c)
{
	*(struct found *)ctx = (struct found){ true, c != NULL, result, c != NULL ? c->seq : 0 };
}

static bool was_answered(void *ctx)
{
	return ((struct found *)ctx)->answered;
}

static struct found find_idem(struct rig *rig, struct str key)
{
	struct found f = { 0 };

	assert_int_equal(store_find_idem(rig->store, key, on_idem, &f), 0);
	rig_until(rig, was_answered, &f);
	assert_int_equal(f.result, 0);
	return f;
}

static struct found find_attempt(struct rig *rig, struct str session)
{
	struct found f = { 0 };

	assert_int_equal(store_find_attempt(rig->store, session, on_attempt, &f), 0);
	rig_until(rig, was_answered, &f);
	assert_int_equal(f.result, 0);
	return f;
}

static void an_answer_is_found_by_its_key(void **state)
{
	struct idem_record idem = {
		.key = STR("k1:abc"), .account = STR("acc_1"), .http_status = 201, .at = clock_ms()
	};
	struct commit *c;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	assert_false(find_idem(&rig, idem.key).there);
	c = commit_new(rig.store);
	commit_idem(c, &idem);
	rig_commit(&rig, c);
	assert_int_equal(find_idem(&rig, idem.key).number, 201);
	assert_false(find_idem(&rig, STR("k1:ab")).there);
	idem.http_status = 202;
	c = commit_new(rig.store);
	commit_idem(c, &idem);
	rig_commit(&rig, c);
	assert_int_equal(find_idem(&rig, idem.key).number, 202);
	rig_fini(&rig);
}

static struct found find_cursor(struct rig *rig, struct str name)
{
	struct found f = { 0 };

	assert_int_equal(store_find_cursor(rig->store, name, on_cursor, &f), 0);
	rig_until(rig, was_answered, &f);
	assert_int_equal(f.result, 0);
	return f;
}

static void a_receiver_goes_on_where_it_was(void **state)
{
	struct cursor_record cursor = { .name = STR("shop"), .seq = 7, .behind = STR("1:5") };
	struct commit *c;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	assert_false(find_cursor(&rig, cursor.name).there);
	c = commit_new(rig.store);
	commit_cursor(c, &cursor);
	cursor.seq = 8;
	commit_cursor(c, &cursor);
	rig_commit(&rig, c);
	rig_close(&rig);
	rig_start(&rig);
	assert_int_equal(find_cursor(&rig, cursor.name).number, 8);
	assert_false(find_cursor(&rig, STR("other")).there);
	rig_fini(&rig);
}

static void a_session_is_found_in_the_whole_ledger(void **state)
{
	struct attempt_record first = sample_attempt(1, 1, "s1"), next = sample_attempt(1, 2, "s1");
	struct commit *c;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	commit_attempt(c, &first);
	rig_commit(&rig, c);
	assert_int_equal(find_attempt(&rig, STR("s1")).number, 1);
	c = commit_new(rig.store);
	commit_attempt_close(c, 1, 1, ATTEMPT_GONE, clock_ms());
	rig_commit(&rig, c);
	assert_int_equal(find_attempt(&rig, STR("s1")).number, 1); /* gone, and still ours */
	c = commit_new(rig.store);
	commit_attempt(c, &next);
	rig_commit(&rig, c);
	assert_int_equal(find_attempt(&rig, STR("s1")).number, 2); /* the latest life */
	assert_false(find_attempt(&rig, STR("s2")).there);
	rig_fini(&rig);
}

struct tally {
	bool ended;
	unsigned n;
	uint64_t last_at;
};

static void on_death(void *ctx, int result, const struct death_record *d)
{
	struct tally *t = ctx;

	assert_int_equal(result, 0);
	t->ended = d == NULL;
	if (d == NULL)
		return;
	assert_true(t->n == 0 || d->at < t->last_at); /* newest first */
	t->last_at = d->at;
	t->n++;
}

static bool has_tally(void *ctx)
{
	return ((struct tally *)ctx)->ended;
}

static struct tally deaths_of(struct rig *rig, uint64_t slot, uint32_t limit)
{
	struct tally t = { 0 };

	assert_int_equal(store_read_deaths(rig->store, slot, limit, on_death, &t), 0);
	rig_until(rig, has_tally, &t);
	return t;
}

static void the_newest_deaths_of_each_slot_are_kept(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	assert_int_equal(deaths_of(&rig, 1, 10).n, 0);
	for (uint64_t at = 1; at <= DEATHS_KEPT + 7; at++) {
		struct commit *c = commit_new(rig.store);

		commit_death(c, &(struct death_record){ .slot = 1, .at = at, .how = STR("x") });
		if (at <= 3)
			commit_death(c, &(struct death_record){ .slot = 2, .at = at });
		rig_commit(&rig, c);
	}
	assert_int_equal(deaths_of(&rig, 1, UINT32_MAX).n, DEATHS_KEPT);
	assert_int_equal(deaths_of(&rig, 1, UINT32_MAX).last_at, 8);
	assert_int_equal(deaths_of(&rig, 1, 20).last_at, DEATHS_KEPT + 7 - 19);
	assert_int_equal(deaths_of(&rig, 2, UINT32_MAX).n, 3);
	assert_int_equal(deaths_of(&rig, 3, UINT32_MAX).n, 0);
	rig_fini(&rig);
}

static bool all_were_answered(void *ctx)
{
	return ((struct answer *)ctx)->n == 1024;
}

static void count_end(void *ctx, int result, const struct journal_record *line)
{
	struct answer *a = ctx;

	assert_int_equal(result, 0);
	a->n += line == NULL;
}

static void more_questions_than_the_queue_holds_are_refused(void **state)
{
	struct journal_query q = { .limit = 1 };
	struct store_stats stats;
	struct answer a = { 0 };
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	write_journal(&rig);
	/* The loop doesn't turn, so none of them is delivered. */
	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(store_read_journal(rig.store, &q, count_end, &a), 0);
	assert_int_equal(store_read_journal(rig.store, &q, count_end, &a), ERR_FULL);
	store_stats(rig.store, &stats);
	assert_int_equal(stats.refused, 1);
	rig_until(&rig, all_were_answered, &a);
	assert_int_equal(store_read_journal(rig.store, &q, count_end, &a), 0);
	store_stats(rig.store, &stats);
	assert_in_range(stats.reads, 1024, 1025);
	rig_fini(&rig);
}

static void questions_left_open_at_the_end_are_dropped(void **state)
{
	struct journal_query q = { .limit = 1 };
	struct answer a = { 0 };
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	write_journal(&rig);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(store_read_journal(rig.store, &q, count_end, &a), 0);
	rig_close(&rig);
	assert_int_equal(a.n, 0);
	rig_fini(&rig);
}

static void one_bad_line_spoils_only_its_answer(void **state)
{
	struct answer a = { 0 };
	struct journal_query q = { .limit = 100 };
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	write_journal(&rig);
	rig_close(&rig);
	rig_sql(&rig, "UPDATE journal SET text = 'x' WHERE seq = 7");
	rig_start(&rig);
	buf_init(&a.seqs, 4096);
	assert_int_equal(store_read_journal(rig.store, &q, on_line, &a), 0);
	rig_until(&rig, has_ended, &a);
	assert_int_equal(a.result, ERR_CORRUPT);
	assert_int_equal(a.n, 0);
	assert_string_equal(ask(&rig, (struct journal_query){ .after = 17, .limit = 9 }),
			    "18 19 20 ");
	assert_int_equal(rig.n_fatal, 0);
	rig_fini(&rig);
	buf_fini(&a.seqs);
}

struct pruned {
	struct rig *rig;
	uint64_t n;
};

static bool were_pruned(void *ctx)
{
	struct pruned *p = ctx;
	struct store_stats stats;

	store_stats(p->rig->store, &stats);
	return stats.pruned >= p->n;
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

/* Wait until `n` rows were forgotten since the start, and see that it stays at that. */
static void until_pruned(struct rig *rig, uint64_t n)
{
	struct pruned p = { rig, n };
	struct store_stats stats;
	uv_idle_t idle;

	uv_idle_init(&rig->loop, &idle);
	uv_idle_start(&idle, on_idle);
	rig_until(rig, were_pruned, &p);
	uv_close((uv_handle_t *)&idle, NULL);
	uv_run(&rig->loop, UV_RUN_NOWAIT);
	store_stats(rig->store, &stats);
	assert_int_equal(stats.pruned, n);
}

static void write_lines(struct rig *rig, uint64_t from, uint64_t upto, uint64_t at)
{
	struct commit *c = commit_new(rig->store);

	for (uint64_t seq = from; seq <= upto; seq++) {
		struct journal_record line = sample_line(seq, 1);

		line.at = at;
		commit_journal(c, &line);
	}
	rig_submit(rig, c);
}

static void the_journal_keeps_no_more_lines_than_allowed(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig.options.journal_rows = 100;
	rig_start(&rig);
	write_lines(&rig, 1, 3000, clock_ms());
	rig_settle(&rig);
	until_pruned(&rig, 2900);
	assert_string_equal(ask(&rig, (struct journal_query){ .limit = 2 }), "2901 2902 ");
	rig_fini(&rig);
}

static void retention_can_be_changed_on_the_way(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	write_lines(&rig, 1, 1000, clock_ms());
	rig_settle(&rig);
	store_retain(rig.store, 0, 10);
	write_lines(&rig, 1001, 1400, clock_ms());
	rig_settle(&rig);
	until_pruned(&rig, 1390);
	assert_string_equal(ask(&rig, (struct journal_query){ .limit = 2 }), "1391 1392 ");
	rig_fini(&rig);
}

static void pruning_keeps_up_with_a_writer_that_never_rests(void **state)
{
	struct store_stats stats;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig.options.journal_rows = 100;
	rig_start(&rig);
	for (uint64_t n = 0; n < 100; n++)
		write_lines(&rig, n * 500 + 1, n * 500 + 500, clock_ms());
	rig_settle(&rig);
	store_stats(rig.store, &stats);
	/* All but the last groups' lines are gone already. */
	assert_true(stats.pruned > 50000 - 100 - 3 * 4596);
	until_pruned(&rig, 50000 - 100);
	rig_fini(&rig);
}

static void old_lines_lives_and_answers_are_forgotten(void **state)
{
	uint64_t now = clock_ms();
	struct idem_record old_answer = { .key = STR("old"), .at = now - DAY_MS - 10000 };
	struct idem_record new_answer = { .key = STR("new"), .at = now - DAY_MS + 600000 };
	struct commit *c;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig); /* for ever, at first */
	write_lines(&rig, 1, 10, now - 8 * DAY_MS);
	write_lines(&rig, 11, 20, now);
	c = commit_new(rig.store);
	for (uint64_t n = 1; n <= 4; n++) {
		char session[8];
		struct attempt_record life;

		snprintf(session, sizeof session, "s%llu", (unsigned long long)n);
		life = sample_attempt(n, 1, session);
		life.minted_at = now - 9 * DAY_MS;
		commit_attempt(c, &life);
	}
	commit_attempt_close(c, 1, 1, ATTEMPT_GONE, now - 8 * DAY_MS);
	commit_attempt_close(c, 2, 1, ATTEMPT_GONE, now - DAY_MS);
	commit_attempt_close(c, 3, 1, ATTEMPT_ABANDONED, now - 8 * DAY_MS);
	commit_idem(c, &new_answer);
	rig_commit(&rig, c);
	rig_close(&rig);

	rig.options.retention_ms = 7 * DAY_MS;
	rig_start(&rig);
	until_pruned(&rig, 11);
	assert_string_equal(ask(&rig, (struct journal_query){ .limit = 2 }), "11 12 ");
	assert_false(find_attempt(&rig, STR("s1")).there);
	assert_true(find_attempt(&rig, STR("s2")).there); /* gone a day ago */
	assert_true(find_attempt(&rig, STR("s3")).there); /* given up: still to be ended */
	assert_true(find_attempt(&rig, STR("s4")).there); /* open */

	c = commit_new(rig.store);
	commit_idem(c, &old_answer);
	rig_commit(&rig, c);
	rig_close(&rig);
	rig_start(&rig);
	until_pruned(&rig, 1);
	assert_false(find_idem(&rig, STR("old")).there);
	assert_true(find_idem(&rig, STR("new")).there);
	assert_int_equal(rig.facts.last_seq, 20);
	rig_fini(&rig);
}

static void a_life_that_was_just_found_can_still_be_ended(void **state)
{
	uint64_t now = clock_ms();
	struct attempt_record life = sample_attempt(1, 1, "s1");
	struct commit *c;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	write_lines(&rig, 1, 1, now - 8 * DAY_MS);
	life.minted_at = now - 9 * DAY_MS;
	c = commit_new(rig.store);
	commit_attempt(c, &life);
	commit_attempt_close(c, 1, 1, ATTEMPT_GONE, now - 7 * DAY_MS - 1000);
	rig_commit(&rig, c);
	rig_close(&rig);
	rig.options.retention_ms = 7 * DAY_MS;
	rig_start(&rig);
	until_pruned(&rig, 1); /* the line, but the life is left for an hour more */
	assert_false(find_attempt(&rig, STR("s1")).there); /* but it is not found any more */
	c = commit_new(rig.store);
	commit_attempt_close(c, 1, 1, ATTEMPT_ABANDONED, now);
	rig_commit(&rig, c);
	assert_int_equal(rig.n_fatal, 0);
	assert_true(find_attempt(&rig, STR("s1")).there);
	rig_fini(&rig);
}

static void without_retention_nothing_but_answers_is_forgotten(void **state)
{
	struct idem_record old = { .key = STR("old"), .at = clock_ms() - 2 * DAY_MS };
	struct commit *c;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	write_lines(&rig, 1, 600, 1000); /* in 1970 */
	write_lines(&rig, 601, 1200, 1000);
	rig_settle(&rig);
	rig_close(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	commit_idem(c, &old);
	rig_submit(&rig, c);
	write_lines(&rig, 1201, 2000, 1000);
	rig_settle(&rig);
	until_pruned(&rig, 1);
	assert_string_equal(ask(&rig, (struct journal_query){ .limit = 2 }), "1 2 ");
	rig_fini(&rig);
}

static void a_fenced_owner_forgets_nothing(void **state)
{
	const struct store_loader nobody = { NULL, ignore_account, ignore_attempt };
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	write_lines(&rig, 1, 600, clock_ms());
	rig_settle(&rig);
	rig_close(&rig);
	rig.options.journal_rows = 1;
	rig_load(&rig, &nobody);
	rig_sql(&rig, "UPDATE meta SET token = token + 1");
	rig_start(&rig);
	rig_until_fatal(&rig);
	assert_int_equal(rig.fatal_why.code, ERR_FENCED);
	assert_string_equal(ask(&rig, (struct journal_query){ .limit = 2 }), "1 2 ");
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_journal_is_read_both_ways),
		cmocka_unit_test(a_deleted_accounts_lines_stay),
		cmocka_unit_test(a_page_has_its_limit),
		cmocka_unit_test(an_answer_is_found_by_its_key),
		cmocka_unit_test(a_receiver_goes_on_where_it_was),
		cmocka_unit_test(a_session_is_found_in_the_whole_ledger),
		cmocka_unit_test(the_newest_deaths_of_each_slot_are_kept),
		cmocka_unit_test(more_questions_than_the_queue_holds_are_refused),
		cmocka_unit_test(questions_left_open_at_the_end_are_dropped),
		cmocka_unit_test(one_bad_line_spoils_only_its_answer),
		cmocka_unit_test(the_journal_keeps_no_more_lines_than_allowed),
		cmocka_unit_test(retention_can_be_changed_on_the_way),
		cmocka_unit_test(pruning_keeps_up_with_a_writer_that_never_rests),
		cmocka_unit_test(old_lines_lives_and_answers_are_forgotten),
		cmocka_unit_test(a_life_that_was_just_found_can_still_be_ended),
		cmocka_unit_test(without_retention_nothing_but_answers_is_forgotten),
		cmocka_unit_test(a_fenced_owner_forgets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
