/* keys.c - see keys.h. */
#include "worker/keys.h"

#include <stdlib.h>

#include "base/obj.h"

#define KEYS_MAX  64 /* as many as an instance's config has room for in a frame */
#define TEXT_MAX  4096
#define VALUE_MAX 48 /* bytes of a wrong value that a sentence quotes */

/* --- numbers --- */

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 },
};
static const struct unit sizes[] = {
	{ "", 1 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL, 0 },
};
static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };
static const struct unit truths[] = { { "true", 1 }, { "yes", 1 }, { "on", 1 }, { "false", 0 },
				      { "no", 0 },   { "off", 0 }, { NULL, -1 } };

static const struct {
	const struct unit *units;
	bool sign;
	const char *complaint;
} forms[] = {
	[RELINK_TYPE_INT] = { plain, true, "is not a whole number" },
	[RELINK_TYPE_BOOL] = { NULL, false, "is not true or false" },
	[RELINK_TYPE_DURATION] = { durations, false,
				   "is not a duration; write it like 250ms, 30s, 5m or 1h" },
	[RELINK_TYPE_BYTES] = { sizes, false,
				"is not a size; write it like 4096, 64KiB, 8MiB or 1GiB" },
};

/* The factor of the unit called `name`; negative when there is none. */
static int64_t factor_of(const struct unit *units, struct str name)
{
	for (; units->name != NULL; units++) {
		if (str_is(name, units->name))
			return units->factor;
	}
	return -1;
}

static bool scaled(struct str text, const struct unit *units, bool sign, int64_t *ret_v)
{
	bool negative = sign && text.n > 0 && text.p[0] == '-';
	size_t digits = 0;
	int64_t factor;
	uint64_t v;

	if (negative)
		text = (struct str){ text.p + 1, text.n - 1 };
	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (!str_to_u64((struct str){ text.p, digits }, INT64_MAX, &v))
		return false;
	factor = factor_of(units, (struct str){ text.p + digits, text.n - digits });
	if (v == 0 && digits == text.n)
		factor = 1; /* nothing is nothing in any unit */
	if (factor < 0 || __builtin_mul_overflow((int64_t)v, factor, ret_v))
		return false;
	if (negative)
		*ret_v = -*ret_v;
	return true;
}

int keys_number(enum relink_type type, struct str text, int64_t *ret_v, struct why *why)
{
	bool ok;

	if (type == RELINK_TYPE_STRING)
		return ERR_UNSUPPORTED;
	if (type == RELINK_TYPE_BOOL) {
		*ret_v = factor_of(truths, text);
		ok = *ret_v >= 0;
	} else {
		ok = scaled(text, forms[type].units, forms[type].sign, ret_v);
	}
	return ok ? 0 : why_set(why, ERR_FORMAT, "%s", forms[type].complaint);
}

/* --- the plugin's table --- */

static bool is_number_of(const struct relink_key *k, const char *text)
{
	int64_t v;

	return text == NULL || k->type == RELINK_TYPE_STRING ||
	       keys_number(k->type, str_of(text), &v, NULL) == 0;
}

/* Bounds and default can be read: see is_number_of. */
static int64_t number_of(const struct relink_key *k, const char *text, int64_t none)
{
	int64_t v = none;

	if (text != NULL && k->type != RELINK_TYPE_STRING)
		keys_number(k->type, str_of(text), &v, NULL);
	return v;
}

static bool default_is_within(const struct relink_key *k)
{
	int64_t v = number_of(k, k->def, 0);

	return k->def == NULL ||
	       (v >= number_of(k, k->min, INT64_MIN) && v <= number_of(k, k->max, INT64_MAX));
}

static size_t size_of(const struct relink_key *k)
{
	return k->type == RELINK_TYPE_STRING ? sizeof(const char *) : sizeof(int64_t);
}

