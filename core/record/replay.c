/* replay.c - see replay.h. */
#include "record/replay.h"

#include "base/must.h"

static void compare(struct replayed *r, enum values_of of, const bool *known,
		    const struct values *was, const struct values *is)
{
	for (unsigned i = 0; i < values_count(of); i++) {
		if (known[i] && was->v[i] != is->v[i])
			r->differences[r->n++] = (struct difference){ of, i, was->v[i], is->v[i] };
	}
}

void replay_step(const struct recorded *step, struct replayed *ret)
{
	struct values is;

	must(step->kind == RECORDED_STEP);
	ret->n = 0;
	ret->after = step->before;
	account_step(&step->policy, &ret->after, &step->event, &ret->effects);
	values_of_effects(&is, &ret->effects);
	compare(ret, OF_EFFECTS, step->known[OF_EFFECTS], &step->effects, &is);
	values_of_account(&is, &ret->after);
	compare(ret, OF_ACCOUNT, step->known[OF_ACCOUNT], &step->after, &is);
}
