/* problem.c - names, statuses and the JSON form of problems. */
#include "api/problem.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/response.h"
#include "base/json.h"

static const struct {
	const char *name;
	unsigned status;
} problems[PROBLEM_COUNT] = {
#define PROBLEM(code, status) [PROBLEM_##code] = { #code, status },
#include "api/problem.def"
};

int problem_set(struct problem *p, enum problem_code code, const char *fmt, ...)
{
	va_list ap;

	p->code = code;
	p->retry_after_s = 0;
	va_start(ap, fmt);
	vsnprintf(p->detail, sizeof p->detail, fmt, ap);
	va_end(ap);
	return ERR_FORMAT;
}

const char *problem_name(enum problem_code code)
{
	return problems[code].name;
}

unsigned problem_status(enum problem_code code)
{
	return problems[code].status;
}

enum problem_code problem_of(const char *name)
{
	for (unsigned i = 0; i < PROBLEM_COUNT && name != NULL; i++) {
		if (strcmp(problems[i].name, name) == 0)
			return (enum problem_code)i;
	}
	return PROBLEM_internal_error;
}

void problem_json(struct buf *out, const struct problem *p)
{
	struct jw j = jw_to(out);
	unsigned status = problem_status(p->code);

	jw_object(&j, NULL);
	jw_text(&j, "type", "about:blank");
	jw_text(&j, "title", status_text(status));
	jw_u64(&j, "status", status);
	jw_text(&j, "code", problem_name(p->code));
	jw_text(&j, "detail", p->detail);
	jw_object_end(&j);
}
