/* histogram.c - see histogram.h. */
#include "base/histogram.h"

#define S(s) ((s)*1000ull)

const struct histogram_steps steps_call_ms = {
	14, 1000, { 5, 10, 25, 50, 100, 250, 500, S(1), 2500, S(5), S(10), S(30), S(60), S(120) }
};

const struct histogram_steps steps_state_ms = { 14,
						1000,
						{ 100, 500, S(1), S(5), S(15), S(30), S(60), S(300),
						  S(900), S(3600), S(21600), S(86400), S(259200),
						  S(604800) } };

const struct histogram_steps steps_disk_us = { 15,
					       1000000,
					       { 100, 250, 500, S(1), 2500, S(5), S(10), S(25),
						 S(50), S(100), S(250), S(500), S(1000), S(2500),
						 S(10000) } };

const struct histogram_steps steps_size = {
	13, 1, { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096 }
};

void histogram_add(struct histogram *h, const struct histogram_steps *steps, uint64_t v)
{
	unsigned i = 0;

	while (i < steps->n && v > steps->upto[i])
		i++;
	h->n[i]++;
	h->sum += v;
}

uint64_t histogram_count(const struct histogram *h)
{
	uint64_t all = 0;

	for (unsigned i = 0; i <= HISTOGRAM_STEPS; i++)
		all += h->n[i];
	return all;
}
