/* ids.c - names to names; pure. */
#include "api/dropin/ids.h"

#include <stdio.h>

#include "api/digest.h"
#include "base/obj.h"

#define SESSION_DIGEST   "sid-"
#define WORKSPACE_DIGEST "wid-"

bool dropin_session_is_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '-'))
			return false;
	}
	return s.n > 0 && s.n <= DROPIN_SESSION_MAX;
}

static bool begins_with(struct str s, const char *mark)
{
	return s.n >= strlen(mark) && memcmp(s.p, mark, strlen(mark)) == 0;
}

/* `mark` and the first `n_hex` digits of the digest of both parts. */
static bool write_digest(char *to, const char *mark, const struct str parts[2], size_t n_hex)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[DIGEST_BYTES];
	size_t n = strlen(mark);

	if (!digest_of(digest, parts, 2))
		return false;
	memcpy(to, mark, n);
	for (size_t i = 0; i < n_hex; i++)
		to[n + i] = hex[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
	to[n + n_hex] = '\0';
	return true;
}

bool dropin_account_id(struct str session, char to[LIMIT_ACCOUNT_ID + 1])
{
	const struct str parts[2] = { session, STR("") };

	if (str_is_id(session, LIMIT_ACCOUNT_ID, "_-") && !begins_with(session, SESSION_DIGEST))
		return str_copy(to, LIMIT_ACCOUNT_ID + 1, session);
	return write_digest(to, SESSION_DIGEST, parts, 40);
}

bool dropin_workspace(const char *prefix, struct str name, char to[LIMIT_WORKSPACE + 1])
{
	const struct str parts[2] = { str_of(prefix), name };
	char whole[LIMIT_WORKSPACE + 1];
	int n;

	if (name.n == 0)
		return str_copy(to, LIMIT_WORKSPACE + 1, STR("default"));
	n = snprintf(whole, sizeof whole, "%.*s%.*s", STR_ARG(parts[0]), STR_ARG(name));
	if (n < (int)sizeof whole && str_is_id(str_of(whole), LIMIT_WORKSPACE, "-") &&
	    !begins_with(str_of(whole), WORKSPACE_DIGEST))
		return str_copy(to, LIMIT_WORKSPACE + 1, str_of(whole));
	return write_digest(to, WORKSPACE_DIGEST, parts, 28);
}

const char *dropin_status(const char *status)
{
	// clang-format off
	static const struct {
		const char *ours, *old;
	} words[] = {
		{ "new",           "disconnected" },  /* never started */
		{ "connecting",    "qr_scanning" },   /* so it said from the first moment */
		{ "qr_scanning",   "qr_scanning" },
		{ "authenticated", "authenticated" },
		{ "connected",     "connected" },
		{ "reconnecting",  "disconnected" },  /* it cannot send; Relink is at it */
		{ "disconnected",  "disconnected" },
		{ "failed",        "error" },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].ours, status) == 0)
			return words[i].old;
	}
	return "error";
}

bool dropin_phone(struct str number, char to[DROPIN_PHONE_MAX + 1])
{
	static const char chat[] = "@c.us";
	size_t n = 0, tail = sizeof chat - 1;

	if (number.n > tail && memcmp(number.p + number.n - tail, chat, tail) == 0)
		number.n -= tail;
	for (size_t i = 0; i < number.n; i++) {
		char c = number.p[i];

		if (c != '\0' && strchr(" +-.()", c) != NULL)
			continue;
		if (c < '0' || c > '9' || n == DROPIN_PHONE_MAX)
			return false;
		to[n++] = c;
	}
	to[n] = '\0';
	return n >= 5;
}