/* A path is a text; one that is written is read too. */
static int check_flags(const struct relink_key *k, struct why *why)
{
	const unsigned path = RELINK_KEY_READS | RELINK_KEY_WRITES;
	unsigned odd = k->flags & ~(RELINK_KEY_REQUIRED | RELINK_KEY_SECRET | path);

	if (odd != 0)
		return why_set(why, ERR_CONFIG,
			       "its key \"%s\" has a flag that this Relink does not know (0x%x); "
			       "install a newer Relink or an older plugin",
			       k->name, odd);
	if ((k->flags & path) == path)
		return why_set(why, ERR_CONFIG,
			       "its key \"%s\" is to be read and to be written; the latter is both",
			       k->name);
	if ((k->flags & path) != 0 && k->type != RELINK_TYPE_STRING)
		return why_set(why, ERR_CONFIG,
			       "its key \"%s\" is said to be a path and is no string", k->name);
	return 0;
}

static int check_key(const struct relink_plugin *p, const struct relink_key *k, struct why *why)
{
	if (!str_is_id(str_of(k->name), 64, "_"))
		return why_set(why, ERR_CONFIG,
			       "the name of its key \"%.64s\" is not of a-z, 0-9 "
			       "and \"_\"",
			       k->name);
	if ((unsigned)k->type > RELINK_TYPE_BYTES)
		return why_set(why, ERR_CONFIG, "its key \"%s\" has no known type", k->name);
	if (k->offset % size_of(k) != 0 || k->offset > p->conf_size ||
	    p->conf_size - k->offset < size_of(k))
		return why_set(why, ERR_CONFIG, "its key \"%s\" lies outside its configuration",
			       k->name);
	if (!is_number_of(k, k->def) || !is_number_of(k, k->min) || !is_number_of(k, k->max))
		return why_set(why, ERR_CONFIG,
			       "its key \"%s\" has a default or bound that is not of its type",
			       k->name);
	if (!default_is_within(k))
		return why_set(why, ERR_CONFIG, "the default of its key \"%s\" is out of bounds",
			       k->name);
	return check_flags(k, why);
}

int keys_check(const struct relink_plugin *p, struct why *why)
{
	size_t n = 0;

	for (const struct relink_key *k = p->keys; k != NULL && k->name != NULL; k++) {
		int r = check_key(p, k, why);

		if (r < 0)
			return r;
		if (++n > KEYS_MAX)
			return why_set(why, ERR_CONFIG, "it has more than %d keys", KEYS_MAX);
	}
	return 0;
}

/* --- one instance --- */

struct target {
	const struct msg_instance *instance;
	char *values, *texts; /* texts: where the next string goes */
	struct why *why;
};

static const struct msg_pair *pair_of(const struct msg_instance *in, const char *key)
{
	for (size_t i = 0; i < in->config.n; i++) {
		if (str_is(in->config.v[i].key, key))
			return &in->config.v[i];
	}
	return NULL;
}

static int refuse(const struct target *t, const struct relink_key *k, const char *complaint)
{
	const struct msg_pair *pair = pair_of(t->instance, k->name);
	struct str value = pair != NULL ? pair->value : STR_NONE;

	if ((k->flags & RELINK_KEY_SECRET) != 0)
		return why_set(t->why, ERR_CONFIG, "instance \"%.*s\": the value of \"%s\" %s",
			       STR_ARG(t->instance->id), k->name, complaint);
	value.n = MIN_OF(value.n, (size_t)VALUE_MAX);
	return why_set(t->why, ERR_CONFIG, "instance \"%.*s\": %s: \"%.*s\" %s",
		       STR_ARG(t->instance->id), k->name, STR_ARG(value), complaint);
}

static int refuse_bound(const struct target *t, const struct relink_key *k, const char *side,
			const char *bound)
{
	struct why complaint;

	why_set(&complaint, ERR_CONFIG, "is out of bounds; %s %s is allowed", side, bound);
	return refuse(t, k, complaint.text);
}

static int set_number(const struct target *t, const struct relink_key *k, struct str text)
{
	struct why form;
	int64_t v;

	if (keys_number(k->type, text, &v, &form) < 0)
		return refuse(t, k, form.text);
	if (v < number_of(k, k->min, INT64_MIN))
		return refuse_bound(t, k, "at least", k->min);
	if (v > number_of(k, k->max, INT64_MAX))
		return refuse_bound(t, k, "at most", k->max);
	memcpy(t->values + k->offset, &v, sizeof v);
	return 0;
}

