/* roundtrip_test.c - what goes in comes out, and what is out of bounds does not go in. */
#include "rig.h"

#include "base/clock.h"
#include "base/obj.h"
#include "base/rng.h"

/* Nothing behind the table's back: between two columns there is at most padding. */
static void every_field_has_a_column(void **state)
{
	static const struct record_type *const types[] = {
		&record_meta,    &record_account,  &record_attempt, &record_journal,
		&record_idem,    &record_instance, &record_cursor,  &record_api_key,
		&record_death,   &record_incident, &record_pause,   &record_bulk,
		&record_qr_link, &record_endpoint, &record_alert,   &record_number
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		size_t covered = 0, gap = 0;

		while (covered < types[i]->size) {
			size_t next = 0;

			for (unsigned k = 0; k < types[i]->n_columns; k++) {
				if (types[i]->columns[k].offset == covered)
					next = covered + types[i]->columns[k].size;
			}
			gap = next == 0 ? gap + 1 : 0;
			covered = next == 0 ? covered + 1 : next;
			if (gap >= sizeof(uint64_t))
				fail_msg("%s: byte %zu of the struct is in no column",
					 types[i]->table, covered);
		}
	}
}

enum fill { FILL_ZERO, FILL_MOST, FILL_RANDOM };

static uint64_t number(const struct column *c, enum fill fill, uint64_t *seed)
{
	uint64_t most = c->type == COLUMN_BOOL   ? 1
			: c->type == COLUMN_BITS ? UINT64_MAX
			: c->size == 1           ? UINT8_MAX
			: c->size == 4           ? UINT32_MAX
						 : INT64_MAX;

	return fill == FILL_ZERO ? 0 : fill == FILL_MOST ? most : rng_next(seed) & most;
}

static struct str bytes(enum fill fill, uint64_t *seed)
{
	static char pool[32][STORE_STRING_MAX];
	static unsigned next;
	char *p = pool[next++ % ARRAY_LEN(pool)];
	size_t n = fill == FILL_ZERO   ? 0
		   : fill == FILL_MOST ? STORE_STRING_MAX
				       : rng_next(seed) % 40;

	for (size_t i = 0; i < n; i++)
		p[i] = (char)(fill == FILL_MOST ? i : rng_next(seed));
	return (struct str){ p, n };
}

static void fill_record(const struct record_type *t, void *record, enum fill fill, uint64_t *seed)
{
	memset(record, 0, t->size);
	for (unsigned i = 0; i < t->n_columns; i++) {
		const struct column *c = &t->columns[i];

		if (c->type == COLUMN_TEXT)
			*record_text(c, record) = bytes(fill, seed);
		else if (c->type == COLUMN_HASH)
			memset((char *)record + c->offset, (int)number(c, fill, seed), c->size);
		else
			assert_true(record_set(c, record, number(c, fill, seed)));
	}
}

static void expect_idem(void *ctx, int result, const struct idem_record *found)
{
	struct buf *out = ctx;

	assert_int_equal(result, 0);
	assert_non_null(found);
	dump_record(out, &record_idem, found);
}

static void expect_cursor(void *ctx, int result, const struct cursor_record *found)
{
	struct buf *out = ctx;

	assert_int_equal(result, 0);
	assert_non_null(found);
	dump_record(out, &record_cursor, found);
}

static void expect_death(void *ctx, int result, const struct death_record *found)
{
	assert_int_equal(result, 0);
	if (found != NULL)
		dump_record(ctx, &record_death, found);
}

static bool holds_a_line(void *ctx)
{
	return ((struct buf *)ctx)->n > 0;
}

struct growth {
	const struct buf *buf;
	size_t from;
};

static bool has_grown(void *ctx)
{
	const struct growth *g = ctx;

	return g->buf->n > g->from;
}

