/*
 * world_test.c - the world is a function of the journal, and of nothing else.
 *
 * What the service knows at the end of a story is the same whether it stayed in memory, was closed
 * and opened after each step, lost half a line each time, or had two instances at its door.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "folder.h"
#include "stories.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char *const plugins[] = { [FENCED] = MOCK_SO, [LISTABLE] = MOCK_LISTABLE_SO };

static void end_of(const struct story *s, enum story_class class, enum story_mode mode, char *end,
		   size_t size)
{
	const char *folder = mode != IN_MEMORY ? folder_make() : "";
	struct rig r;

	story_tell(&r, s, plugins[class], mode, folder);
	story_end(&r, end, size);
	host_close(&r);
	if (mode != IN_MEMORY)
		folder_remove();
}

static void compare_ends(const struct story *s, enum story_class class)
{
	static const char *const modes[STORY_MODES] = { "in memory", "in a folder", "reopened",
							"torn", "shared" };
	char want[8192], end[8192];

	end_of(s, class, IN_MEMORY, want, sizeof want);
	for (enum story_mode m = IN_FOLDER; m < STORY_MODES; m++) {
		end_of(s, class, m, end, sizeof end);
		if (strcmp(end, want) != 0) {
			print_message("%s: %s\n", s->name, s->commands);
			print_message("in memory: %s\n", want);
			fail_msg("%s: %s", modes[m], end);
		}
	}
}

static void each_story_ends_the_same_however_the_journal_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_stories; i++) {
		if (strstr(stories[i].commands, "close") != NULL)
			continue; /* it leaves nothing in memory to compare with */
		for (enum story_class c = FENCED; c <= LISTABLE; c++) {
			if (stories[i].class & c)
				compare_ends(&stories[i], c);
		}
	}
}

/* A step by chance; generations grow or fall back, ids and profiles collide. */
static int random_step(char *to, size_t size)
{
	static const char *const behaviours[] = {
		"{\"create\":{\"late_apply_ms\":700,\"late_times\":1,\"lose_reply\":1}}",
		"{\"create\":{\"fail\":\"network\",\"times\":1}}",
		"{\"drop\":{\"after_ms\":900,\"how\":\"down\",\"times\":2}}",
		"{\"disconnect\":{\"lie\":1}}",
		"{\"create\":{\"unknown\":2},\"scan_ms\":40}",
		"{\"reset\":true}",
	};
	static const char *const verbs[] = {
		"scan",   "drop",   "drop {\"how\":\"down\"}",
		"forget", "logout", "drop {\"cause\":\"unpaired\"}",
	};
	char account = (char)('a' + host_roll(3));

	switch (host_roll(10)) {
	case 0:
	case 1:
	case 2:
		return snprintf(to, size, "create %c s%c%u %u p%c%u; ", account, account,
				host_roll(3), 1 + host_roll(5), account, host_roll(2));
	case 3:
		return snprintf(to, size, "disconnect %c s%c%u %u; ", account, account,
				host_roll(3), 1 + host_roll(5));
	case 4:
		return snprintf(to, size, "verb %c behave %s; ", account,
				behaviours[host_roll(ARRAY_LEN(behaviours))]);
	case 5:
	case 6:
		return snprintf(to, size, "verb %c %s; ", account,
				verbs[host_roll(ARRAY_LEN(verbs))]);
	case 7:
		return host_roll(4) == 0 ? snprintf(to, size, "verb - reboot; ")
					 : snprintf(to, size, "list; ");
	default:
		return snprintf(to, size, "run %ums; ", 1 + host_roll(600));
	}
}

static void stories_by_chance_end_the_same_too(void **state)
{
	char commands[4096];

	(void)state;
	for (uint64_t s = 1; s <= 12; s++) {
		struct story story = { "by chance", BOTH, "scan_ms=200ms,qr_refresh=150ms",
				       commands, "" };
		size_t n = 0;

		host_roll_from(s);
		for (int step = 0; step < 40; step++)
			n += (size_t)random_step(commands + n, sizeof commands - n);
		n += (size_t)snprintf(commands + n, sizeof commands - n, "list");
		assert_true(n < sizeof commands);
		compare_ends(&story, FENCED);
		compare_ends(&story, LISTABLE);
	}
}

static void a_fence_never_has_two_lives_of_an_account(void **state)
{
	char step[256], name[2] = "a";
	struct rig r = { 0 };
	unsigned n_seen = 0;

	(void)state;
	host_roll_from(99);
	host_rewind();
	assert_int_equal(host_open(&r, MOCK_SO, "scan_ms=50ms,create_ms=0ms"), RELINK_NONE);
	for (int i = 0; i < 3000; i++) {
		char account = (char)('a' + host_roll(3));

		name[0] = account;
		snprintf(step, sizeof step, "s%u", host_roll(4));
		if (host_roll(3) == 0)
			host_control(&r, name, "", "behave",
				     host_roll(2)
					 ? "{\"create\":{\"late_apply_ms\":100,\"late_times\":1}}"
					 : "{\"drop\":{\"after_ms\":60}}");
		host_create(&r, name, step, 1 + (unsigned)i / 10 + host_roll(20),
			    host_roll(2) ? "p1" : "p2", false, "");
		host_run(host_roll(80));
		host_control(&r, name, "", "state", "");
		assert_true(host_count(r.last_body, "\"alive\":true") <= 1);
		n_seen += host_count(r.last_body, "\"alive\":true");
		host_forget(&r);
	}
	assert_true(n_seen > 500);
	host_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_story_ends_the_same_however_the_journal_is_read),
		cmocka_unit_test(stories_by_chance_end_the_same_too),
		cmocka_unit_test(a_fence_never_has_two_lives_of_an_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
