/* strays_test.c - a session that its account has left behind at another instance: what is said about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/state.h"

#define OLD        0 /* instance and slot */
#define NEW        1
#define QUARANTINE 2
#define SESSION    "mock_acme_1_00000001"

static struct conf conf = { .op_deadline_ms = 1000 };
static struct conf_instance confs[2] = { { .id = (char *)"old" }, { .id = (char *)"new" } };
static struct slot slots[3];
static struct instance instances[2];
static struct provider provider;
static struct member account;
static struct member *rows[2];
static struct engine e;
static struct stray *stray;

/* An account that has moved from one instance to another, each with a worker of its own. */
static int it_has_moved(void **state)
{
	(void)state;
	slots[QUARANTINE] = (struct slot){ .number = QUARANTINE, .quarantine = true };
	provider =
	    (struct provider){ .instances = instances, .n_instances = 2, .quarantine = QUARANTINE };
	for (unsigned n = 0; n < 2; n++)
		instances[n] =
		    (struct instance){ .conf = &confs[n], .provider = &provider, .slot = n };
	account = (struct member){ .magic = MEMBER_MAGIC,
				   .row = 1,
				   .instance = &instances[NEW],
				   .id = (char *)"a",
				   .workspace = (char *)"acme",
				   .a = { .generation = 2 },
				   .timer = { { HEAP_NOWHERE }, TIMER_ACCOUNT } };
	rows[1] = &account;
	e = (struct engine){ .magic = ENGINE_MAGIC,
			     .now = 1000000,
			     .conf = &conf,
			     .rows = rows,
			     .n_rows = 2,
			     .last_row = 1,
			     .providers = &provider,
			     .n_providers = 1,
			     .slots = slots,
			     .n_slots = 3 };
	inbox_init(&e.inbox);
	stray = stray_new(&e, 1, 1, STR(SESSION), STR("a"), STR("acme"), &instances[OLD], 1, false);
	return 0;
}

static int it_is_over(void **state)
{
	(void)state;
	stray_free(&e, &stray);
	batch_free_all(&e);
	return 0;
}

/* How many lines of the journal came of it. */
static uint64_t told(unsigned slot, const char *instance)
{
	const struct inbox_message t = { .instance = str_of(instance),
					 .session = STR(SESSION),
					 .json = STR("{\"id\":\"m1\"}"),
					 .kind = RELINK_MESSAGE_RECEIVED };
	uint64_t before = batch_changes(&e);

	message_told(&e, slot, &t);
	return batch_changes(&e) - before;
}

static void its_messages_are_told_by_the_instance_that_has_it(void **state)
{
	(void)state;
	assert_int_equal(told(OLD, "old"), 1);
	assert_int_equal(e.stats.contradictions, 0);
}

static void its_messages_are_not_told_by_the_account_s_new_instance(void **state)
{
	(void)state;
	assert_int_equal(told(NEW, "new"), 0);
	assert_int_equal(told(OLD, "new"), 0);
	assert_int_equal(told(NEW, "old"), 0);
	assert_int_equal(e.stats.contradictions, 3);
}

static void a_quarantine_tells_them_when_the_account_works_alone(void **state)
{
	(void)state;
	assert_int_equal(told(QUARANTINE, "old"), 0);
	account.blame = (struct blame){ .marks = 2, .at = e.now };
	assert_int_equal(told(QUARANTINE, "old"), 1);
	assert_int_equal(told(QUARANTINE, "new"), 0);
	assert_int_equal(e.stats.contradictions, 1);
}

/* The provider can't list, so that answers about sessions tell whether the instance answers. */
static void a_look_that_a_quarantine_cannot_take_says_nothing_about_the_instance(void **state)
{
	struct inbox_item *item;

	(void)state;
	account.blame = (struct blame){ .marks = 2, .at = e.now };
	slots[QUARANTINE].w.state = WS_COOLING;
	call_look(&e, stray);
	assert_non_null(stray->look);
	item = inbox_get(&e.inbox);
	assert_non_null(item);
	assert_int_equal(item->slot, QUARANTINE);
	assert_int_equal(item->reply.cause, RELINK_PROVIDER_DOWN);
	call_answered(&e, &item->reply);
	inbox_item_free(&item);
	assert_null(stray->look);
	assert_int_equal(instances[OLD].list_fails, 0);
}

static void a_quarantine_is_kept_for_what_an_account_without_an_instance_left_behind(void **state)
{
	(void)state;
	account.blame = (struct blame){ .marks = 2, .at = e.now };
	account.instance = NULL;
	DL_APPEND2(provider.homeless, &account, i_prev, i_next);
	assert_int_equal(quarantined(&e, &provider), 1);
	stray_free(&e, &stray);
	assert_int_equal(quarantined(&e, &provider), 0);
}

static void a_deleted_account_has_no_messages(void **state)
{
	(void)state;
	account.a.state = ST_DELETED;
	assert_int_equal(told(OLD, "old"), 0);
	assert_int_equal(e.stats.stale, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, it_has_moved, it_is_over)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_messages_are_told_by_the_instance_that_has_it),
		TEST(its_messages_are_not_told_by_the_account_s_new_instance),
		TEST(a_quarantine_tells_them_when_the_account_works_alone),
		TEST(a_look_that_a_quarantine_cannot_take_says_nothing_about_the_instance),
		TEST(a_quarantine_is_kept_for_what_an_account_without_an_instance_left_behind),
		TEST(a_deleted_account_has_no_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
