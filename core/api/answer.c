/* answer.c - the usual answers. */
#include "api/answer.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/dropin/dropin.h"
#include "api/face.h"

/* The shared buffer is given back to the system after an answer that was larger. */
#define CONTENT_KEEP (256u << 10)

struct jw answer_json(struct conn *c)
{
	struct buf *content = &c->face->content;

	if (content->room > CONTENT_KEEP)
		buf_fini(content);
	buf_reset(content);
	return jw_to(content);
}

void answer_send(struct conn *c, struct response *r)
{
	const struct buf *content = &c->face->content;

	if (content->failed != 0) {
		answer_failure(c, PROBLEM_overloaded,
			       "The answer is too large or memory is out. Ask for less at once.");
		return;
	}
	if (r->type == NULL)
		r->type = TYPE_JSON;
	r->body = buf_all(content);
	conn_answer(c, r);
}

void answer_problem(struct conn *c, const struct problem *p, const char *allow)
{
	struct response r = { .status = problem_status(p->code), .type = TYPE_PROBLEM };
	char seconds[16];

	answer_json(c);
	if (c->dropin)
		dropin_problem(&c->face->content, p, &r);
	else
		problem_json(&c->face->content, p);
	if (r.status == 401)
		response_header(&r, "WWW-Authenticate", STR("Bearer realm=\"relink\""));
	if (r.status == 405 && allow != NULL)
		response_header(&r, "Allow", str_of(allow));
	if (r.status == 503 || r.status == 429) {
		snprintf(seconds, sizeof seconds, "%u",
			 p->retry_after_s > 0 ? p->retry_after_s : 1);
		response_header(&r, "Retry-After", str_of(seconds));
	}
	r.body = buf_all(&c->face->content);
	conn_answer(c, &r);
}

void answer_failure(struct conn *c, enum problem_code code, const char *fmt, ...)
{
	struct problem p = { .code = code };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p.detail, sizeof p.detail, fmt, ap);
	va_end(ap);
	answer_problem(c, &p, NULL);
}

void answer_success(struct conn *c)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(c);

	jw_object(&j, NULL);
	jw_bool(&j, "success", true);
	jw_object_end(&j);
	answer_send(c, &r);
}
