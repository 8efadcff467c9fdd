/* script.c - the table of behaviours, from and to JSON, and the counting of faults. */
#include "script.h"

#include <stdio.h>

static const struct {
	const char *group, *key;
	enum knob_kind kind;
	enum knob_scope scope;
} knobs[KNOB_COUNT] = {
#define K(id, group, key, kind, scope) [KNOB_##id] = { group, key, KIND_##kind, scope },
	KNOBS(K)
#undef K
};

/* Which knob brings a fault to an operation.  FAULT_FAIL has its `times` and `retry_after_ms` in
 * the two rows after it, FAULT_WRECK its `wreck_times` in the one. */
static const enum knob fault_knobs[OP_COUNT][FAULT_COUNT] = {
	[OP_CREATE] = { [FAULT_FAIL] = KNOB_CREATE_FAIL,
			[FAULT_NEVER_ANSWER] = KNOB_CREATE_NEVER_ANSWER,
			[FAULT_LOSE_REPLY] = KNOB_CREATE_LOSE_REPLY,
			[FAULT_UNKNOWN] = KNOB_CREATE_UNKNOWN,
			[FAULT_LIE] = KNOB_CREATE_LIE,
			[FAULT_WRECK] = KNOB_CREATE_WRECK },
	[OP_DISCONNECT] = { [FAULT_FAIL] = KNOB_DISCONNECT_FAIL,
			    [FAULT_NEVER_ANSWER] = KNOB_DISCONNECT_NEVER_ANSWER,
			    [FAULT_LIE] = KNOB_DISCONNECT_LIE,
			    [FAULT_LOSE_REPLY] = KNOB_DISCONNECT_LOSE_REPLY,
			    [FAULT_UNKNOWN] = KNOB_DISCONNECT_UNKNOWN,
			    [FAULT_WRECK] = KNOB_DISCONNECT_WRECK },
	[OP_HEALTH] = { [FAULT_FAIL] = KNOB_HEALTH_FAIL,
			[FAULT_NEVER_ANSWER] = KNOB_HEALTH_NEVER_ANSWER,
			[FAULT_LIE] = KNOB_HEALTH_LIE,
			[FAULT_WRECK] = KNOB_HEALTH_WRECK },
	[OP_SEND] = { [FAULT_FAIL] = KNOB_SEND_FAIL,
		      [FAULT_NEVER_ANSWER] = KNOB_SEND_NEVER_ANSWER,
		      [FAULT_LOSE_REPLY] = KNOB_SEND_LOSE_REPLY,
		      [FAULT_UNKNOWN] = KNOB_SEND_UNKNOWN },
	[OP_LIST] = { [FAULT_FAIL] = KNOB_LIST_FAIL,
		      [FAULT_NEVER_ANSWER] = KNOB_LIST_NEVER_ANSWER,
		      [FAULT_PARTIAL] = KNOB_LIST_PARTIAL,
		      [FAULT_EMPTY_ERROR] = KNOB_LIST_EMPTY_ERROR,
		      [FAULT_WRECK] = KNOB_LIST_WRECK },
};
#define TIMES_OF(fail) ((enum knob)((fail) + 1))
#define RETRY_OF(fail) ((enum knob)((fail) + 2))
_Static_assert(TIMES_OF(KNOB_CREATE_FAIL) == KNOB_CREATE_TIMES &&
		   RETRY_OF(KNOB_CREATE_FAIL) == KNOB_CREATE_RETRY_AFTER_MS &&
		   TIMES_OF(KNOB_DISCONNECT_FAIL) == KNOB_DISCONNECT_TIMES &&
		   RETRY_OF(KNOB_DISCONNECT_FAIL) == KNOB_DISCONNECT_RETRY_AFTER_MS &&
		   TIMES_OF(KNOB_HEALTH_FAIL) == KNOB_HEALTH_TIMES &&
		   RETRY_OF(KNOB_HEALTH_FAIL) == KNOB_HEALTH_RETRY_AFTER_MS &&
		   TIMES_OF(KNOB_SEND_FAIL) == KNOB_SEND_TIMES &&
		   RETRY_OF(KNOB_SEND_FAIL) == KNOB_SEND_RETRY_AFTER_MS &&
		   TIMES_OF(KNOB_LIST_FAIL) == KNOB_LIST_TIMES &&
		   RETRY_OF(KNOB_LIST_FAIL) == KNOB_LIST_RETRY_AFTER_MS &&
		   TIMES_OF(KNOB_CREATE_WRECK) == KNOB_CREATE_WRECK_TIMES &&
		   TIMES_OF(KNOB_DISCONNECT_WRECK) == KNOB_DISCONNECT_WRECK_TIMES &&
		   TIMES_OF(KNOB_HEALTH_WRECK) == KNOB_HEALTH_WRECK_TIMES &&
		   TIMES_OF(KNOB_LIST_WRECK) == KNOB_LIST_WRECK_TIMES,
	       "fail, times and retry_after_ms stand together in KNOBS");

