/*
 * value.c - one scalar: from text to the struct's member and back.
 *
 * A number is digits and a unit of its type's table, nothing else: "1.5s" and "10 s" are refused
 * rather than guessed.  One that does not fit 64 bits saturates, and is then out of its bounds.
 */
#include "conf/value.h"

#include <stdlib.h>

#include "base/must.h"
#include "conf/address.h"
#include "conf/source.h"

struct unit {
	const char *suffix;
	uint64_t times;
};

/* Ascending, ended by NULL; the first one is the unit in which the member counts. */
static const struct unit plain_units[] = { { "", 1 }, { 0 } };
static const struct unit byte_units[] = {
	{ "B", 1 }, { "KiB", 1ull << 10 }, { "MiB", 1ull << 20 }, { "GiB", 1ull << 30 }, { 0 },
};
static const struct unit ms_units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }, { 0 },
};
static const struct unit us_units[] = {
	{ "us", 1 },
	{ "ms", 1000 },
	{ "s", 1000000 },
	{ 0 },
};

static const struct unit *units_of(enum key_type type)
{
	switch (type) {
	case KEY_DURATION:
		return ms_units;
	case KEY_DURATION_US:
		return us_units;
	case KEY_BYTES:
		return byte_units;
	default:
		return plain_units;
	}
}

/* The words of a type that is one of a few; NULL behind the last. */
static const char *word_of(enum key_type type, unsigned i)
{
	static const char *const switches[] = { "false", "true", NULL };
	static const char *const formats[] = { "text", "json", NULL };
	static const char *const patience[] = { "wait", "move", NULL };
	static const char *const sandboxes[] = { "auto", "require", "off", NULL };

	switch (type) {
	case KEY_LEVEL:
		return i < LOG_LEVELS ? log_level_name((enum log_level)i) : NULL;
	case KEY_FORMAT:
		return formats[i];
	case KEY_WHEN_DOWN:
		return patience[i];
	case KEY_SANDBOX:
		return sandboxes[i];
	default:
		return switches[i];
	}
}

static unsigned word_index(enum key_type type, const void *member)
{
	switch (type) {
	case KEY_LEVEL:
		return *(const enum log_level *)member;
	case KEY_SANDBOX:
		return *(const enum conf_sandbox *)member;
	default:
		return *(const bool *)member;
	}
}

static void word_set(enum key_type type, void *member, unsigned i)
{
	switch (type) {
	case KEY_LEVEL:
		*(enum log_level *)member = (enum log_level)i;
		break;
	case KEY_SANDBOX:
		*(enum conf_sandbox *)member = (enum conf_sandbox)i;
		break;
	default:
		*(bool *)member = i != 0;
	}
}

static int refuse(const struct key *k, struct str text, struct why *why)
{
	return why_set(why, ERR_CONFIG, "%s is not %s (write %s)",
		       k->flags & KEY_SECRET ? "the value" : quote(text).text,
		       key_type_words(k->type), key_type_remedy(k->type));
}

static bool read_number(enum key_type type, struct str text, uint64_t *ret_v)
{
	struct str digits = { text.p, 0 }, suffix;
	uint64_t v = UINT64_MAX;

	while (digits.n < text.n && text.p[digits.n] >= '0' && text.p[digits.n] <= '9')
		digits.n++;
	if (digits.n == 0)
		return false;
	str_to_u64(digits, UINT64_MAX, &v); /* too many digits leave it at the greatest */
	suffix = (struct str){ text.p + digits.n, text.n - digits.n };
	if (v == 0 && suffix.n == 0) {
		*ret_v = 0;
		return true;
	}
	for (const struct unit *u = units_of(type); u->suffix != NULL; u++) {
		if (str_is(suffix, u->suffix)) {
			*ret_v = v > UINT64_MAX / u->times ? UINT64_MAX : v * u->times;
			return true;
		}
	}
	return false;
}

