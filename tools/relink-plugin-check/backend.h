/*
 * backend.h - answers that a plugin's backend may give: none of them good.
 */
#ifndef RELINK_CHECK_BACKEND_H
#define RELINK_CHECK_BACKEND_H
#include <relink/plugin.h>

#define BACKEND_MOODS(M)                                          \
	M(UNREACHABLE, "cannot be reached")                       \
	M(LOST, "takes the question and is not heard of again")   \
	M(RESET, "cuts the connection after the question")        \
	M(BROKEN_HTTP, "breaks HTTP")                             \
	M(ERROR_500, "answers 500 with a page of HTML")           \
	M(UNAVAILABLE, "answers 503 without a word")              \
	M(WRONG_KEY, "answers 401")                               \
	M(TOO_MANY, "answers 429 with a pause")                   \
	M(REDIRECT, "answers with a redirect")                    \
	M(NOT_FOUND, "answers 404 with a page of HTML")           \
	M(EMPTY, "answers 200 with nothing")                      \
	M(GARBAGE, "answers 200 with random bytes")               \
	M(CUT, "answers 200 with half a JSON document")           \
	M(NUMBER, "answers 200 with a number")                    \
	M(EMPTY_OBJECT, "answers 200 with {}")                    \
	M(NULLS, "answers 200 with members that are null")        \
	M(WRONG_TYPES, "answers 200 with members of wrong types") \
	M(DEEP, "answers 200 with very deep JSON")                \
	M(HUGE_BODY, "answers 200 with a megabyte of JSON text")

enum backend_mood {
#define M(id, text) MOOD_##id,
	BACKEND_MOODS(M)
#undef M
	    MOOD_COUNT
};
const char *backend_mood_text(enum backend_mood);

/* Fill the reply of this mood; its body is static.  Returns after how many ms it comes, where the
 * request allows `total_ms`. */
uint64_t backend_reply(enum backend_mood, uint64_t total_ms, struct relink_http_reply *ret_reply);

/* Write the text of `z` without its NUL. */
void overwrite(char *to, const char *z);

#endif