static void round_trip(enum fill fill, uint64_t *seed)
{
	struct account_record account;
	struct attempt_record attempt;
	struct journal_record line;
	struct idem_record idem;
	struct death_record death;
	struct api_key_record key;
	struct qr_link_record link;
	struct cursor_record cursor;
	struct buf in, out, idem_in, idem_out, cursor_in, cursor_out;
	struct commit *c;
	size_t before;
	struct rig rig;

	fill_record(&record_account, &account, fill, seed);
	fill_record(&record_attempt, &attempt, fill, seed);
	fill_record(&record_journal, &line, fill, seed);
	fill_record(&record_idem, &idem, fill, seed);
	fill_record(&record_api_key, &key, fill, seed);
	fill_record(&record_qr_link, &link, fill, seed);
	fill_record(&record_cursor, &cursor, fill, seed);
	fill_record(&record_death, &death, fill, seed);
	attempt.state = ATTEMPT_OPEN;
	line.seq = MAX_OF(line.seq, (uint64_t)1); /* 0 is before the first one */
	idem.at = MAX_OF(idem.at, clock_ms());    /* old ones are forgotten at once */
	buf_init(&in, 64u << 20);
	buf_init(&out, 64u << 20);
	buf_init(&idem_in, 1u << 20);
	buf_init(&idem_out, 1u << 20);
	buf_init(&cursor_in, 1u << 20);
	buf_init(&cursor_out, 1u << 20);
	dump_record(&in, &record_account, &account);
	dump_record(&in, &record_attempt, &attempt);
	dump_record(&in, &record_api_key, &key);
	dump_record(&in, &record_qr_link, &link);
	dump_record(&in, &record_journal, &line);
	dump_record(&idem_in, &record_idem, &idem);
	dump_record(&cursor_in, &record_cursor, &cursor);
	dump_record(&idem_in, &record_death, &death);

	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	commit_account(c, &account);
	commit_attempt(c, &attempt);
	commit_journal(c, &line);
	commit_idem(c, &idem);
	commit_api_key(c, &key);
	commit_qr_link(c, &link);
	commit_cursor(c, &cursor);
	commit_death(c, &death);
	rig_commit(&rig, c);
	assert_int_equal(store_find_idem(rig.store, idem.key, expect_idem, &idem_out), 0);
	rig_until(&rig, holds_a_line, &idem_out);
	assert_int_equal(store_find_cursor(rig.store, cursor.name, expect_cursor, &cursor_out), 0);
	rig_until(&rig, holds_a_line, &cursor_out);
	assert_int_equal(store_read_deaths(rig.store, death.slot, 1, expect_death, &idem_out), 0);
	before = idem_out.n;
	rig_until(&rig, has_grown, &(struct growth){ &idem_out, before });
	rig_close(&rig);
	rig_dump(&rig, &out);
	assert_true(str_eq(buf_all(&in), buf_all(&out)));
	assert_true(str_eq(buf_all(&idem_in), buf_all(&idem_out)));
	assert_true(str_eq(buf_all(&cursor_in), buf_all(&cursor_out)));
	assert_int_equal(rig.facts.last_row, account.row);
	assert_int_equal(rig.facts.last_seq, line.seq);
	rig_fini(&rig);
	buf_fini(&in);
	buf_fini(&out);
	buf_fini(&idem_in);
	buf_fini(&idem_out);
	buf_fini(&cursor_in);
	buf_fini(&cursor_out);
}

static void expect_no_cursor(void *ctx, int result, const struct cursor_record *found)
{
	assert_int_equal(result, 0);
	assert_null(found);
	buf_byte(ctx, '.');
}

static int dump_endpoint(void *ctx, const struct endpoint_record *r)
{
	dump_record(ctx, &record_endpoint, r);
	return 0;
}

static void count_dead(void *ctx, int result, uint64_t n)
{
	assert_int_equal(result, 0);
	buf_printf(ctx, "%llu letters\n", (unsigned long long)n);
}

static void dump_dead(void *ctx, int result, const struct dead_letter *letter)
{
	assert_int_equal(result, 0);
	if (letter != NULL)
		dump_record(ctx, &record_dead_letter, letter);
	else
		buf_text(ctx, "end\n");
}

static void ask_dead(struct rig *rig, struct str endpoint, struct buf *out)
{
	size_t before = out->n;

	assert_int_equal(store_count_dead_letters(rig->store, endpoint, count_dead, out), 0);
	rig_until(rig, has_grown, &(struct growth){ out, before });
	before = out->n;
	assert_int_equal(store_read_dead_letters(rig->store, endpoint, 0, 1000, dump_dead, out), 0);
	rig_until(rig, has_grown, &(struct growth){ out, before });
}

