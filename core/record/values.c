/* values.c - see values.h. */
#include "record/values.h"

#include "base/obj.h"
#include "policy/members.h"

#define M(name) #name,
static const char *const account_names[] = { ACCOUNT_MEMBERS(M) };
static const char *const event_names[] = { EVENT_MEMBERS(M) };
static const char *const effects_names[] = { EFFECTS_MEMBERS(M) };
static const char *const policy_names[] = { POLICY_MEMBERS(M) };
#undef M

static const struct {
	const char *name;
	unsigned n;
	const char *const *names;
} structs[OF_COUNT] = {
	[OF_ACCOUNT] = { "account", ARRAY_LEN(account_names), account_names },
	[OF_EVENT] = { "event", ARRAY_LEN(event_names), event_names },
	[OF_EFFECTS] = { "effects", ARRAY_LEN(effects_names), effects_names },
	[OF_POLICY] = { "policy", ARRAY_LEN(policy_names), policy_names },
};

#define FEW(names) _Static_assert(ARRAY_LEN(names) <= VALUES_MAX, "more members than VALUES_MAX")
FEW(account_names);
FEW(event_names);
FEW(effects_names);
FEW(policy_names);
#undef FEW

/* A new member changes the size: name it in policy/members.h. */
_Static_assert(sizeof(struct account) == 104, "a member of struct account is not in members.h");
_Static_assert(sizeof(struct account_event) == 96, "a member of the event is not in members.h");
_Static_assert(sizeof(struct effects) == 24, "a member of the effects is not in members.h");
_Static_assert(sizeof(struct policy) == 192, "a member of the policy is not in members.h");

const char *values_struct(enum values_of of)
{
	return structs[of].name;
}

unsigned values_count(enum values_of of)
{
	return structs[of].n;
}

const char *values_name(enum values_of of, unsigned n)
{
	return structs[of].names[n];
}

#define M(name) *to++ = s->name;
#define VALUES_OF(what, members)                                               \
	void values_of_##what(struct values *ret, const struct TYPE_##what *s) \
	{                                                                      \
		uint64_t *to = ret->v;                                         \
		members(M)                                                     \
	}
#define TYPE_account account
#define TYPE_event   account_event
#define TYPE_effects effects
#define TYPE_policy  policy
VALUES_OF(account, ACCOUNT_MEMBERS)
VALUES_OF(event, EVENT_MEMBERS)
VALUES_OF(effects, EFFECTS_MEMBERS)
VALUES_OF(policy, POLICY_MEMBERS)
#undef M

/* A value that does not fit comes out of its member as another one. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
// clang-format off
#define M(name)                                    \
	s->name = *from;                           \
	fits = fits && (uint64_t)s->name == *from; \
	from++;
// clang-format on
#define VALUES_FIT(what, members)                                                   \
	static bool what##_fits(const struct values *values, struct TYPE_##what *s) \
	{                                                                           \
		const uint64_t *from = values->v;                                   \
		bool fits = true;                                                   \
		members(M) return fits;                                             \
	}
VALUES_FIT(account, ACCOUNT_MEMBERS)
VALUES_FIT(event, EVENT_MEMBERS)
VALUES_FIT(effects, EFFECTS_MEMBERS)
VALUES_FIT(policy, POLICY_MEMBERS)
#undef M
#pragma GCC diagnostic pop

bool values_to_account(const struct values *v, struct account *a)
{
	*a = (struct account){ 0 };
	return account_fits(v, a) && a->state < ST_COUNT && a->after <= AFTER_DELETE &&
	       a->status < STATUS_COUNT && a->cause < RELINK_CAUSE_COUNT &&
	       a->action < ACTION_COUNT && a->profile <= PROFILE_DEAD &&
	       a->suspect < RELINK_CAUSE_COUNT && a->suspect_source <= SOURCE_ASKED &&
	       a->generation <= GENERATION_MAX;
}

bool values_to_event(const struct values *v, struct account_event *e)
{
	*e = (struct account_event){ 0 };
	return event_fits(v, e) && e->kind < EV_COUNT && e->cause < RELINK_CAUSE_COUNT &&
	       e->source <= SOURCE_ASKED && e->brake <= BRAKE_KEEP &&
	       e->before.profile <= PROFILE_DEAD;
}

bool values_to_effects(const struct values *v, struct effects *fx)
{
	*fx = (struct effects){ 0 };
	return effects_fits(v, fx) && fx->from < ST_COUNT && fx->look <= LOOK_NOW &&
	       fx->kept_cause < RELINK_CAUSE_COUNT;
}

bool values_to_policy(const struct values *v, struct policy *p)
{
	*p = (struct policy){ 0 };
	if (!policy_fits(v, p) || p->flap.losses > FLAP_LOSSES_MAX)
		return false;
	for (unsigned c = 0; c < RELINK_CAUSE_COUNT; c++) {
		if (p->causes[c].then >= THEN_COUNT)
			return false;
	}
	return true;
}

uint32_t values_digest(const struct values *values, unsigned n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (unsigned i = 0; i < n; i++) {
		for (unsigned shift = 0; shift < 64; shift += 8)
			h = (h ^ (values->v[i] >> shift & 0xff)) * 0x100000001b3u;
	}
	return (uint32_t)(h ^ h >> 32);
}
