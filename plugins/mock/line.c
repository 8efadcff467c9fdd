/* line.c - writes and reads lines of the journal. */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>

void text_free(struct text *t)
{
	free(t->p);
	*t = (struct text){ 0 };
}

void text_reset(struct text *t)
{
	t->n = 0;
	t->line = 0;
	t->failed = false;
}

static void add(struct text *t, const char *bytes, size_t n)
{
	if (t->failed)
		return;
	if (t->room - t->n < n) {
		size_t room = (t->room + n) * 2;
		char *p = realloc(t->p, room);

		if (p == NULL) {
			t->failed = true;
			return;
		}
		t->p = p;
		t->room = room;
	}
	memcpy(t->p + t->n, bytes, n);
	t->n += n;
}

static void add_number(struct text *t, uint64_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);

	add(t, digits, (size_t)n);
}

static bool is_plain(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '%';
}

static void add_encoded(struct text *t, struct relink_str s)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t done = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		const char code[3] = { '%', hex[c >> 4], hex[c & 15] };

		if (is_plain(c))
			continue;
		add(t, s.p + done, i - done);
		add(t, code, sizeof code);
		done = i + 1;
	}
	if (done < s.n)
		add(t, s.p + done, s.n - done);
}

static void add_key(struct text *t, const char *key)
{
	add(t, " ", 1);
	add(t, key, strlen(key));
	add(t, "=", 1);
}

void line_start(struct text *t, uint64_t at, uint64_t boot, const char *verb)
{
	t->line = t->n;
	add_number(t, at);
	add(t, " ", 1);
	add_number(t, boot);
	add(t, " ", 1);
	add(t, verb, strlen(verb));
}

void line_str(struct text *t, const char *key, struct relink_str value)
{
	if (value.n == 0)
		return;
	add_key(t, key);
	add_encoded(t, value);
}

void line_word(struct text *t, const char *key, const char *value)
{
	line_str(t, key, str_of(value));
}

void line_u64(struct text *t, const char *key, uint64_t value)
{
	add_key(t, key);
	add_number(t, value);
}

void line_stop(struct text *t)
{
	add(t, "\n", 1);
	if (t->n - t->line > LINE_BYTES_MAX)
		t->failed = true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Undo add_encoded in place. */
static bool decode(struct relink_str *s, char *p)
{
	size_t to = 0;

	for (size_t i = 0; i < s->n; i++, to++) {
		if (p[i] != '%') {
			p[to] = p[i];
			continue;
		}
		if (s->n - i < 3 || hex_digit(p[i + 1]) < 0 || hex_digit(p[i + 2]) < 0)
			return false;
		p[to] = (char)(hex_digit(p[i + 1]) << 4 | hex_digit(p[i + 2]));
		i += 2;
	}
	s->n = to;
	return true;
}

static bool to_number(struct relink_str s, uint64_t *ret_v)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || __builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*ret_v = v;
	return true;
}

/* The next word of *rest, which may be empty only at the end. */
static struct relink_str next_word(char **rest, size_t *n)
{
	struct relink_str word = { *rest, 0 };

	while (word.n < *n && (*rest)[word.n] != ' ')
		word.n++;
	*rest += word.n;
	*n -= word.n;
	if (*n > 0) {
		(*rest)++;
		(*n)--;
	}
	return word;
}

bool line_parse(struct line *l, char *text, size_t n)
{
	l->n = 0;
	if (!to_number(next_word(&text, &n), &l->at) || !to_number(next_word(&text, &n), &l->boot))
		return false;
	l->verb = next_word(&text, &n);
	if (l->verb.n == 0)
		return false;
	while (n > 0) {
		char *start = text;
		struct relink_str word = next_word(&text, &n);
		char *equals = memchr(start, '=', word.n);
		struct relink_str value;

		if (equals == NULL || l->n == LINE_FIELDS)
			return false;
		value = (struct relink_str){ equals + 1, word.n - (size_t)(equals + 1 - start) };
		if (!decode(&value, equals + 1))
			return false;
		l->field[l->n].key = (struct relink_str){ start, (size_t)(equals - start) };
		l->field[l->n++].value = value;
	}
	return true;
}

struct relink_str line_get(const struct line *l, const char *key)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (str_is(l->field[i].key, key))
			return l->field[i].value;
	}
	return (struct relink_str){ "", 0 };
}

uint64_t line_number(const struct line *l, const char *key)
{
	uint64_t v = 0;

	return to_number(line_get(l, key), &v) ? v : 0;
}
