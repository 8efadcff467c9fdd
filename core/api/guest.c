/*
 * guest.c - log-in and log-out of people with a browser.
 *
 * The key is shown once, in the body of POST /v1/session, and a wrong one counts as any wrong key does.
 */
#include "api/guests.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/access.h"
#include "api/answer.h"
#include "api/body.h"
#include "api/handlers.h"
#include "api/origin.h"
#include "api/streams.h"
#include "base/clock.h"
#include "base/obj.h"

#define KEY_MAX 256 /* longer texts are no keys */

struct login {
	char *key;
};

#define A_KEY "the text of a key"

static const struct field fields[] = {
	{ "key", FIELD_TEXT, offsetof(struct login, key), KEY_MAX, NULL, A_KEY, FIELD_REQUIRED },
};

static void who_json(struct jw *j, const struct who *w, uint64_t ends_at)
{
	jw_object(j, NULL);
	jw_text(j, "role", api_role_name(w->role));
	jw_text(j, "workspace", who_is_scoped(w) ? w->workspace : NULL);
	jw_text(j, "key", w->key[0] != '\0' ? w->key : NULL);
	jw_time(j, "ends_at", ends_at);
	jw_object_end(j);
}

static void answer_begun(struct exchange *x, const struct who *w)
{
	static const char form[] = GUEST_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict%s";
	char text[GUEST_TEXT + 1], cookie[GUEST_TEXT + sizeof form + 16];
	struct response r = { .status = 200 };
	uint64_t now = clock_ms();
	struct jw j;

	if (!guests_begin(&x->face->guests, w, now, text)) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	snprintf(cookie, sizeof cookie, form, text, origin_is_secure(x->request) ? "; Secure" : "");
	response_header(&r, "Set-Cookie", str_of(cookie));
	j = answer_json(x->conn);
	who_json(&j, w, now + GUEST_LIFE_MS);
	answer_send(x->conn, &r);
	explicit_bzero(text, sizeof text);
	explicit_bzero(cookie, sizeof cookie);
}

void post_guest(struct exchange *x)
{
	struct login login = { NULL };
	struct who who = { .role = ROLE_NONE };
	int bad = origin_check_change(x);

	if (bad == 0)
		bad = body_read(x->request->body, fields, ARRAY_LEN(fields), &login, &x->problem);
	if (bad == 0)
		bad = access_identify(x, str_of(login.key), &who);
	if (bad == 0)
		answer_begun(x, &who);
	else
		answer_problem(x->conn, &x->problem, NULL);
	if (login.key != NULL)
		explicit_bzero(login.key, strlen(login.key));
	free(login.key);
}

void get_guest(struct exchange *x)
{
	const struct who *w = &x->conn->who;
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);

	who_json(&j, w, guests_end_of(&x->face->guests, w->guest));
	answer_send(x->conn, &r);
}

/* By a key there is nothing to end. */
void delete_guest(struct exchange *x)
{
	struct response r = { .status = 204 };

	response_header(&r, "Set-Cookie",
			STR(GUEST_COOKIE "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
	if (x->conn->who.guest != 0) {
		guests_end(&x->face->guests, x->conn->who.guest);
		streams_review(x->face);
	}
	conn_answer(x->conn, &r);
}
