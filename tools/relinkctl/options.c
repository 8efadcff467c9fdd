/* options.c - reads options by the table; what is wrong with one is said with its bounds. */
#include "options.h"

#include <inttypes.h>
#include <jansson.h>

#include "base/near.h"

const struct option_spec option_specs[OPTION_COUNT] = {
#define O(id, l, n, a, k, from, to, t) \
	[OPTION_##id] = {              \
		.name = (n),           \
		.arg = (a),            \
		.text = (t),           \
		.kind = OPTION_##k,    \
		.letter = (l),         \
		.least = (from),       \
		.most = (to),          \
	},
	OPTION_LIST(O)
#undef O
};

/* `word` is "--name", "--name=value" or "-l". */
static int find(struct str word, enum option_id *ret_id)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *s = &option_specs[i];
		bool is_letter = s->letter != 0 && word.n == 2 && word.p[1] == s->letter;
		bool is_name = word.n > 2 && word.p[1] == '-' &&
			       str_is((struct str){ word.p + 2, word.n - 2 }, s->name);

		if (is_letter || is_name) {
			*ret_id = (enum option_id)i;
			return 0;
		}
	}
	return ERR_NOTFOUND;
}

int options_check_object(const char *value, struct why *why)
{
	json_error_t error;
	json_t *json =
	    json_loads(value, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
	bool is_object = json_is_object(json);

	if (json == NULL)
		return why_set(why, ERR_FORMAT, "this is not JSON: %s at byte %d", error.text,
			       error.position);
	json_decref(json);
	if (!is_object)
		return why_set(why, ERR_FORMAT, "this must be a JSON object, as '{\"a\":1}'");
	return 0;
}

static const char *words_of(enum option_id id)
{
	switch (id) {
	case OPTION_COLOR:
		return "auto always never";
	case OPTION_PRIORITY:
		return "high normal low";
	case OPTION_ROLE:
		return "viewer operator admin";
	default:
		return "";
	}
}

struct str options_word(enum option_id id, unsigned i)
{
	const char *at = words_of(id);

	for (; i > 0 && *at != '\0'; i--) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	return (struct str){ at, strcspn(at, " ") };
}

static bool is_word(enum option_id id, const char *value)
{
	struct str word;

	for (unsigned i = 0; (word = options_word(id, i)).n > 0; i++) {
		if (str_is(word, value))
			return true;
	}
	return false;
}

static int store(struct options *o, enum option_id id, const char *value, struct why *why)
{
	const struct option_spec *s = &option_specs[id];
	uint64_t n = 0;
	int r = 0;

	switch (s->kind) {
	case OPTION_FLAG:
	case OPTION_PATH:
		break;
	case OPTION_TEXT:
		if (!str_is_utf8(str_of(value)))
			r = why_set(why, ERR_FORMAT, "the value of --%s is not UTF-8", s->name);
		break;
	case OPTION_NUMBER:
		if (!str_to_u64(str_of(value), s->most, &n) || n < s->least)
			r = why_set(why, ERR_RANGE,
				    "--%s must be a whole number from %" PRIu64 " to %" PRIu64
				    ", not \"%s\"",
				    s->name, s->least, s->most, value);
		break;
	case OPTION_WORD:
		if (!is_word(id, value))
			r = why_set(why, ERR_FORMAT, "--%s must be one of %s, not \"%s\"", s->name,
				    words_of(id), value);
		break;
	case OPTION_OBJECT:
		r = options_check_object(value, why);
		if (r < 0)
			why_prefix(why, "--%s", s->name);
		break;
	}
	if (r < 0)
		return r;
	o->given |= UINT64_C(1) << id;
	o->text[id] = value;
	o->number[id] = n;
	return 0;
}

/* Of what looks like a key nothing is said that is not an option's name. */
static int complain(struct str name, struct why *why)
{
	struct near near = { .written = { name.p + 2, name.n > 2 ? name.n - 2 : 0 } };

	for (unsigned i = 0; name.n > 3 && i < OPTION_COUNT; i++)
		near_try(&near, option_specs[i].name);
	return why_set(why, ERR_FORMAT, "there is no option \"%.*s\"%s%s%s", STR_ARG(name),
		       near.word != NULL ? " (did you mean --" : "",
		       near.word != NULL ? near.word : "", near.word != NULL ? "?)" : "");
}

/* The option at `words[*at]`; *at moves on over its value. */
static int take_one(struct options *o, char **words, unsigned n, unsigned *at, struct why *why)
{
	char *word = words[*at];
	char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
	struct str name = { word, equals != NULL ? (size_t)(equals - word) : strlen(word) };
	const char *value = equals != NULL ? equals + 1 : NULL;
	enum option_id id;

	if (find(name, &id) < 0)
		return complain(name, why);
	if (option_specs[id].kind == OPTION_FLAG) {
		if (value != NULL)
			return why_set(why, ERR_FORMAT, "--%s takes no value",
				       option_specs[id].name);
	} else if (value == NULL) {
		if (*at + 1 >= n)
			return why_set(why, ERR_FORMAT, "--%s needs a value: --%s %s",
				       option_specs[id].name, option_specs[id].name,
				       option_specs[id].arg);
		value = words[++*at];
	}
	return store(o, id, value, why);
}

int options_take(struct options *o, char **words, unsigned n, unsigned *ret_n, struct why *why)
{
	unsigned kept = 0;
	bool ended = false;

	*o = (struct options){ 0 };
	for (unsigned i = 0; i < n; i++) {
		bool is_option = !ended && words[i][0] == '-' && words[i][1] != '\0';
		int r;

		if (is_option && strcmp(words[i], "--") == 0) {
			ended = true;
			continue;
		}
		if (!is_option) {
			words[kept++] = words[i];
			continue;
		}
		r = take_one(o, words, n, &i, why);
		if (r < 0)
			return r;
	}
	*ret_n = kept;
	return 0;
}
