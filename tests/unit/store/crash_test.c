/*
 * crash_test.c - a store that is killed at each of its kill points, and killed again on its way
 * back.
 *
 * The victim is this program, run again.  It writes numbered commits, each an account, a life, a
 * journal line and an answer, and says on stdout which ones were acknowledged.  Whenever it dies,
 * the next start must find the commits 1 to n, whole, and n must be at least what was acknowledged.
 */
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/obj.h"

#define BATCHES 14
#define BATCH   20
#define COMMITS (BATCHES * BATCH)

/* Every kill point of the room; the first test compares it with what a life passes. */
static const char *const points[] = {
	"store.lock",
	"store.migrate.begin",
	"store.migrate.applied",
	"store.migrate.committed",
	"store.create.filled",
	"store.create.renamed",
	"store.open.checked",
	"store.token.taken",
	"store.token.committed",
	"store.load",
	"store.group.begin",
	"store.group.passed",
	"store.group.applied",
	"store.group.committed",
	"store.completion",
	"store.prune.applied",
	"store.prune.committed",
	"store.checkpoint.begin",
	"store.checkpoint.end",
	"store.close",
};

static void on_acknowledged(void *ctx)
{
	uint64_t n = (uint64_t)(uintptr_t)ctx;

	if (write(STDOUT_FILENO, &n, sizeof n) != sizeof n)
		abort();
}

/* 16 KiB an account, so that one life writes enough for a checkpoint. */
static struct commit *numbered_commit(struct rig *rig, uint64_t n)
{
	static char filler[STORE_STRING_MAX];
	struct account_record account = sample_account(n);
	struct attempt_record life;
	struct journal_record line = sample_line(n, n);
	struct idem_record idem = { .at = clock_ms() - 25ull * 60 * 60 * 1000 };
	struct commit *c = commit_new(rig->store);
	char name[32];

	memset(filler, 'x', sizeof filler);
	snprintf(name, sizeof name, "s%llu", (unsigned long long)n);
	account.metadata = (struct str){ filler, sizeof filler };
	life = sample_attempt(n, 1, name);
	idem.key = str_of(name);
	commit_account(c, &account);
	commit_attempt(c, &life);
	commit_journal(c, &line);
	commit_idem(c, &idem); /* too old already: something to prune */
	return c;
}

static bool log_was_moved(void *ctx)
{
	struct rig *rig = ctx;
	struct store_stats stats;
	struct stat st;

	store_stats(rig->store, &stats);
	return stats.pruned > 0 && stat(rig_path(rig, "relink.db"), &st) == 0 &&
	       st.st_size > COMMITS * STORE_STRING_MAX / 2;
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

static int child_work(const char *dir)
{
	struct rig rig = { 0 };
	uint64_t n;
	uv_idle_t idle;

	snprintf(rig.dir, sizeof rig.dir, "%s", dir);
	rig.options = (struct store_options){ .dir = rig.dir };
	rig_start(&rig);
	n = rig.facts.last_seq;
	for (unsigned b = 0; b < BATCHES; b++) {
		for (unsigned i = 0; i < BATCH; i++) {
			struct commit *c = numbered_commit(&rig, ++n);

			if (store_submit(rig.store, &c, on_acknowledged, (void *)(uintptr_t)n) < 0)
				return 1;
		}
		rig_settle(&rig);
	}
	uv_idle_init(&rig.loop, &idle);
	uv_idle_start(&idle, on_idle);
	rig_until(&rig, log_was_moved, &rig);
	uv_close((uv_handle_t *)&idle, NULL);
	rig_close(&rig);
	return 0;
}

struct victim {
	struct rig rig; /* its directory, and what the next start finds there */
	uint64_t acknowledged;
	bool killed;
};

/* One life of the victim, with RELINK_... in its environment or NULL. */
static void live(struct victim *v, const char *env)
{
	const char *const args[] = { "work", v->rig.dir, NULL };
	struct buf said;
	int out, status;
	pid_t pid;

	buf_init(&said, 1u << 20);
	pid = child_start(args, env, &out);
	status = child_end(pid, out, &said);
	v->killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (!v->killed && status != 0)
		fail_msg("with %s the victim ended with status %x", env, status);
	for (size_t at = 0; at + sizeof(uint64_t) <= said.n; at += sizeof(uint64_t)) {
		uint64_t n;

		memcpy(&n, said.p + at, sizeof n);
		assert_true(n > v->acknowledged); /* in order */
		v->acknowledged = n;
	}
	buf_fini(&said);
}

struct tally {
	uint64_t accounts, lives, lines;
	bool ended;
};

static int count_account(void *ctx, const struct account_record *a)
{
	struct tally *t = ctx;

	assert_int_equal(a->row, ++t->accounts); /* none is missing */
	return 0;
}

static int count_life(void *ctx, const struct attempt_record *a)
{
	struct tally *t = ctx;

	assert_int_equal(a->row, ++t->lives);
	return 0;
}

static void count_line(void *ctx, int result, const struct journal_record *line)
{
	struct tally *t = ctx;

	assert_int_equal(result, 0);
	if (line != NULL)
		assert_int_equal(line->seq, ++t->lines);
	else
		t->ended = true;
}

static bool all_lines_counted(void *ctx)
{
	return ((struct tally *)ctx)->ended;
}

/* Whole commits from 1 to n, and nothing that was acknowledged is missing. */
static void expect_whole(struct victim *v, const char *story)
{
	struct tally t = { 0 };
	const struct store_loader loader = { &t, count_account, count_life };
	struct journal_query page;

	rig_load(&v->rig, &loader);
	rig_start(&v->rig);
	do {
		page = (struct journal_query){ .after = t.lines, .limit = 1000 };
		t.ended = false;
		assert_int_equal(store_read_journal(v->rig.store, &page, count_line, &t), 0);
		rig_until(&v->rig, all_lines_counted, &t);
	} while (t.lines > page.after);
	if (t.accounts != t.lives || t.accounts != t.lines || t.accounts < v->acknowledged ||
	    v->rig.facts.last_seq != t.lines || v->rig.facts.last_row != t.accounts)
		fail_msg("%s: %llu accounts, %llu lives, %llu lines, %llu acknowledged", story,
			 (unsigned long long)t.accounts, (unsigned long long)t.lives,
			 (unsigned long long)t.lines, (unsigned long long)v->acknowledged);
	rig_close(&v->rig);
}

static void a_life_passes_every_kill_point(void **state)
{
	struct victim v = { 0 };
	struct buf trace;
	char env[128];

	(void)state;
	NEEDS_KILL_POINTS();
	buf_init(&trace, 1u << 16);
	rig_init(&v.rig);
	snprintf(env, sizeof env, "RELINK_KILL_TRACE=%s/trace", v.rig.dir);
	live(&v, env);
	assert_false(v.killed);
	assert_int_equal(v.acknowledged, COMMITS);
	assert_true(read_file(rig_path(&v.rig, "trace"), &trace));
	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		char line[64];

		snprintf(line, sizeof line, "%s\n", points[i]);
		if (memmem(trace.p, trace.n, line, strlen(line)) == NULL)
			fail_msg("%s was not passed", points[i]);
	}
	for (size_t i = 0, n = 0; i < trace.n; i++) {
		n += trace.p[i] == '\n';
		assert_true(n <= ARRAY_LEN(points)); /* a new one belongs into the list */
	}
	expect_whole(&v, "a life in peace");
	rig_fini(&v.rig);
	buf_fini(&trace);
}

