/* reading.c - members of an answer, whatever type they turn out to have. */
#include "dialect.h"
#include "instance.h"

const char *read_text(const json_t *doc, const char *key)
{
	return json_string_value(json_object_get(doc, key));
}

struct relink_str read_name(const json_t *doc, const char *key, size_t max)
{
	const json_t *v = json_object_get(doc, key);
	struct relink_str s = { json_string_value(v), json_string_length(v) };

	return s.n > 0 && s.n <= max ? s : (struct relink_str){ NULL, 0 };
}

bool read_number(const json_t *doc, const char *key, uint64_t *ret)
{
	const json_t *v = json_object_get(doc, key);

	*ret = 0;
	if (v == NULL || json_is_null(v))
		return true;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(v);
	return true;
}

void read_down(const struct conf *conf, struct seen *seen, const char *cause, const char *reason,
	       const char *text, struct meaning fallback)
{
	const char *words = text != NULL ? text : reason != NULL ? reason : fallback.hint;

	seen->s.cause = words_down(cause, reason);
	if (seen->s.cause == RELINK_UNKNOWN && cause == NULL && reason == NULL)
		seen->s.cause = fallback.cause;
	reply_words(conf, words != NULL ? words : "", seen->words);
	if (seen->words[0] == '\0')
		snprintf(seen->words, sizeof seen->words, "the service says no more");
	seen->s.text = str_of(seen->words);
}

void read_phone(struct seen *seen, const char *number)
{
	size_t n = 0;

	while (number != NULL && n < PHONE_MAX - 1 && number[n] >= '0' && number[n] <= '9')
		n++;
	if (n > 0)
		memcpy(seen->phone, number, n);
	seen->phone[n] = '\0';
	seen->s.phone = str_of(seen->phone);
}
