/*
 * powercut_test.c - the plug is pulled at a random write, with the disk's cache in any state.
 *
 * kill -9 does not test durability, since the kernel still has the pages.  Here the shim keeps for
 * each file what was synced, and every write since; at the cut a random choice of those, torn at
 * sectors, is on the disk.  From such an image the store must come up with whole commits, and with
 * all that was acknowledged before the cut.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/obj.h"
#include "base/rng.h"
#include "shim.h"

#define ROWS   20
#define BATCH  10
#define SECTOR 512
#define IMAGES 200
#define SEED   20251116

struct pending {
	enum shim_op op; /* SHIM_WRITE or SHIM_TRUNCATE */
	int64_t at, n;
	char *bytes;
};

/* One file as the disk has it for certain, and what may have come since.  Of the writer thread. */
struct platter {
	struct buf synced;
	struct pending *since;
	size_t n_since, room;
};

struct disk {
	char dir[64], image_dir[64];
	struct platter db, log;
	_Atomic uint64_t n_events, acknowledged;
	_Atomic bool cut; /* the image is written and wants to be looked at */
	/* Of the writer thread while `cut` is false, else of the test: */
	uint64_t seed, cut_at, at_cut;
};

static void put(struct buf *b, int64_t at, const char *bytes, int64_t n)
{
	while (b->n < (size_t)(at + n))
		assert_int_equal(buf_byte(b, 0), 0);
	memcpy(b->p + at, bytes, (size_t)n);
}

static void cut_to(struct buf *b, int64_t size)
{
	if (b->n > (size_t)size)
		b->n = (size_t)size;
}

static void apply(struct buf *b, const struct pending *w)
{
	if (w->op == SHIM_TRUNCATE)
		cut_to(b, w->at);
	else
		put(b, w->at, w->bytes, w->n);
}

static void remember(struct platter *p, const struct shim_event *e)
{
	struct pending *w;

	if (p->n_since == p->room) {
		p->room = p->room > 0 ? p->room * 2 : 64;
		p->since = realloc(p->since, p->room * sizeof *p->since);
		assert_non_null(p->since);
	}
	w = &p->since[p->n_since++];
	*w = (struct pending){ e->op, e->at, e->n, NULL };
	if (e->op == SHIM_WRITE) {
		w->bytes = malloc((size_t)e->n);
		assert_non_null(w->bytes);
		memcpy(w->bytes, e->bytes, (size_t)e->n);
	}
}

static void sync_platter(struct platter *p)
{
	for (size_t i = 0; i < p->n_since; i++) {
		apply(&p->synced, &p->since[i]);
		free(p->since[i].bytes);
	}
	p->n_since = 0;
}

/* All of a write, none, or some of its sectors. */
static void apply_by_chance(struct buf *b, const struct pending *w, uint64_t *seed)
{
	uint64_t fate = rng_next(seed) % 4;

	if (fate == 0)
		return;
	if (fate == 1 || w->op == SHIM_TRUNCATE) {
		apply(b, w);
		return;
	}
	for (int64_t at = 0; at < w->n; at += SECTOR) {
		if (rng_next(seed) % 2 == 0)
			put(b, w->at + at, w->bytes + at, MIN_OF((int64_t)SECTOR, w->n - at));
	}
}

static void write_image(struct disk *d, struct platter *p, const char *name)
{
	struct buf image;
	char path[128];

	buf_init(&image, 1u << 28);
	buf_add(&image, p->synced.p, p->synced.n);
	for (size_t i = 0; i < p->n_since; i++)
		apply_by_chance(&image, &p->since[i], &d->seed);
	snprintf(path, sizeof path, "%s/%s", d->image_dir, name);
	write_file(path, buf_all(&image));
	buf_fini(&image);
}

static void on_disk_event(void *ctx, const struct shim_event *e)
{
	struct disk *d = ctx;
	struct platter *p = e->file == SHIM_DB ? &d->db : &d->log;

	if (e->path == NULL || strncmp(e->path, d->dir, strlen(d->dir)) != 0)
		return; /* of a store that looks at an image */
	if (e->op == SHIM_SYNC)
		sync_platter(p);
	else
		remember(p, e);
	d->n_events++;
	if (d->cut || d->n_events < d->cut_at)
		return;
	d->at_cut = d->acknowledged;
	write_image(d, &d->db, "relink.db");
	write_image(d, &d->log, "relink.db-wal");
	d->cut = true;
}

