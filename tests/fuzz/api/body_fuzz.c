/* body_fuzz.c - JSON bodies against the table-driven reader. */
#include <stddef.h>
#include <stdlib.h>

#include "api/body.h"
#include "base/must.h"
#include "base/obj.h"
#include "fuzz.h"

struct target {
	char *text, *object;
	bool flag;
};

static bool is_short(struct str s)
{
	return s.n < 8;
}

static const struct field fields[] = {
	{ "text", FIELD_TEXT, offsetof(struct target, text), 16, is_short, "short",
	  FIELD_REQUIRED },
	{ "object", FIELD_OBJECT, offsetof(struct target, object), 64, NULL, "an object", "{}" },
	{ "flag", FIELD_BOOL, offsetof(struct target, flag), 0, NULL, "true or false", NULL },
};

int fuzz_one(const uint8_t *data, size_t size)
{
	struct str body = { (const char *)data, size };
	struct target t = { NULL, NULL, false };
	struct problem p;

	if (body_read(body, fields, ARRAY_LEN(fields), &t, &p) == 0) {
		must(t.text != NULL && strlen(t.text) < 8);
		must(str_is_utf8(str_of(t.text)));
		must(strlen(t.object) <= 64 && body_check(str_of(t.object), &p) == 0);
		must(body_check(body, &p) == 0);
	}
	free(t.text);
	free(t.object);
	return 0;
}
