/* heap_test.c - the earliest deadline comes first, whatever was moved and removed before. */
#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/rng.h"

static bool memory_is_out;

void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n)
{
	return memory_is_out ? NULL : __real_realloc(p, n);
}

static void an_empty_heap_has_nothing_due(void **state)
{
	struct heap h = { 0 };
	struct heap_node node = { HEAP_NOWHERE };

	(void)state;
	assert_int_equal(heap_next(&h), UINT64_MAX);
	assert_null(heap_pop_due(&h, UINT64_MAX));
	heap_remove(&h, &node); /* not in it */
	assert_int_equal(node.slot, HEAP_NOWHERE);
	heap_fini(&h);
}

static void a_deadline_is_due_at_its_millisecond_and_not_before(void **state)
{
	struct heap h = { 0 };
	struct heap_node node = { HEAP_NOWHERE };

	(void)state;
	assert_int_equal(heap_set(&h, &node, 100), 0);
	assert_int_equal(heap_next(&h), 100);
	assert_null(heap_pop_due(&h, 99));
	assert_ptr_equal(heap_pop_due(&h, 100), &node);
	assert_int_equal(node.slot, HEAP_NOWHERE);
	assert_null(heap_pop_due(&h, 100));
	heap_fini(&h);
}

static void setting_again_moves_and_does_not_insert_twice(void **state)
{
	struct heap h = { 0 };
	struct heap_node a = { HEAP_NOWHERE }, b = { HEAP_NOWHERE };

	(void)state;
	heap_set(&h, &a, 10);
	heap_set(&h, &b, 20);
	heap_set(&h, &a, 30);
	assert_int_equal(h.n, 2);
	assert_ptr_equal(heap_pop_due(&h, 100), &b);
	heap_set(&h, &a, 5);
	assert_int_equal(heap_next(&h), 5);
	assert_ptr_equal(heap_pop_due(&h, 100), &a);
	assert_int_equal(h.n, 0);
	heap_fini(&h);
}

static void out_of_memory_leaves_the_heap_as_it_was(void **state)
{
	enum { N = 64 }; /* its first allocation */
	struct heap h = { 0 };
	struct heap_node nodes[N], more = { HEAP_NOWHERE };

	(void)state;
	memory_is_out = true;
	assert_int_equal(heap_set(&h, &more, 1), ERR_NOMEM);
	memory_is_out = false;
	for (uint64_t i = 0; i < N; i++) {
		nodes[i].slot = HEAP_NOWHERE;
		assert_int_equal(heap_set(&h, &nodes[i], 100 + i), 0);
	}
	memory_is_out = true;
	assert_int_equal(heap_set(&h, &more, 1), ERR_NOMEM);
	assert_int_equal(more.slot, HEAP_NOWHERE);
	assert_int_equal(heap_set(&h, &nodes[0], 500), 0); /* moving needs no memory */
	memory_is_out = false;
	assert_int_equal(h.n, N);
	assert_int_equal(heap_next(&h), 101);
	heap_fini(&h);
}

static void assert_is_a_heap(const struct heap *h)
{
	for (uint32_t i = 0; i < h->n; i++) {
		assert_int_equal(h->v[i].node->slot, i);
		if (i > 0)
			assert_true(h->v[(i - 1) / 4].at <= h->v[i].at);
	}
}

/* The model is an array of times that is searched from end to end. */
static void random_use_equals_a_linear_search(void **state)
{
	enum { N = 500, STEPS = 60000 };
	static struct heap_node nodes[N];
	static uint64_t at[N]; /* UINT64_MAX: not in the heap */
	struct heap h = { 0 };
	uint64_t seed = 7, n_in = 0;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		nodes[i].slot = HEAP_NOWHERE;
		at[i] = UINT64_MAX;
	}
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned i = (unsigned)(rng_next(&seed) % N);
		uint64_t least = UINT64_MAX;

		switch (rng_next(&seed) % 8) {
		case 0:
			n_in -= at[i] != UINT64_MAX;
			at[i] = UINT64_MAX;
			heap_remove(&h, &nodes[i]);
			break;
		case 1: {
			uint64_t now = rng_next(&seed) % 1000;
			struct heap_node *node = heap_pop_due(&h, now);

			for (unsigned k = 0; k < N; k++)
				least = at[k] < least ? at[k] : least;
			if (least > now) {
				assert_null(node);
				break;
			}
			assert_non_null(node);
			assert_int_equal(at[node - nodes], least);
			at[node - nodes] = UINT64_MAX;
			n_in--;
			break;
		}
		default:
			n_in += at[i] == UINT64_MAX;
			at[i] = rng_next(&seed) % 1000; /* small, so that many are equal */
			assert_int_equal(heap_set(&h, &nodes[i], at[i]), 0);
		}
		assert_int_equal(h.n, n_in);
		if (step % 64 == 0)
			assert_is_a_heap(&h);
	}
	for (uint64_t last = 0; h.n > 0;) {
		struct heap_node *node = heap_pop_due(&h, UINT64_MAX);

		assert_true(at[node - nodes] >= last);
		last = at[node - nodes];
	}
	heap_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_heap_has_nothing_due),
		cmocka_unit_test(a_deadline_is_due_at_its_millisecond_and_not_before),
		cmocka_unit_test(setting_again_moves_and_does_not_insert_twice),
		cmocka_unit_test(out_of_memory_leaves_the_heap_as_it_was),
		cmocka_unit_test(random_use_equals_a_linear_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