/* They come back as they were, the oldest make room, and they go with their endpoint. */
static void endpoints_and_dead_letters_survive(void **state)
{
	struct endpoint_record endpoint, other;
	struct dead_letter letter;
	struct buf in, out;
	uint64_t seed = 5;
	struct commit *c;
	struct rig rig;

	(void)state;
	fill_record(&record_endpoint, &endpoint, FILL_RANDOM, &seed);
	fill_record(&record_endpoint, &other, FILL_RANDOM, &seed);
	fill_record(&record_dead_letter, &letter, FILL_RANDOM, &seed);
	endpoint.id = letter.endpoint = STR("wh_1");
	other.id = STR("wh_2");
	buf_init(&in, 64u << 20);
	buf_init(&out, 64u << 20);
	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	commit_endpoint(c, &endpoint);
	commit_endpoint(c, &other);
	commit_cursor(c, &(struct cursor_record){ .name = STR("endpoint:wh_1"), .seq = 1 });
	for (unsigned i = 1; i <= DEAD_LETTERS_KEPT + 3; i++) {
		letter.line.seq = i;
		commit_dead_letter(c, &letter);
	}
	commit_dead_letter_delete(c, endpoint.id, 5);
	rig_commit(&rig, c);
	buf_printf(&in, "%u letters\n", DEAD_LETTERS_KEPT - 1);
	for (unsigned i = 4; i <= DEAD_LETTERS_KEPT + 3; i++) {
		letter.line.seq = i;
		if (i != 5)
			dump_record(&in, &record_dead_letter, &letter);
	}
	buf_text(&in, "end\n");
	ask_dead(&rig, endpoint.id, &out);
	assert_true(str_eq(buf_all(&in), buf_all(&out)));
	c = commit_new(rig.store);
	commit_endpoint_delete(c, endpoint.id);
	rig_commit(&rig, c);
	buf_reset(&out);
	ask_dead(&rig, endpoint.id, &out);
	assert_true(str_is(buf_all(&out), "0 letters\nend\n"));
	assert_int_equal(store_find_cursor(rig.store, STR("endpoint:wh_1"), expect_no_cursor, &out),
			 0);
	rig_until(&rig, has_grown, &(struct growth){ &out, out.n });
	rig_close(&rig);
	buf_reset(&in);
	buf_reset(&out);
	dump_record(&in, &record_endpoint, &other);
	rig_load(&rig, &(struct store_loader){ &out, ignore_account, ignore_attempt,
					       .endpoint = dump_endpoint });
	assert_true(str_eq(buf_all(&in), buf_all(&out)));
	rig_fini(&rig);
	buf_fini(&in);
	buf_fini(&out);
}

static int dump_instance(void *ctx, const struct instance_record *r)
{
	dump_record(ctx, &record_instance, r);
	return 0;
}

/* The newest decision counts, and each instance has its own. */
static void decisions_about_instances_survive(void **state)
{
	const struct store_loader loader = { .account = ignore_account,
					     .attempt = ignore_attempt,
					     .instance = dump_instance };
	const struct instance_record a = { STR("mock-1"), 4711, 4713, STR("3 of 5 failed") },
				     b = { STR("mock-2"), 4712, 0, STR_NONE };
	const struct instance_record resumed = { STR("mock-2"), 0, 0, STR_NONE };
	struct store_loader l = loader;
	struct buf in, out;
	struct commit *c;
	struct rig rig;

	(void)state;
	buf_init(&in, 1u << 20);
	buf_init(&out, 1u << 20);
	l.ctx = &out;
	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	commit_instance(c, &a);
	commit_instance(c, &b);
	commit_instance(c, &resumed);
	rig_commit(&rig, c);
	rig_close(&rig);
	rig_load(&rig, &l);
	dump_record(&in, &record_instance, &a);
	dump_record(&in, &record_instance, &resumed);
	assert_true(str_eq(buf_all(&in), buf_all(&out)));
	rig_fini(&rig);
	buf_fini(&in);
	buf_fini(&out);
}

static int dump_incident(void *ctx, const struct incident_record *r)
{
	dump_record(ctx, &record_incident, r);
	return 0;
}

/* The newest state of each counts, and the oldest go. */
static void the_newest_incidents_survive(void **state)
{
	struct store_loader l = { .account = ignore_account,
				  .attempt = ignore_attempt,
				  .incident = dump_incident };
	struct incident_record r = { .state = 2,
				     .provider = STR("mock"),
				     .opened_at = 4711,
				     .changed_at = 4712,
				     .accounts = 5000,
				     .rounds = 3,
				     .causes = STR("{\"gone\":5000}"),
				     .text = STR("5000 accounts failed together") };
	struct buf in, out;
	struct commit *c;
	struct rig rig;

	(void)state;
	buf_init(&in, 1u << 20);
	buf_init(&out, 1u << 20);
	l.ctx = &out;
	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	for (r.id = 1; r.id <= INCIDENTS_KEPT + 7; r.id++)
		commit_incident(c, &r);
	r.id--;
	r.closed_at = 4713;
	r.real = true;
	r.instance = STR("mock-1");
	commit_incident(c, &r);
	rig_commit(&rig, c);
	rig_close(&rig);
	rig_load(&rig, &l);
	r.closed_at = 0;
	r.real = false;
	r.instance = STR_NONE;
	for (r.id = 8; r.id < INCIDENTS_KEPT + 7; r.id++)
		dump_record(&in, &record_incident, &r);
	r.closed_at = 4713;
	r.real = true;
	r.instance = STR("mock-1");
	dump_record(&in, &record_incident, &r);
	assert_true(str_eq(buf_all(&in), buf_all(&out)));
	rig_fini(&rig);
	buf_fini(&in);
	buf_fini(&out);
}

