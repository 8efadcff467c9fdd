/* near.c - the optimal string alignment distance, and the best of several words by it. */
#include "base/near.h"

#include <limits.h>

#include "base/obj.h"

#define LONGEST 40

unsigned near_distance(struct str a, struct str b)
{
	unsigned rows[3][LONGEST + 1]; /* of the table d[i][j]: i - 2, i - 1 and i, in turn */

	if (a.n > LONGEST || b.n > LONGEST)
		return UINT_MAX;
	for (unsigned j = 0; j <= b.n; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (unsigned j = 1; j <= b.n; j++) {
			unsigned change = up[j - 1] + (a.p[i - 1] != b.p[j - 1]);

			row[j] = MIN_OF(change, MIN_OF(up[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				row[j] = MIN_OF(row[j], up2[j - 2] + 1);
		}
	}
	return rows[a.n % 3][b.n];
}

void near_try(struct near *n, const char *word)
{
	unsigned distance = near_distance(n->written, str_of(word));
	size_t most = MAX_OF(n->written.n / 3, (size_t)1);

	if (distance > most || (n->word != NULL && distance >= n->distance))
		return;
	n->word = word;
	n->distance = distance;
}
