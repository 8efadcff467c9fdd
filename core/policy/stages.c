/* stages.c - what the steps towards a session tell together.  Pure. */
#include "policy/stages.h"

#include <stddef.h>

static const struct {
	const char *name, *text;
} stages[STAGE_COUNT] = {
#define S(id, name, text) [STAGE_##id] = { name, text },
	HEALTH_STAGES(S)
#undef S
};

static unsigned first_with(const struct stages *s, unsigned verdict)
{
	unsigned n = 0;

	while (n < STAGE_COUNT && s->v[n].verdict != verdict)
		n++;
	return n;
}

/* Evidence without a time is none. */
void stages_judge(struct stages *s)
{
	bool heard = true;

	for (unsigned n = 0; n < STAGE_COUNT; n++) {
		if (!heard || (s->v[n].at == 0 && s->v[n].verdict == VERDICT_GOOD))
			s->v[n].verdict = VERDICT_UNKNOWN;
		if (n <= STAGE_INSTANCE && s->v[n].verdict != VERDICT_GOOD)
			heard = false;
	}
	s->first = (uint8_t)first_with(s, VERDICT_BAD);
	if (s->first == STAGE_COUNT)
		s->first = (uint8_t)first_with(s, VERDICT_UNKNOWN);
}

const char *stage_name(unsigned stage)
{
	return stage < STAGE_COUNT ? stages[stage].name : "?";
}

const char *stage_text(unsigned stage)
{
	return stage < STAGE_COUNT ? stages[stage].text : "?";
}

const char *verdict_name(unsigned verdict)
{
	return verdict == VERDICT_GOOD ? "good" : verdict == VERDICT_BAD ? "bad" : "unknown";
}