static int dump_pause(void *ctx, const struct pause_record *r)
{
	dump_record(ctx, &record_pause, r);
	return 0;
}

static int dump_bulk(void *ctx, const struct bulk_record *r)
{
	dump_record(ctx, &record_bulk, r);
	return 0;
}

static int dump_alert(void *ctx, const struct alert_record *r)
{
	dump_record(ctx, &record_alert, r);
	return 0;
}

static void pauses_and_bulk_jobs_survive_until_they_are_deleted(void **state)
{
	struct store_loader l = { .account = ignore_account,
				  .attempt = ignore_attempt,
				  .pause = dump_pause,
				  .bulk = dump_bulk };
	struct pause_record pauses[3] = { 0 };
	struct bulk_record jobs[2] = { 0 };
	struct buf in, out;
	struct commit *c;
	struct rig rig;
	uint64_t seed = 7;

	(void)state;
	buf_init(&in, 1u << 20);
	buf_init(&out, 1u << 20);
	l.ctx = &out;
	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	for (unsigned i = 0; i < ARRAY_LEN(pauses); i++) {
		fill_record(&record_pause, &pauses[i], FILL_RANDOM, &seed);
		pauses[i].scope = (uint8_t)i;
		commit_pause(c, &pauses[i]);
	}
	for (unsigned i = 0; i < ARRAY_LEN(jobs); i++) {
		fill_record(&record_bulk, &jobs[i], FILL_RANDOM, &seed);
		jobs[i].id = i == 0 ? STR("first") : STR("second");
		commit_bulk(c, &jobs[i]);
	}
	commit_pause_delete(c, 1, pauses[1].name);
	commit_pause_delete(c, 2, STR("another"));
	commit_bulk_delete(c, STR("first"));
	jobs[1].done = 99;
	commit_bulk(c, &jobs[1]);
	rig_commit(&rig, c);
	rig_close(&rig);
	rig_load(&rig, &l);
	dump_record(&in, &record_pause, &pauses[0]);
	dump_record(&in, &record_pause, &pauses[2]);
	dump_record(&in, &record_bulk, &jobs[1]);
	assert_true(str_eq(buf_all(&in), buf_all(&out)));
	rig_fini(&rig);
	buf_fini(&in);
	buf_fini(&out);
}

static void alerts_survive_until_they_are_cleared(void **state)
{
	struct store_loader l = { .account = ignore_account,
				  .attempt = ignore_attempt,
				  .alert = dump_alert };
	struct alert_record alerts[3] = { 0 };
	struct buf in, out;
	struct commit *c;
	struct rig rig;
	uint64_t seed = 7;

	(void)state;
	buf_init(&in, 1u << 20);
	buf_init(&out, 1u << 20);
	l.ctx = &out;
	rig_init(&rig);
	rig_start(&rig);
	c = commit_new(rig.store);
	for (unsigned i = 0; i < ARRAY_LEN(alerts); i++) {
		fill_record(&record_alert, &alerts[i], FILL_RANDOM, &seed);
		alerts[i].kind = (uint8_t)(i < 2 ? 1 : 2); /* two of a kind, and two of a subject */
		alerts[i].subject = i == 0 ? STR("one") : STR("other");
		alerts[i].seq = 3 - i; /* they come in this order */
		commit_alert(c, &alerts[i]);
	}
	commit_alert_delete(c, 1, STR("other"));
	commit_alert_delete(c, 2, STR("one"));
	rig_commit(&rig, c);
	rig_close(&rig);
	rig_load(&rig, &l);
	dump_record(&in, &record_alert, &alerts[2]);
	dump_record(&in, &record_alert, &alerts[0]);
	assert_true(str_eq(buf_all(&in), buf_all(&out)));
	rig_fini(&rig);
	buf_fini(&in);
	buf_fini(&out);
}

static void zeros_and_empty_strings_survive(void **state)
{
	uint64_t seed = 1;

	(void)state;
	round_trip(FILL_ZERO, &seed);
}

static void the_largest_values_survive(void **state)
{
	uint64_t seed = 1;

	(void)state;
	round_trip(FILL_MOST, &seed);
}

static void random_values_and_bytes_survive(void **state)
{
	uint64_t seed = 4711;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		round_trip(FILL_RANDOM, &seed);
}

