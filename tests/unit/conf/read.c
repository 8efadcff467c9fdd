/* read.c - parse a text or fail the test. */
#include "read.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct conf *must_read(const char *text)
{
	struct conf *c = NULL;
	struct why why = { 0 };

	if (conf_parse(&c, "relink.yaml", str_of(text), &why) != 0)
		fail_msg("refused: %s", why.text);
	return c;
}

const struct why *must_refuse(struct str text)
{
	static struct why why;
	struct conf *c = NULL;

	why = (struct why){ 0 };
	if (conf_parse(&c, "relink.yaml", text, &why) == 0) {
		conf_free(&c);
		fail_msg("taken, but it should be refused:\n%.*s", STR_ARG(text));
	}
	assert_null(c);
	return &why;
}