void script_clear(struct script *s)
{
	for (int i = 0; i < KNOB_COUNT; i++)
		s->v[i] = KNOB_UNSET;
}

/* --- from JSON --- */

static const char *const wanted[] = {
	[KIND_MS] = "milliseconds from 0 to 2592000000",
	[KIND_COUNT] = "how many times (0 to 1000000), or true for always",
	[KIND_NUMBER] = "a number from 0 to 1000000",
	[KIND_PERCENT] = "a number from 0 to 100",
	[KIND_BOOL] = "true or false",
	[KIND_CAUSE] = "the name of a cause, such as \"network\"",
	[KIND_HOW] = "\"vanish\", \"down\" or \"silent\"",
	[KIND_PHONE] = "a text of up to 18 digits",
	[KIND_WRECK] = "what a bad plugin does, such as \"segv\"",
};

static bool number_upto(const json_t *j, int64_t max, int64_t *ret_v)
{
	if (!json_is_integer(j) || json_integer_value(j) < 0 || json_integer_value(j) > max)
		return false;
	*ret_v = json_integer_value(j);
	return true;
}

static bool phone_of(struct relink_str s, int64_t *ret_v)
{
	int64_t v = 0;

	if (s.n > 18)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*ret_v = v;
	return true;
}

static bool value_of(enum knob_kind kind, const json_t *j, int64_t *ret_v)
{
	struct relink_str s = { json_string_value(j), json_string_length(j) };
	enum relink_cause cause;
	enum wreck wreck;
	enum how how;

	switch (kind) {
	case KIND_MS:
		return number_upto(j, KNOB_MS_MAX, ret_v);
	case KIND_COUNT:
		if (json_is_boolean(j)) {
			*ret_v = json_is_true(j) ? KNOB_ALWAYS : 0;
			return true;
		}
		return number_upto(j, KNOB_NUMBER_MAX, ret_v);
	case KIND_NUMBER:
		return number_upto(j, KNOB_NUMBER_MAX, ret_v);
	case KIND_PERCENT:
		return number_upto(j, 100, ret_v);
	case KIND_BOOL:
		*ret_v = json_is_true(j);
		return json_is_boolean(j);
	case KIND_CAUSE:
		if (s.p == NULL || !cause_of(s, &cause) || cause == RELINK_NONE)
			return false;
		*ret_v = cause;
		return true;
	case KIND_HOW:
		if (s.p == NULL || !how_of(s, &how))
			return false;
		*ret_v = how;
		return true;
	case KIND_PHONE:
		return s.p != NULL && phone_of(s, ret_v);
	case KIND_WRECK:
		if (s.p == NULL || !wreck_of(s, &wreck))
			return false;
		*ret_v = wreck;
		return true;
	}
	return false;
}

static enum knob find_knob(const char *group, const char *key)
{
	for (int i = KNOB_NONE + 1; i < KNOB_COUNT; i++) {
		if (strcmp(knobs[i].group, group) == 0 && strcmp(knobs[i].key, key) == 0)
			return (enum knob)i;
	}
	return KNOB_NONE;
}

