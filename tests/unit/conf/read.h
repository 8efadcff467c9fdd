/* read.h - parse a text as if it stood in relink.yaml. */
#ifndef RELINK_TESTS_CONF_READ_H
#define RELINK_TESTS_CONF_READ_H
#include "conf/conf.h"

/* The text's configuration, the caller's to free; a complaint fails the test with its sentence. */
struct conf *must_read(const char *text);
/* The complaint about the text; a text that is taken fails the test.  Valid until the next call. */
const struct why *must_refuse(struct str text);

#endif