static void on_acknowledged(void *ctx)
{
	((struct disk *)ctx)->acknowledged++;
}

/* Commit n: account n mod ROWS gets generation n, and line n is written. */
static void submit_numbered(struct rig *rig, struct disk *d, uint64_t n)
{
	static char filler[4000];
	struct account_record a = sample_account(n % ROWS + 1);
	struct journal_record line = sample_line(n, n % ROWS + 1);
	struct commit *c = commit_new(rig->store);

	memset(filler, 'a' + (int)(n % 26), sizeof filler);
	a.metadata = (struct str){ filler, sizeof filler };
	a.generation = n;
	commit_account(c, &a);
	commit_journal(c, &line);
	assert_int_equal(store_submit(rig->store, &c, on_acknowledged, d), 0);
}

struct found {
	uint64_t latest[ROWS], n_lines;
	bool ended;
};

static int on_account(void *ctx, const struct account_record *a)
{
	struct found *f = ctx;

	f->latest[a->row - 1] = a->generation;
	return 0;
}

static void on_line(void *ctx, int result, const struct journal_record *line)
{
	struct found *f = ctx;

	assert_int_equal(result, 0);
	if (line != NULL)
		assert_int_equal(line->seq, ++f->n_lines);
	else
		f->ended = true;
}

static bool has_ended(void *ctx)
{
	return ((struct found *)ctx)->ended;
}

static void check_image(struct disk *d)
{
	struct found f = { 0 };
	const struct store_loader loader = { &f, on_account, ignore_attempt };
	struct journal_query q;
	struct rig rig;

	memset(&rig, 0, sizeof rig);
	snprintf(rig.dir, sizeof rig.dir, "%s", d->image_dir);
	rig.options = (struct store_options){ .dir = rig.dir };
	rig_load(&rig, &loader);
	rig_start(&rig);
	do {
		q = (struct journal_query){ .after = f.n_lines, .limit = 1000 };
		f.ended = false;
		assert_int_equal(store_read_journal(rig.store, &q, on_line, &f), 0);
		rig_until(&rig, has_ended, &f);
	} while (f.n_lines > q.after);
	if (f.n_lines < d->at_cut)
		fail_msg("%llu commits were acknowledged, %llu are there",
			 (unsigned long long)d->at_cut, (unsigned long long)f.n_lines);
	for (uint64_t n = f.n_lines; n + ROWS > f.n_lines && n > 0; n--)
		assert_int_equal(f.latest[n % ROWS],
				 n); /* the account's part of the same commits */
	rig_fini(&rig);
	assert_int_equal(mkdir(d->image_dir, 0700), 0);
}

static void platter_fini(struct platter *p)
{
	sync_platter(p);
	free(p->since);
	buf_fini(&p->synced);
}

static void acknowledged_commits_survive_a_power_cut(void **state)
{
	struct disk d = { .seed = SEED };
	struct rig rig, image;
	uint64_t n = 0;
	unsigned n_images = 0;

	(void)state;
	rig_init(&rig);
	rig_init(&image);
	snprintf(d.dir, sizeof d.dir, "%s", rig.dir);
	snprintf(d.image_dir, sizeof d.image_dir, "%s", image.dir);
	buf_init(&d.db.synced, 1u << 28);
	buf_init(&d.log.synced, 1u << 28);
	rig_open(&rig);
	assert_true(read_file(rig_path(&rig, "relink.db"), &d.db.synced));
	read_file(rig_path(&rig, "relink.db-wal"), &d.log.synced);
	shim.ctx = &d;
	shim.watch = on_disk_event;
	rig_start(&rig);
	while (n_images < IMAGES) {
		for (unsigned i = 0; i < BATCH; i++)
			submit_numbered(&rig, &d, ++n);
		rig_settle(&rig);
		if (d.cut) {
			check_image(&d);
			n_images++;
			d.cut_at = d.n_events + rng_next(&d.seed) % 200;
			d.cut = false;
		}
	}
	rig_close(&rig);
	shim_reset();
	print_message("%u images of %llu commits and %llu disk operations, seed %u\n", n_images,
		      (unsigned long long)n, (unsigned long long)d.n_events, SEED);
	rig_fini(&rig);
	rig_fini(&image);
	platter_fini(&d.db);
	platter_fini(&d.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acknowledged_commits_survive_a_power_cut),
	};

	shim_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