static int set_string(struct target *t, const struct relink_key *k, struct str text)
{
	const char *z = t->texts;

	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
		return refuse(t, k, "has a zero byte in it");
	if (text.n > TEXT_MAX)
		return refuse(t, k, "is too long; at most 4096 bytes are allowed");
	str_copy(t->texts, text.n + 1, text);
	t->texts += text.n + 1;
	memcpy(t->values + k->offset, &z, sizeof z);
	return 0;
}

/* An empty value of a required key is as good as none. */
static int set_key(struct target *t, const struct relink_key *k)
{
	const struct msg_pair *pair = pair_of(t->instance, k->name);
	struct str text = pair != NULL ? pair->value : str_of(k->def);

	if ((k->flags & RELINK_KEY_REQUIRED) != 0 && text.n == 0)
		return why_set(t->why, ERR_CONFIG,
			       "instance \"%.*s\": key \"%s\" is required; add it to the config of "
			       "the instance or its provider",
			       STR_ARG(t->instance->id), k->name);
	if (k->type == RELINK_TYPE_STRING)
		return set_string(t, k, text);
	return pair != NULL || k->def != NULL ? set_number(t, k, text) : 0;
}

static int refuse_unknown(const struct relink_plugin *p, const struct msg_instance *in,
			  struct str key, struct why *why)
{
	char known[160] = "";
	size_t n = 0;

	for (const struct relink_key *k = p->keys; k != NULL && k->name != NULL; k++) {
		struct str name = str_of(k->name);

		if (n + name.n + 3 > sizeof known)
			break;
		if (n > 0) {
			known[n++] = ',';
			known[n++] = ' ';
		}
		str_copy(known + n, sizeof known - n, name);
		n += name.n;
	}
	return why_set(why, ERR_CONFIG,
		       "instance \"%.*s\": plugin \"%s\" has no key \"%.*s\"; it has: %s",
		       STR_ARG(in->id), p->name, STR_ARG(key), n > 0 ? known : "none");
}

static bool knows(const struct relink_plugin *p, struct str key)
{
	for (const struct relink_key *k = p->keys; k != NULL && k->name != NULL; k++) {
		if (str_is(key, k->name))
			return true;
	}
	return false;
}

static int check_pairs(const struct relink_plugin *p, const struct msg_instance *in,
		       struct why *why)
{
	for (size_t i = 0; i < in->config.n; i++) {
		struct str key = in->config.v[i].key;

		if (!knows(p, key))
			return refuse_unknown(p, in, key, why);
		for (size_t j = 0; j < i; j++) {
			if (str_eq(in->config.v[j].key, key))
				return why_set(
				    why, ERR_CONFIG,
				    "instance \"%.*s\": key \"%.*s\" is set twice; remove "
				    "one of them",
				    STR_ARG(in->id), STR_ARG(key));
		}
	}
	return 0;
}

/* The struct and room for every string, given or by default. */
static size_t block_size(const struct relink_plugin *p, const struct msg_instance *in)
{
	size_t n = MAX_OF(p->conf_size, (size_t)1);

	for (const struct relink_key *k = p->keys; k != NULL && k->name != NULL; k++)
		n += 1 + str_of(k->def).n;
	for (size_t i = 0; i < in->config.n; i++)
		n += in->config.v[i].value.n;
	return n;
}

int keys_parse(const struct relink_plugin *p, const struct msg_instance *in, void **ret_conf,
	       struct why *why)
{
	char *block = NULL;
	struct target t = { .instance = in, .why = why };
	int r = check_pairs(p, in, why);

	if (r < 0)
		return r;
	block = calloc(1, block_size(p, in));
	if (block == NULL)
		return why_set(why, ERR_NOMEM, "no memory for the configuration of \"%.*s\"",
			       STR_ARG(in->id));
	t.values = block;
	t.texts = block + p->conf_size;
	for (const struct relink_key *k = p->keys; r == 0 && k != NULL && k->name != NULL; k++)
		r = set_key(&t, k);
	if (r == 0)
		*ret_conf = TAKE(block);
	free(block);
	return r;
}