static void killed_anywhere_nothing_acknowledged_is_lost(void **state)
{
	unsigned n_killed = 0;

	(void)state;
	NEEDS_KILL_POINTS();
	for (size_t i = 0; i < ARRAY_LEN(points) * 3; i++) {
		struct victim v = { 0 };
		char env[64];
		size_t hit = i % 3 + 1;

		snprintf(env, sizeof env, "RELINK_KILL=%s:%zu", points[i / 3], hit);
		rig_init(&v.rig);
		live(&v, env);
		if (hit == 1 && !v.killed)
			fail_msg("%s does not kill", env);
		n_killed += v.killed;
		if (v.killed) {
			expect_whole(&v, env);
		}
		if (hit == 1) {
			live(&v, NULL); /* and life goes on */
			assert_false(v.killed);
			expect_whole(&v, env);
		}
		rig_fini(&v.rig);
	}
	print_message("killed %u times\n", n_killed);
}

static void killed_again_on_the_way_back_nothing_is_lost(void **state)
{
	static const char *const first[] = { "store.group.applied", "store.group.committed",
					     "store.checkpoint.begin", "store.checkpoint.end",
					     "store.create.renamed" };
	static const char *const second[] = { "store.open.checked", "store.token.taken",
					      "store.token.committed", "store.load",
					      "store.group.committed" };

	(void)state;
	NEEDS_KILL_POINTS();
	for (size_t i = 0; i < ARRAY_LEN(first) * ARRAY_LEN(second); i++) {
		struct victim v = { 0 };
		char story[128], env[64];

		rig_init(&v.rig);
		snprintf(env, sizeof env, "RELINK_KILL=%s", first[i / ARRAY_LEN(second)]);
		live(&v, env);
		assert_true(v.killed);
		snprintf(env, sizeof env, "RELINK_KILL=%s", second[i % ARRAY_LEN(second)]);
		live(&v, env);
		assert_true(v.killed);
		snprintf(story, sizeof story, "%s, then %s", first[i / ARRAY_LEN(second)],
			 second[i % ARRAY_LEN(second)]);
		expect_whole(&v, story);
		rig_fini(&v.rig);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life_passes_every_kill_point),
		cmocka_unit_test(killed_anywhere_nothing_acknowledged_is_lost),
		cmocka_unit_test(killed_again_on_the_way_back_nothing_is_lost),
	};

	if (argc == 3 && strcmp(argv[1], "work") == 0)
		return child_work(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
