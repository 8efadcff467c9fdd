/* place.c - least loaded with room.  Pure. */
#include "policy/place.h"

int place_choose(const struct place_candidate *c, int n)
{
	int best = -1;

	for (int i = 0; i < n; i++) {
		if (c[i].accounts >= c[i].capacity)
			continue;
		/* a/b < c/d without dividing; both factors are far below 2^32 */
		if (best < 0 || c[i].accounts * c[best].capacity < c[best].accounts * c[i].capacity)
			best = i;
	}
	return best;
}
