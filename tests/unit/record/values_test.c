/* values_test.c - structs to numbers and back; nothing that does not fit gets through. */
#include "field.h"

#include <string.h>

#include "record/pack.h"

static void fill(struct values *v, uint64_t value)
{
	for (unsigned i = 0; i < VALUES_MAX; i++)
		v->v[i] = value;
}

static void all_ones_come_back(void **state)
{
	struct values in, out;
	struct account a;
	struct account_event e;
	struct effects fx;
	struct policy p;

	(void)state;
	fill(&in, 1);
	assert_true(values_to_account(&in, &a));
	values_of_account(&out, &a);
	assert_memory_equal(in.v, out.v, values_count(OF_ACCOUNT) * sizeof in.v[0]);
	assert_true(values_to_event(&in, &e));
	values_of_event(&out, &e);
	assert_memory_equal(in.v, out.v, values_count(OF_EVENT) * sizeof in.v[0]);
	assert_true(values_to_effects(&in, &fx));
	values_of_effects(&out, &fx);
	assert_memory_equal(in.v, out.v, values_count(OF_EFFECTS) * sizeof in.v[0]);
	assert_true(values_to_policy(&in, &p));
	values_of_policy(&out, &p);
	assert_memory_equal(in.v, out.v, values_count(OF_POLICY) * sizeof in.v[0]);
}

/* No two members tell the same bits. */
static void each_member_counts(void **state)
{
	unsigned heard = 0, there = 0;
	struct values v, none;
	struct account a;

	(void)state;
	memset(&a, 0, sizeof a);
	values_of_account(&none, &a);
	for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
		((unsigned char *)&a)[bit / 8] = (unsigned char)(1u << bit % 8);
		values_of_account(&v, &a);
		heard += memcmp(v.v, none.v, values_count(OF_ACCOUNT) * sizeof v.v[0]) != 0;
		((unsigned char *)&a)[bit / 8] = 0;
	}
	memset(&a, 0xff, sizeof a);
	values_of_account(&v, &a);
	for (unsigned i = 0; i < values_count(OF_ACCOUNT); i++)
		there += (unsigned)__builtin_popcountll(v.v[i]);
	assert_int_equal(heard, there);
}

static void what_does_not_fit_is_refused(void **state)
{
	static const uint64_t wrong[] = { 256, 1ull << 32, UINT64_MAX };
	struct values v;
	struct account a;
	struct account_event e;
	struct effects fx;
	struct policy p;

	(void)state;
	for (unsigned n = 0; n < values_count(OF_ACCOUNT); n++) {
		const char *name = values_name(OF_ACCOUNT, n);

		for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
			bool number = strcmp(name, "rng") == 0 || strcmp(name, "flap.gaps") == 0 ||
				      strstr(name, "_at") != NULL ||
				      strstr(name, "since") != NULL ||
				      (strcmp(name, "flap.at_s") == 0 && wrong[i] == 256) ||
				      (strcmp(name, "generation") == 0 && wrong[i] != UINT64_MAX);

			fill(&v, 0);
			v.v[n] = wrong[i];
			assert_int_equal(values_to_account(&v, &a), number);
		}
	}
	fill(&v, 0);
	v.v[0] = EV_COUNT;
	assert_false(values_to_event(&v, &e));
	v.v[0] = 2;
	assert_false(values_to_effects(&v, &fx));
	fill(&v, 0);
	assert_true(values_to_policy(&v, &p));
	for (unsigned n = 0; n < values_count(OF_POLICY); n++) {
		if (strstr(values_name(OF_POLICY, n), ".then") == NULL)
			continue;
		v.v[n] = THEN_COUNT - 1;
		assert_true(values_to_policy(&v, &p));
		v.v[n] = THEN_COUNT;
		assert_false(values_to_policy(&v, &p));
		v.v[n] = 0;
	}
}

static void numbers_of_all_sizes_come_back(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (unsigned shift = 0; shift < 64; shift++) {
		for (int d = -1; d <= 1; d++) {
			uint64_t v = (1ull << shift) + (uint64_t)d;
			struct unpack u;

			buf_reset(&b);
			pack_u64(&b, v);
			u = (struct unpack){ (unsigned char *)b.p, (unsigned char *)b.p + b.n,
					     false };
			assert_true(unpack_u64(&u) == v && !u.bad && u.p == u.end);
			u = (struct unpack){ (unsigned char *)b.p, (unsigned char *)b.p + b.n - 1,
					     false };
			assert_true(unpack_u64(&u) == 0 && u.bad);
		}
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_ones_come_back),
		cmocka_unit_test(each_member_counts),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(numbers_of_all_sizes_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