static bool is_group(const char *word)
{
	for (int i = KNOB_NONE + 1; i < KNOB_COUNT; i++) {
		if (word[0] != '\0' && strcmp(knobs[i].group, word) == 0)
			return true;
	}
	return false;
}

static bool set_knob(struct script *s, const char *group, const char *key, const json_t *j,
		     bool for_instance, char *why, size_t n)
{
	enum knob k = find_knob(group, key);
	const char *dot = group[0] != '\0' ? "." : "";

	if (k == KNOB_NONE) {
		snprintf(why, n,
			 "\"%s%s%.64s\" is not a behaviour (plugins/mock/README.md lists "
			 "them)",
			 group, dot, key);
		return false;
	}
	if (knobs[k].scope == FOR_INSTANCE && !for_instance) {
		snprintf(why, n,
			 "\"%s%s%s\" is a behaviour of the whole instance; set it with "
			 "{\"scope\": \"instance\", ...}",
			 group, dot, key);
		return false;
	}
	if (json_is_null(j)) {
		s->v[k] = KNOB_UNSET;
		return true;
	}
	if (!value_of(knobs[k].kind, j, &s->v[k])) {
		snprintf(why, n, "\"%s%s%s\" must be %s", group, dot, key, wanted[knobs[k].kind]);
		return false;
	}
	return true;
}

/* null for a whole group unsets all of it. */
static void clear_group(struct script *s, const char *group)
{
	for (int i = KNOB_NONE + 1; i < KNOB_COUNT; i++) {
		if (strcmp(knobs[i].group, group) == 0)
			s->v[i] = KNOB_UNSET;
	}
}

static bool merge_group(struct script *s, const char *group, const json_t *members,
			bool for_instance, char *why, size_t n)
{
	const char *key;
	json_t *j;

	if (json_is_null(members)) {
		clear_group(s, group);
		return true;
	}
	if (!json_is_object(members)) {
		snprintf(why, n, "\"%s\" must be an object such as {\"%s\": {\"times\": 1}}", group,
			 group);
		return false;
	}
	json_object_foreach((json_t *)members, key, j)
	{
		if (!set_knob(s, group, key, j, for_instance, why, n))
			return false;
	}
	return true;
}

bool script_merge(struct script *s, const json_t *patch, bool for_instance, char *why, size_t n)
{
	struct script next = *s;
	const char *key;
	json_t *j;

	if (!json_is_object(patch)) {
		snprintf(why, n, "a script must be a JSON object");
		return false;
	}
	if (json_is_true(json_object_get(patch, "reset")))
		script_clear(&next);
	json_object_foreach((json_t *)patch, key, j)
	{
		bool ok = json_is_true(j);

		if (strcmp(key, "reset") == 0) {
			if (!ok)
				snprintf(why, n, "\"reset\" must be true");
		} else if (is_group(key)) {
			ok = merge_group(&next, key, j, for_instance, why, n);
		} else {
			ok = set_knob(&next, "", key, j, for_instance, why, n);
		}
		if (!ok)
			return false;
	}
	*s = next;
	return true;
}

/* --- to JSON --- */

static json_t *value_json(enum knob_kind kind, int64_t v)
{
	char digits[24];

	switch (kind) {
	case KIND_COUNT:
		return v == KNOB_ALWAYS ? json_true() : json_integer(v);
	case KIND_BOOL:
		return json_boolean(v != 0);
	case KIND_CAUSE:
		return json_string(cause_name((enum relink_cause)v));
	case KIND_HOW:
		return json_string(how_name((enum how)v));
	case KIND_WRECK:
		return json_string(wreck_name((enum wreck)v));
	case KIND_PHONE:
		snprintf(digits, sizeof digits, "%lld", (long long)v);
		return json_string(v != 0 ? digits : "");
	case KIND_MS:
	case KIND_NUMBER:
	case KIND_PERCENT:
		break;
	}
	return json_integer(v);
}

