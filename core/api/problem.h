/*
 * problem.h - what went wrong with a request, on its way to application/problem+json.
 *
 * Like `struct why`, it is filled where the error is born: a stable code for programs and one
 * sentence for people that names the object and the remedy.
 */
#ifndef RELINK_API_PROBLEM_H
#define RELINK_API_PROBLEM_H
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum problem_code {
#define PROBLEM(code, status) PROBLEM_##code,
#include "api/problem.def"
	PROBLEM_COUNT
};

#define PROBLEM_DETAIL_MAX 512

struct problem {
	enum problem_code code;
	unsigned retry_after_s; /* 0: as the status has it */
	char detail[PROBLEM_DETAIL_MAX];
};

/* Fill `p` and return ERR_FORMAT, so that it fits into a return statement. */
int problem_set(struct problem *p, enum problem_code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "account_not_found". */
const char *problem_name(enum problem_code);
/* The HTTP status of a code: 404. */
unsigned problem_status(enum problem_code);
/* The code with this name (NULL is fine); PROBLEM_internal_error when there is none. */
enum problem_code problem_of(const char *name);

/* Write the problem as the body of an answer. */
void problem_json(struct buf *out, const struct problem *);

#endif
