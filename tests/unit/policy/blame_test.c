/* blame_test.c - who is kept apart and who is given up, as stories of marks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/obj.h"
#include "policy/blame.h"

#define MINUTE 60000ull

/* What happens, a letter each: s a death in a shared worker, q one in quarantine, p a person asks again,
 * m ten minutes pass, h an hour does. */
static const struct {
	const char *what;
	enum blame_verdict then;
} stories[] = {
	{ "", BLAME_NONE },
	{ "s", BLAME_NONE },
	{ "sms", BLAME_ALONE },
	{ "sh", BLAME_NONE },
	{ "shs", BLAME_NONE }, /* twice, but not within the hour */
	{ "smsmmmmm", BLAME_ALONE },
	{ "smsh", BLAME_NONE },         /* it has been well for an hour */
	{ "smsmsmsmsms", BLAME_ALONE }, /* among others nobody is proven guilty */
	{ "smsmq", BLAME_HOLD },
	{ "ssq", BLAME_HOLD },
	{ "ssqq", BLAME_HOLD },
	{ "ssqs", BLAME_HOLD },
	{ "ssqh", BLAME_NONE },  /* a day later it is another attempt */
	{ "ssqp", BLAME_ALONE }, /* a person wants it: once more, alone */
	{ "ssqpq", BLAME_HOLD },
	{ "ssqph", BLAME_NONE },
	{ "ssp", BLAME_ALONE }, /* asking forgives nothing that was not given up */
	{ "sp", BLAME_NONE },
	{ "sps", BLAME_ALONE },
	{ "mmmmmmmss", BLAME_ALONE },
};

static struct blame tell(const char *what, uint64_t *now)
{
	struct blame b = { 0 };

	for (; *what != '\0'; what++) {
		switch (*what) {
		case 's':
		case 'q':
			blame_mark(&b, *what == 'q', *now);
			break;
		case 'p':
			blame_again(&b, *now);
			break;
		case 'm':
			*now += 10 * MINUTE;
			break;
		case 'h':
			*now += 60 * MINUTE;
			break;
		default:
			fail_msg("no such letter");
		}
	}
	return b;
}

static void every_story_ends_as_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
		uint64_t now = 1763287200000;
		struct blame b = tell(stories[i].what, &now);

		if (blame_verdict(&b, now) != stories[i].then)
			fail_msg("\"%s\" ends in %d", stories[i].what, (int)blame_verdict(&b, now));
	}
}

/* A clock that was set back makes no mark old. */
static void a_mark_of_the_future_counts(void **state)
{
	struct blame b = { .marks = 2, .at = 5000 };

	(void)state;
	assert_int_equal(blame_verdict(&b, 1000), BLAME_ALONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_story_ends_as_it_should),
		cmocka_unit_test(a_mark_of_the_future_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
