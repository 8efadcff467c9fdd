/*
 * damage_test.c - a damaged database is refused and left as it is; no damaged row is acted upon.
 */
#include "rig.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/obj.h"
#include "base/rng.h"

static void what_is_no_database_is_refused(void **state)
{
	static const struct {
		const char *name;
		struct str bytes;
	} cases[] = {
		{ "empty", STR("") },
		{ "text",
		  STR("this is not a database, but it is long enough for a header, or is it?") },
		{ "only the magic", STR("SQLite format 3") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct rig rig;

		rig_init(&rig);
		write_file(rig_path(&rig, "relink.db"), cases[i].bytes);
		rig_refused(&rig, ERR_CORRUPT, "restore a backup");
		rig_fini(&rig);
	}
}

static void somebody_elses_database_is_refused(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_sql(&rig, "CREATE TABLE account (a); PRAGMA user_version = 1");
	rig_refused(&rig, ERR_CORRUPT, "no database of Relink");
	rig_fini(&rig);
}

static void a_database_cut_short_is_refused(void **state)
{
	struct rig rig;
	struct stat st;

	(void)state;
	rig_init(&rig);
	rig_fill(&rig);
	assert_int_equal(stat(rig_path(&rig, "relink.db"), &st), 0);
	for (off_t size = st.st_size - 4096; size > 0; size -= 4096) {
		assert_int_equal(truncate(rig_path(&rig, "relink.db"), size), 0);
		rig_refused(&rig, ERR_CORRUPT, "restore a backup");
	}
	rig_fini(&rig);
}

static void a_page_of_rubbish_is_refused_wherever_it_is(void **state)
{
	struct buf file;
	struct rig rig;

	(void)state;
	buf_init(&file, 1u << 22);
	rig_init(&rig);
	rig_fill(&rig);
	read_file(rig_path(&rig, "relink.db"), &file);
	for (size_t at = 0; at < file.n; at += 4096) {
		char page[4096];

		memcpy(page, file.p + at, sizeof page);
		memset(file.p + at, 0xa5, sizeof page);
		write_file(rig_path(&rig, "relink.db"), buf_all(&file));
		rig_refused(&rig, ERR_CORRUPT, "restore a backup");
		memcpy(file.p + at, page, sizeof page);
	}
	rig_fini(&rig);
	buf_fini(&file);
}

/* What a flipped byte may lead to: refused on opening, refused on loading, or (in unused space and
 * in indexes) exactly what was stored.  Never anything else.  NULL when it is so. */
static const char *open_damaged(struct rig *rig, const struct buf *good, struct buf *scratch)
{
	const struct store_loader loader = { scratch, dump_account, dump_attempt,
					     .api_key = dump_api_key };
	struct store_facts facts;
	int r = store_open(&rig->store, &rig->options, &rig->why);

	buf_reset(scratch);
	if (r == 0)
		r = store_load(rig->store, &loader, &facts, &rig->why);
	store_close(&rig->store);
	if (r == ERR_CORRUPT)
		return NULL;
	if (r == ERR_VERSION)
		return NULL; /* the byte was in the schema's number */
	if (r < 0)
		return rig->why.text;
	if (!str_eq(buf_all(good), buf_all(scratch)))
		return "loaded what was never stored";
	return facts.last_row == 40 && facts.last_seq == 40 ? NULL : "the marks are wrong";
}

static void no_flipped_byte_is_ever_acted_upon(void **state)
{
	struct buf file, good, scratch;
	const struct store_loader loader = { &good, dump_account, dump_attempt,
					     .api_key = dump_api_key };
	unsigned n_refused = 0;
	uint64_t seed = 42;
	struct rig rig;

	(void)state;
	buf_init(&file, 1u << 22);
	buf_init(&good, 1u << 22);
	buf_init(&scratch, 1u << 24);
	rig_init(&rig);
	rig_fill(&rig);
	rig_load(&rig, &loader);
	rig_close(&rig);
	read_file(rig_path(&rig, "relink.db"), &file);
	for (unsigned i = 0; i < 2000; i++) {
		size_t at = rng_next(&seed) % file.n;
		char flip = (char)(1 << rng_next(&seed) % 8);
		const char *wrong;

		file.p[at] ^= flip;
		unlink(rig_path(&rig, "relink.db-wal"));
		unlink(rig_path(&rig, "relink.db-shm"));
		write_file(rig_path(&rig, "relink.db"), buf_all(&file));
		wrong = open_damaged(&rig, &good, &scratch);
		if (wrong != NULL)
			fail_msg("byte %zu, flipped by %02x: %s", at, (unsigned char)flip, wrong);
		n_refused += scratch.n == 0;
		file.p[at] ^= flip;
	}
	print_message("%u of 2000 flipped bytes were refused, the others changed nothing\n",
		      n_refused);
	assert_true(n_refused > 100);
	rig_fini(&rig);
	buf_fini(&file);
	buf_fini(&good);
	buf_fini(&scratch);
}

static void a_row_edited_by_hand_is_refused(void **state)
{
	static const char *const edits[] = {
		"UPDATE account SET want = 1 WHERE row = 3",
		"UPDATE account SET label = 'x' WHERE row = 3",
		"UPDATE attempt SET state = 1 WHERE account_row = 3",
		"UPDATE attempt SET session = CAST(session AS BLOB) WHERE account_row = 3",
		"UPDATE meta SET last_row = 3",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		struct rig rig;

		rig_init(&rig);
		rig_fill(&rig);
		rig_sql(&rig, edits[i]);
		rig_refused(&rig, ERR_CORRUPT, "edited by hand");
		rig_fini(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_database_is_refused),
		cmocka_unit_test(somebody_elses_database_is_refused),
		cmocka_unit_test(a_database_cut_short_is_refused),
		cmocka_unit_test(a_page_of_rubbish_is_refused_wherever_it_is),
		cmocka_unit_test(no_flipped_byte_is_ever_acted_upon),
		cmocka_unit_test(a_row_edited_by_hand_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
