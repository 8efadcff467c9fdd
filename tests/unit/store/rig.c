/* rig.c - see rig.h. */
#include "rig.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 30000

extern char **environ;

void rig_init(struct rig *rig)
{
	const char *tmp = getenv("TMPDIR");

	if (tmp == NULL)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* fsync is dear */
	memset(rig, 0, sizeof *rig);
	snprintf(rig->dir, sizeof rig->dir, "%s/relink-store-XXXXXX", tmp);
	assert_non_null(mkdtemp(rig->dir));
	rig->options = (struct store_options){ .dir = rig->dir };
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void rig_fini(struct rig *rig)
{
	rig_close(rig);
	nftw(rig->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void rig_open(struct rig *rig)
{
	int r = store_open(&rig->store, &rig->options, &rig->why);

	if (r < 0)
		fail_msg("store_open: %s", rig->why.text);
}

int ignore_account(void *ctx, const struct account_record *a)
{
	(void)ctx;
	(void)a;
	return 0;
}

int ignore_attempt(void *ctx, const struct attempt_record *a)
{
	(void)ctx;
	(void)a;
	return 0;
}

static void on_health(void *ctx, bool ok, const struct why *why)
{
	struct rig *rig = ctx;

	if (ok) {
		rig->n_healthy++;
		return;
	}
	rig->n_unhealthy++;
	rig->health_why = *why;
}

static void on_fatal(void *ctx, const struct why *why)
{
	struct rig *rig = ctx;

	rig->n_fatal++;
	rig->fatal_why = *why;
}

int rig_try_load(struct rig *rig, const struct store_loader *loader)
{
	int r = store_load(rig->store, loader, &rig->facts, &rig->why);

	rig->loaded = r == 0;
	return r;
}

int rig_try_start(struct rig *rig)
{
	const struct store_port port = { rig, on_health, on_fatal };

	assert_int_equal(uv_loop_init(&rig->loop), 0);
	rig->looping = true;
	return store_start(rig->store, &rig->loop, &port, &rig->why);
}

void rig_load(struct rig *rig, const struct store_loader *loader)
{
	if (rig->store == NULL)
		rig_open(rig);
	if (rig_try_load(rig, loader) < 0)
		fail_msg("store_load: %s", rig->why.text);
}

void rig_start(struct rig *rig)
{
	const struct store_loader nobody = { NULL, ignore_account, ignore_attempt };

	if (!rig->loaded)
		rig_load(rig, &nobody);
	if (rig_try_start(rig) < 0)
		fail_msg("store_start: %s", rig->why.text);
}

void rig_close(struct rig *rig)
{
	store_close(&rig->store);
	if (rig->looping) {
		uv_run(&rig->loop, UV_RUN_DEFAULT);
		assert_int_equal(uv_loop_close(&rig->loop), 0);
	}
	rig->looping = rig->loaded = false;
	rig->n_done = 0;
}

static void on_deadline(uv_timer_t *t)
{
	*(bool *)t->data = true;
}

void rig_until(struct rig *rig, bool (*holds)(void *ctx), void *ctx)
{
	bool late = false;
	uv_timer_t timer;

	uv_timer_init(&rig->loop, &timer);
	timer.data = &late;
	uv_timer_start(&timer, on_deadline, DEADLINE_MS, 0);
	while (!holds(ctx) && !late)
		uv_run(&rig->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&rig->loop, UV_RUN_NOWAIT);
	if (late)
		fail_msg("waited for half a minute in vain; fatal: %s, health: %s",
			 rig->fatal_why.text, rig->health_why.text);
}

static void on_done(void *ctx)
{
	struct rig *rig = ctx;

	rig->n_done++;
}

void rig_submit(struct rig *rig, struct commit *given)
{
	int r = store_submit(rig->store, &given, on_done, rig);

	assert_null(given);
	if (r < 0)
		fail_msg("store_submit: %s", err_name(r));
}

static void on_settled(void *ctx)
{
	*(bool *)ctx = true;
}

static bool is_set(void *ctx)
{
	return *(bool *)ctx;
}

void rig_settle(struct rig *rig)
{
	struct commit *last = commit_new(rig->store);
	bool settled = false;

	assert_int_equal(store_submit(rig->store, &last, on_settled, &settled), 0);
	rig_until(rig, is_set, &settled);
	assert_int_equal(store_backlog(rig->store), 0);
}

static bool has_ended(void *ctx)
{
	return ((struct rig *)ctx)->n_fatal > 0;
}

void rig_until_fatal(struct rig *rig)
{
	rig_until(rig, has_ended, rig);
}

void rig_commit(struct rig *rig, struct commit *given)
{
	rig_submit(rig, given);
	rig_settle(rig);
}

const char *rig_path(const struct rig *rig, const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", rig->dir, name);
	return path;
}

static void dump_bytes(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c > 0x20 && c < 0x7f && c != '%')
			buf_byte(out, (char)c);
		else
			buf_printf(out, "%%%02x", c);
	}
}

void dump_record(struct buf *out, const struct record_type *t, const void *record)
{
	buf_printf(out, "%s", t->table);
	for (unsigned i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->columns[i];

		buf_printf(out, " %s=", c->name);
		if (c->type == COLUMN_TEXT)
			dump_bytes(out, *record_text(c, record));
		else if (c->type == COLUMN_HASH)
			dump_bytes(out, (struct str){ (const char *)record + c->offset, c->size });
		else
			buf_u64(out, record_get(c, record));
	}
	buf_byte(out, '\n');
}

int dump_account(void *ctx, const struct account_record *a)
{
	dump_record(ctx, &record_account, a);
	return 0;
}

int dump_attempt(void *ctx, const struct attempt_record *a)
{
	dump_record(ctx, &record_attempt, a);
	return 0;
}

int dump_api_key(void *ctx, const struct api_key_record *k)
{
	dump_record(ctx, &record_api_key, k);
	return 0;
}

int dump_qr_link(void *ctx, const struct qr_link_record *l)
{
	dump_record(ctx, &record_qr_link, l);
	return 0;
}

struct page {
	struct buf *out;
	uint64_t last, n;
	bool ended;
};

static void dump_line(void *ctx, int result, const struct journal_record *line)
{
	struct page *page = ctx;

	assert_int_equal(result, 0);
	if (line == NULL) {
		page->ended = true;
		return;
	}
	dump_record(page->out, &record_journal, line);
	page->last = line->seq;
	page->n++;
}

static void dump_journal(struct rig *rig, struct buf *out)
{
	struct page page = { .out = out };

	do {
		struct journal_query q = { .after = page.last, .limit = 1000 };

		page.n = 0;
		page.ended = false;
		assert_int_equal(store_read_journal(rig->store, &q, dump_line, &page), 0);
		rig_until(rig, is_set, &page.ended);
	} while (page.n > 0);
}

void rig_dump(struct rig *rig, struct buf *out)
{
	const struct store_loader loader = { out, dump_account, dump_attempt,
					     .api_key = dump_api_key, .qr_link = dump_qr_link };

	rig_load(rig, &loader);
	rig_start(rig);
	dump_journal(rig, out);
}

struct account_record sample_account(uint64_t n)
{
	static char id[32];

	snprintf(id, sizeof id, "acc_%llu", (unsigned long long)n);
	return (struct account_record){
		.row = n,
		.id = str_of(id),
		.workspace = STR("default"),
		.provider = STR("mock"),
		.instance = STR("mock-1"),
		.metadata = STR("{}"),
		.state = 3,
		.generation = 1,
		.rng = n * 0x9e3779b97f4a7c15ull,
		.created_at = 1763287200000 + n,
		.since = 1763287200000 + n,
	};
}

struct attempt_record sample_attempt(uint64_t row, uint64_t generation, const char *session)
{
	return (struct attempt_record){
		.row = row,
		.generation = generation,
		.session = str_of(session),
		.profile = STR("p_1"),
		.instance = STR("mock-1"),
		.minted_at = 1763287200000 + generation,
	};
}

struct journal_record sample_line(uint64_t seq, uint64_t row)
{
	return (struct journal_record){
		.seq = seq,
		.at = 1763287200000 + seq,
		.row = row,
		.generation = 1,
		.kind = JOURNAL_STATUS,
		.to = 3,
		.tell = true,
		.account = STR("acc_1"),
		.workspace = STR("default"),
		.text = STR("it works"),
		.data = STR("{}"),
	};
}

void rig_fill(struct rig *rig)
{
	struct commit *c;

	rig_start(rig);
	c = commit_new(rig->store);
	for (uint64_t row = 1; row <= 40; row++) {
		struct account_record a = sample_account(row);
		struct attempt_record life = sample_attempt(row, 1, "s1");
		struct journal_record line = sample_line(row, row);
		char session[16];

		snprintf(session, sizeof session, "s%llu", (unsigned long long)row);
		life.session = str_of(session);
		commit_account(c, &a);
		commit_attempt(c, &life);
		commit_journal(c, &line);
	}
	rig_commit(rig, c);
	rig_close(rig);
}

void rig_sql(const struct rig *rig, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(rig_path(rig, "relink.db"), &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000); /* the store may be at a chore of its own */
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

void rig_refused(struct rig *rig, int code, const char *words)
{
	static const char *const names[] = { "relink.db", "relink.db-wal" };
	const struct store_loader nobody = { NULL, ignore_account, ignore_attempt };
	struct buf before[2], after[2];
	bool there[2];
	struct store_facts facts;
	int r;

	for (unsigned i = 0; i < 2; i++) {
		buf_init(&before[i], 1u << 24);
		buf_init(&after[i], 1u << 24);
		there[i] = read_file(rig_path(rig, names[i]), &before[i]);
	}
	r = store_open(&rig->store, &rig->options, &rig->why);
	if (r == 0)
		r = store_load(rig->store, &nobody, &facts, &rig->why);
	store_close(&rig->store);
	if (r != code)
		fail_msg("expected %s, got %s: %s", err_name(code), err_name(r), rig->why.text);
	if (strstr(rig->why.text, words) == NULL)
		fail_msg("\"%s\" is not in: %s", words, rig->why.text);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(read_file(rig_path(rig, names[i]), &after[i]), there[i]);
		assert_true(str_eq(buf_all(&before[i]), buf_all(&after[i])));
		buf_fini(&before[i]);
		buf_fini(&after[i]);
	}
}

bool read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	while ((n = read(fd, buf_room(out, 65536), 65536)) > 0)
		out->n += (size_t)n;
	close(fd);
	return true;
}

void write_file(const char *path, struct str bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
	close(fd);
}

pid_t child_start(const char *const args[], const char *env, int *ret_out)
{
	posix_spawn_file_actions_t actions;
	char self[] = "/proc/self/exe", *argv[8] = { self }, *envp[256];
	size_t n = 0;
	int pipe_fds[2];
	pid_t pid;

	for (size_t i = 0; args[i] != NULL && i < 6; i++)
		argv[i + 1] = (char *)args[i];
	for (; environ[n] != NULL && n < 254; n++)
		envp[n] = environ[n];
	envp[n++] = (char *)env;
	envp[n] = NULL;
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
	assert_int_equal(posix_spawn(&pid, argv[0], &actions, NULL, argv, envp), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fds[1]);
	*ret_out = pipe_fds[0];
	return pid;
}

int child_end(pid_t pid, int out, struct buf *said)
{
	int status;
	ssize_t n;

	while ((n = read(out, buf_room(said, 4096), 4096)) > 0)
		said->n += (size_t)n;
	close(out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}