/* A text's bounds are numbers of bytes. */
static bool in_bounds(const struct key *k, uint64_t v)
{
	enum key_type type = key_kind(k) == KIND_NUMBER ? k->type : KEY_INT;
	uint64_t min, max;

	must(read_number(type, str_of(k->min), &min) && read_number(type, str_of(k->max), &max));
	return (v >= min && v <= max) || (v == 0 && (k->flags & KEY_OR_ZERO));
}

static int set_number(const struct key *k, struct str text, uint64_t *member, struct why *why)
{
	uint64_t v;

	if (!read_number(k->type, text, &v))
		return refuse(k, text, why);
	if (!in_bounds(k, v))
		return why_set(why, ERR_CONFIG, "%s is outside its bounds, %s%s to %s",
			       k->flags & KEY_SECRET ? "the value" : quote(text).text,
			       k->flags & KEY_OR_ZERO ? "0 or " : "", k->min, k->max);
	*member = v;
	return 0;
}

static bool is_line(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
			return false;
	}
	return text.n > 0;
}

static bool is_plugin(struct str text)
{
	if (text.n > 0 && memchr(text.p, '/', text.n) != NULL)
		return is_line(text);
	return str_is_id(text, SIZE_MAX, "-_");
}

static bool is_shaped(enum key_type type, struct str text)
{
	struct address a;

	switch (type) {
	case KEY_ADDRESS:
		return address_read(text, &a);
	case KEY_NAME:
		return str_is_id(text, SIZE_MAX, "-");
	case KEY_PLUGIN:
		return is_plugin(text);
	default:
		return is_line(text);
	}
}

static int set_text(const struct key *k, struct str text, char **member, struct why *why)
{
	char *z;

	if (!is_shaped(k->type, text))
		return refuse(k, text, why);
	if (!in_bounds(k, text.n))
		return why_set(why, ERR_CONFIG, "it has %zu bytes, at most %s are allowed", text.n,
			       k->max);
	z = str_dup(text);
	if (z == NULL)
		return why_set(why, ERR_NOMEM, "no memory for the configuration");
	free(*member);
	*member = z;
	return 0;
}

static int set_word(const struct key *k, struct str text, void *member, struct why *why)
{
	const char *word;

	for (unsigned i = 0; (word = word_of(k->type, i)) != NULL; i++) {
		if (!str_is(text, word))
			continue;
		word_set(k->type, member, i);
		return 0;
	}
	return refuse(k, text, why);
}

int value_read(const struct key *k, struct str text, void *member, struct why *why)
{
	switch (key_kind(k)) {
	case KIND_NUMBER:
		return set_number(k, text, member, why);
	case KIND_WORD:
		return set_word(k, text, member, why);
	case KIND_TEXT:
		return set_text(k, text, member, why);
	default:
		must_not_reach("a scalar of a key that has none");
	}
}

static int write_number(struct buf *out, enum key_type type, uint64_t v)
{
	const struct unit *u = units_of(type);

	if (v == 0)
		return buf_byte(out, '0');
	while (u[1].suffix != NULL && v % u[1].times == 0)
		u++;
	return buf_printf(out, "%llu%s", (unsigned long long)(v / u->times), u->suffix);
}

int value_write(struct buf *out, const struct key *k, const void *member)
{
	switch (key_kind(k)) {
	case KIND_NUMBER:
		return write_number(out, k->type, *(const uint64_t *)member);
	case KIND_WORD:
		return buf_text(out, word_of(k->type, word_index(k->type, member)));
	case KIND_TEXT:
		return buf_str(out, str_of(*(char *const *)member));
	default:
		must_not_reach("a scalar of a key that has none");
	}
}

bool value_equal(const struct key *k, const void *a, const void *b)
{
	switch (key_kind(k)) {
	case KIND_NUMBER:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case KIND_WORD:
		return word_index(k->type, a) == word_index(k->type, b);
	case KIND_TEXT:
		return str_eq(str_of(*(char *const *)a), str_of(*(char *const *)b));
	default:
		must_not_reach("a scalar of a key that has none");
	}
}
