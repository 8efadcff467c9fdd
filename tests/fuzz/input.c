/*
 * input.c - stands between the fuzzer and a target: no input may make the code allocate more than
 * FUZZ_ALLOCATION_MAX at once.  The largest allocation of all inputs is told at the end.
 *
 * With RELINK_FUZZ_LARGE in the environment an input is the recipe of a larger one, so that the tree
 * holds no megabytes: a line "COUNT HEAD UNIT", and bytes; the first HEAD of them are followed by
 * COUNT times the next UNIT, and by the rest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/must.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the sanitizers' runtime; a build without one watches nothing. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *))
    __attribute__((weak));

static bool is_watching;
static size_t largest;

static void on_malloc(const volatile void *p, size_t n)
{
	(void)p;
	if (!is_watching || n <= largest)
		return;
	largest = n;
	if (n > FUZZ_ALLOCATION_MAX) {
		is_watching = false; /* what follows may allocate too */
		fprintf(stderr, "an allocation of %zu bytes, which is over %u\n", n,
			FUZZ_ALLOCATION_MAX);
		abort();
	}
}

static void on_free(const volatile void *p)
{
	(void)p;
}

static void tell(void)
{
	fprintf(stderr, "largest allocation: %zu bytes\n", largest);
}

static void watch(void)
{
	static bool is_installed;

	if (!is_installed && __sanitizer_install_malloc_and_free_hooks != NULL) {
		must(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
		atexit(tell);
	}
	is_installed = true;
}

static int run(const uint8_t *data, size_t size)
{
	int r;

	is_watching = true;
	r = fuzz_one(data, size);
	is_watching = false;
	return r;
}

/* `n` bytes that are nobody's allocation, with nothing behind them. */
static uint8_t *map_exactly(size_t n, uint8_t **ret_map, size_t *ret_mapped)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), used = (n + page - 1) / page * page;
	uint8_t *p =
	    mmap(NULL, used + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(p != MAP_FAILED);
	must(mprotect(p + used, page, PROT_NONE) == 0);
	*ret_map = p;
	*ret_mapped = used + page;
	return p + (used - n);
}

struct recipe {
	size_t count, head, unit;
	const uint8_t *p;
	size_t n;
};

static struct recipe read_recipe(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	struct recipe r;
	char line[64];

	must(end != NULL && (size_t)(end - data) < sizeof line);
	memcpy(line, data, (size_t)(end - data));
	line[end - data] = '\0';
	must(sscanf(line, "%zu %zu %zu", &r.count, &r.head, &r.unit) == 3);
	r.p = end + 1;
	r.n = size - (size_t)(r.p - data);
	must(r.unit > 0 && r.unit <= r.n && r.head <= r.n - r.unit);
	must(r.count <= (16u << 20) / r.unit);
	return r;
}

static int run_recipe(const struct recipe *recipe)
{
	size_t tail = recipe->n - recipe->head - recipe->unit, mapped;
	size_t n = recipe->head + recipe->count * recipe->unit + tail;
	uint8_t *map, *whole = map_exactly(n, &map, &mapped), *to = whole;
	const uint8_t *unit = recipe->p + recipe->head;
	int r;

	memcpy(to, recipe->p, recipe->head);
	to += recipe->head;
	for (size_t i = 0; i < recipe->count; i++, to += recipe->unit)
		memcpy(to, unit, recipe->unit);
	memcpy(to, unit + recipe->unit, tail);
	r = run(whole, n);
	munmap(map, mapped);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recipe recipe;

	watch();
	if (getenv("RELINK_FUZZ_LARGE") == NULL || size == 0)
		return run(data, size);
	recipe = read_recipe(data, size);
	return run_recipe(&recipe);
}
