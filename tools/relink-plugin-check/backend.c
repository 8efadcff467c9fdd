/* backend.c - see backend.h. */
#include "backend.h"

#include <string.h>

const char *backend_mood_text(enum backend_mood mood)
{
	static const char *const texts[] = {
#define M(id, text) text,
		BACKEND_MOODS(M)
#undef M
	};

	return texts[mood];
}

static struct relink_str text(const char *z)
{
	return (struct relink_str){ z, strlen(z) };
}

static struct relink_str deep(void)
{
	static char bytes[20000];

	memset(bytes, '[', sizeof bytes);
	return (struct relink_str){ bytes, sizeof bytes };
}

void overwrite(char *to, const char *z)
{
	while (*z != '\0')
		*to++ = *z++;
}

static struct relink_str huge(void)
{
	static char bytes[1 << 20];

	memset(bytes, 'x', sizeof bytes);
	overwrite(bytes, "{\"error\":\"");
	overwrite(bytes + sizeof bytes - 2, "\"}");
	return (struct relink_str){ bytes, sizeof bytes };
}

static uint64_t no_answer(struct relink_http_reply *r, int sent, int timeout, const char *why)
{
	r->cause = RELINK_NETWORK;
	r->sent = sent;
	r->timeout = timeout;
	r->text = text(why);
	return 20;
}

static uint64_t an_answer(struct relink_http_reply *r, unsigned status, const char *type,
			  struct relink_str body)
{
	r->sent = 1;
	r->status = status;
	r->content_type = text(type);
	r->body = body;
	return 20;
}

uint64_t backend_reply(enum backend_mood mood, uint64_t total_ms, struct relink_http_reply *r)
{
	static const char json[] = "application/json", html[] = "text/html";
	static const char wrong[] =
	    "{\"success\":\"yes\",\"sessions\":{\"a\":[]},\"total\":\"many\",\"session_id\":7,"
	    "\"state\":[],\"status\":{},\"id\":null,\"qr\":-1,\"generation\":\"x\"}";

	*r = (struct relink_http_reply){ .size = sizeof *r };
	switch (mood) {
	case MOOD_UNREACHABLE:
		return no_answer(r, 0, 0, "connection refused");
	case MOOD_LOST:
		no_answer(r, 1, 1, "no answer in time");
		return total_ms;
	case MOOD_RESET:
		return no_answer(r, 1, 0, "connection reset");
	case MOOD_BROKEN_HTTP:
		r->cause = RELINK_INTERNAL;
		r->sent = 1;
		r->text = text("an answer that is not HTTP");
		return 20;
	case MOOD_ERROR_500:
		return an_answer(r, 500, html, text("<h1>Internal Server Error</h1>"));
	case MOOD_UNAVAILABLE:
		return an_answer(r, 503, "", text(""));
	case MOOD_WRONG_KEY:
		return an_answer(r, 401, json, text("{\"error\":\"unauthorized\"}"));
	case MOOD_TOO_MANY:
		r->retry_after_ms = 30000;
		return an_answer(r, 429, json, text("{\"error\":\"too many requests\"}"));
	case MOOD_REDIRECT:
		return an_answer(r, 302, html, text(""));
	case MOOD_NOT_FOUND:
		return an_answer(r, 404, html, text("<h1>Not Found</h1>"));
	case MOOD_EMPTY:
		return an_answer(r, 200, json, text(""));
	case MOOD_GARBAGE:
		return an_answer(r, 200, json, (struct relink_str){ "\0\xff\xfe\x80{\"", 6 });
	case MOOD_CUT:
		return an_answer(r, 200, json,
				 text("{\"success\":true,\"sessions\":[{\"session_i"));
	case MOOD_NUMBER:
		return an_answer(r, 200, json, text("17"));
	case MOOD_EMPTY_OBJECT:
		return an_answer(r, 200, json, text("{}"));
	case MOOD_NULLS:
		return an_answer(r, 200, json,
				 text("{\"success\":null,\"sessions\":null,\"state\":null}"));
	case MOOD_WRONG_TYPES:
		return an_answer(r, 200, json, text(wrong));
	case MOOD_DEEP:
		return an_answer(r, 200, json, deep());
	default:
		return an_answer(r, 200, json, huge());
	}
}
