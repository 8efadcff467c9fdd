/* str.c - checks and copies on pointer+length strings. */
#include "base/str.h"

#include <stdlib.h>

bool str_copy(char *dst, size_t size, struct str s)
{
	size_t n = s.n < size ? s.n : size - 1;

	if (n > 0)
		memcpy(dst, s.p, n);
	dst[n] = '\0';
	return n == s.n;
}

char *str_dup(struct str s)
{
	char *z = malloc(s.n + 1);

	if (z != NULL)
		str_copy(z, s.n + 1, s);
	return z;
}

bool str_to_u64(struct str s, uint64_t max, uint64_t *ret_v)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned)((unsigned char)s.p[i] - '0');

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	if (v > max)
		return false;
	*ret_v = v;
	return true;
}

size_t str_utf8_at(struct str s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.p + at;
	size_t n;
	uint32_t cp, least;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		n = 2;
		cp = p[0] & 0x1fu;
		least = 0x80;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		n = 3;
		cp = p[0] & 0x0fu;
		least = 0x800;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		n = 4;
		cp = p[0] & 0x07u;
		least = 0x10000;
	} else {
		return 0;
	}
	if (s.n - at < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (p[i] & 0x3fu);
	}
	return cp < least || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff) ? 0 : n;
}

/* Eight bytes at a time, since nearly all text here is ASCII. */
static size_t skip_ascii(struct str s, size_t at)
{
	uint64_t eight;

	for (; s.n - at >= sizeof eight; at += sizeof eight) {
		memcpy(&eight, s.p + at, sizeof eight);
		if ((eight & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
	return at;
}

bool str_is_utf8(struct str s)
{
	size_t n;

	for (size_t i = skip_ascii(s, 0); i < s.n; i += n) {
		n = str_utf8_at(s, i);
		if (n == 0)
			return false;
	}
	return true;
}

bool str_is_id(struct str s, size_t max, const char *extra)
{
	if (s.n == 0 || s.n > max)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (plain || (i > 0 && c != '\0' && strchr(extra, c) != NULL))
			continue;
		return false;
	}
	return true;
}

bool str_eq_secret(struct str a, struct str b)
{
	unsigned char diff = a.n != b.n;

	for (size_t i = 0; i < a.n; i++)
		diff |= (unsigned char)((unsigned char)a.p[i] ^
					(unsigned char)(b.n > 0 ? b.p[i % b.n] : 0));
	return diff == 0;
}

uint64_t str_hash(struct str s)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3ull;
	return h;
}