static void texts_survive_whatever_they_hold(void **state)
{
	static const struct {
		const char *name;
		struct str text;
	} cases[] = {
		{ "plain", STR("Line 1") },
		{ "UTF-8", STR("Gr\xc3\xbc\xc3\x9f"
			       "e \xf0\x9f\x99\x82") },
		{ "a NUL inside", STR("a\0b") },
		{ "only NUL", STR("\0") },
		{ "not UTF-8", STR("\xff\xfe\x80") },
		{ "half a character", STR("ab\xc3") },
		{ "SQL", STR("'); DROP TABLE account; --") },
		{ "empty", STR("") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct account_record a = sample_account(1);
		struct buf in, out;
		struct commit *c;
		struct rig rig;

		a.label = cases[i].text;
		buf_init(&in, 1u << 20);
		buf_init(&out, 1u << 20);
		dump_record(&in, &record_account, &a);
		rig_init(&rig);
		rig_start(&rig);
		c = commit_new(rig.store);
		commit_account(c, &a);
		rig_commit(&rig, c);
		rig_close(&rig);
		rig_dump(&rig, &out);
		if (!str_eq(buf_all(&in), buf_all(&out)))
			fail_msg("%s: %.*sbecame %.*s", cases[i].name, STR_ARG(buf_all(&in)),
				 STR_ARG(buf_all(&out)));
		rig_fini(&rig);
		buf_fini(&in);
		buf_fini(&out);
	}
}

static void expect_session(void *ctx, int result, const struct attempt_record *found)
{
	unsigned *n = ctx;

	assert_int_equal(result, 0);
	assert_non_null(found);
	(*n)++;
}

static bool is_one(void *ctx)
{
	return *(unsigned *)ctx == 1;
}

static void a_key_of_any_bytes_is_found_again(void **state)
{
	struct attempt_record a = sample_attempt(1, 1, "");
	unsigned n = 0;
	struct commit *c;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	a.session = STR("s\0\xff");
	c = commit_new(rig.store);
	commit_attempt(c, &a);
	rig_commit(&rig, c);
	assert_int_equal(store_find_attempt(rig.store, a.session, expect_session, &n), 0);
	rig_until(&rig, is_one, &n);
	rig_fini(&rig);
}

static void what_is_out_of_bounds_is_refused_whole(void **state)
{
	static char long_text[STORE_STRING_MAX + 1];
	struct account_record good = sample_account(1), too_long = good, too_large = good;
	const struct {
		const struct account_record *record;
		int code;
	} cases[] = { { &too_long, ERR_TOOBIG }, { &too_large, ERR_RANGE } };
	struct buf out;
	struct rig rig;

	(void)state;
	too_long.label = (struct str){ long_text, sizeof long_text };
	too_large.since = (uint64_t)INT64_MAX + 1;
	buf_init(&out, 1u << 20);
	rig_init(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct commit *c = commit_new(rig.store);

		commit_account(c, &good);
		commit_account(c, cases[i].record);
		commit_account(c, &good); /* after the failure: no effect */
		assert_int_equal(store_submit(rig.store, &c, NULL, NULL), cases[i].code);
		assert_null(c);
	}
	rig_settle(&rig);
	rig_close(&rig);
	rig_dump(&rig, &out);
	assert_int_equal(out.n, 0);
	rig_fini(&rig);
	buf_fini(&out);
}

static void no_commit_means_no_memory(void **state)
{
	struct commit *none = NULL;
	struct account_record a = sample_account(1);
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	commit_account(none, &a);
	commit_account_delete(none, 1);
	assert_true(commit_is_empty(none));
	assert_int_equal(store_submit(rig.store, &none, NULL, NULL), ERR_NOMEM);
	commit_free(&none);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_has_a_column),
		cmocka_unit_test(decisions_about_instances_survive),
		cmocka_unit_test(the_newest_incidents_survive),
		cmocka_unit_test(pauses_and_bulk_jobs_survive_until_they_are_deleted),
		cmocka_unit_test(alerts_survive_until_they_are_cleared),
		cmocka_unit_test(endpoints_and_dead_letters_survive),
		cmocka_unit_test(zeros_and_empty_strings_survive),
		cmocka_unit_test(the_largest_values_survive),
		cmocka_unit_test(random_values_and_bytes_survive),
		cmocka_unit_test(texts_survive_whatever_they_hold),
		cmocka_unit_test(a_key_of_any_bytes_is_found_again),
		cmocka_unit_test(what_is_out_of_bounds_is_refused_whole),
		cmocka_unit_test(no_commit_means_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