json_t *script_json(const struct script *s)
{
	json_t *all = json_object();
	int failed = all == NULL;

	for (int i = KNOB_NONE + 1; i < KNOB_COUNT && !failed; i++) {
		json_t *to = all;

		if (s->v[i] == KNOB_UNSET)
			continue;
		if (knobs[i].group[0] != '\0') {
			to = json_object_get(all, knobs[i].group);
			if (to == NULL) {
				to = json_object();
				failed |= json_object_set_new(all, knobs[i].group, to) < 0;
			}
		}
		failed |=
		    json_object_set_new(to, knobs[i].key, value_json(knobs[i].kind, s->v[i])) < 0;
	}
	if (failed) {
		json_decref(all);
		return NULL;
	}
	return all;
}

/* --- in force --- */

int64_t layers_get(struct layers l, enum knob k)
{
	if (l.account != NULL && l.account->v[k] != KNOB_UNSET)
		return l.account->v[k];
	if (l.instance != NULL && l.instance->v[k] != KNOB_UNSET)
		return l.instance->v[k];
	return l.config != NULL ? l.config->v[k] : KNOB_UNSET;
}

/* Those whose knob says what, and the row after it how often. */
static bool has_times(enum fault f)
{
	return f == FAULT_FAIL || f == FAULT_WRECK;
}

static bool brings(const struct script *s, enum op op, enum fault f)
{
	enum knob k = fault_knobs[op][f];

	if (s == NULL || k == KNOB_NONE || s->v[k] == KNOB_UNSET)
		return false;
	return has_times(f) ? s->v[TIMES_OF(k)] != 0 : s->v[k] != 0;
}

/* The layer from which the fault comes; NULL: from none. */
static struct script *source_of(struct layers l, enum op op, enum fault f)
{
	if (brings(l.account, op, f))
		return l.account;
	return brings(l.instance, op, f) ? l.instance : NULL;
}

static enum fault fault_of_layer(const struct script *s, enum op op)
{
	for (int f = FAULT_NONE + 1; f < FAULT_COUNT; f++) {
		if (brings(s, op, (enum fault)f))
			return (enum fault)f;
	}
	return FAULT_NONE;
}

enum fault layers_fault(struct layers l, enum op op)
{
	enum fault f = fault_of_layer(l.account, op);

	return f != FAULT_NONE ? f : fault_of_layer(l.instance, op);
}

enum relink_cause layers_fail_cause(struct layers l, enum op op, uint64_t *ret_retry_after_ms)
{
	const struct script *s = source_of(l, op, FAULT_FAIL);
	enum knob k = fault_knobs[op][FAULT_FAIL];

	if (s == NULL)
		return RELINK_NONE;
	if (s->v[RETRY_OF(k)] != KNOB_UNSET)
		*ret_retry_after_ms = (uint64_t)s->v[RETRY_OF(k)];
	return (enum relink_cause)s->v[k];
}

enum wreck layers_wreck(struct layers l, enum op op)
{
	const struct script *s = source_of(l, op, FAULT_WRECK);

	return s != NULL ? (enum wreck)s->v[fault_knobs[op][FAULT_WRECK]] : WRECK_COUNT;
}

/* Neither "always" nor "unset" run out. */
static void count_down(int64_t *v)
{
	if (*v > 0)
		(*v)--;
}

void layers_take_fault(struct layers l, enum op op, enum fault f)
{
	struct script *s = source_of(l, op, f);
	enum knob k = fault_knobs[op][f];

	if (s != NULL)
		count_down(&s->v[has_times(f) ? TIMES_OF(k) : k]);
}

/* The layer that sets a timed behaviour and has times left. */
static struct script *timed_source(struct layers l, enum knob k, enum knob times)
{
	if (l.account != NULL && l.account->v[k] > 0 && l.account->v[times] != 0)
		return l.account;
	if (l.instance != NULL && l.instance->v[k] > 0 && l.instance->v[times] != 0)
		return l.instance;
	return NULL;
}

uint64_t layers_timed(struct layers l, enum knob k, enum knob times)
{
	const struct script *s = timed_source(l, k, times);

	return s != NULL ? (uint64_t)s->v[k] : 0;
}

void layers_take_timed(struct layers l, enum knob k, enum knob times)
{
	struct script *s = timed_source(l, k, times);

	if (s != NULL)
		count_down(&s->v[times]);
}
