/* dropin_event_test.c - journal lines as the events that the old service sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/dropin/event.h"
#include "api/dropin/session.h"
#include "base/clock.h"
#include "base/obj.h"
#include "fake.h"
#include "policy/account.h"
#include "relink/plugin.h"

static struct fake fake;
static struct face face;
static struct dropin dropin;

static void add(const char *id, const char *metadata)
{
	struct fake_account *a = fake_add(&fake, id);

	if (metadata != NULL)
		a->metadata = str_dup(str_of(metadata));
}

static int open_world(void **state)
{
	(void)state;
	fake_open(&fake, 64);
	face = (struct face){ .port = fake_port(&fake), .bus = fake.bus };
	add("a1", "{\"dropin\":{\"session_ids\":[\"new\",\"old\"],\"workspace_id\":7}}");
	add("a2", "{\"dropin\":{\"session_ids\":[\"s2\"],\"workspace_id\":\"seven\"}}");
	add("a3", "{\"dropin\":{\"session_ids\":[\"s3\"]}}");
	add("other", NULL);
	dropin = (struct dropin){ .face = &face };
	return clients_new(&dropin.clients, &face);
}

static int close_world(void **state)
{
	(void)state;
	clients_free(&dropin.clients);
	fake_close(&fake);
	return 0;
}

static struct journal_record line_of(const char *account, unsigned kind)
{
	return (struct journal_record){ .seq = 9,
					.at = 1795339871500,
					.row = fake_find(&fake, account)->row,
					.kind = (uint8_t)kind,
					.tell = true,
					.account = str_of(account) };
}

static void becomes(const struct journal_record *r, const char *expected)
{
	struct buf out;

	buf_init(&out, EVENT_BODY_MAX);
	assert_true(event_is_told(r));
	assert_int_equal(event_write(&out, &dropin, r), 0);
	if (!str_is(buf_all(&out), expected))
		fail_msg("%.*s\n instead of\n%s", STR_ARG(buf_all(&out)), expected);
	buf_fini(&out);
}

static void is_skipped(const struct journal_record *r)
{
	struct buf out;

	buf_init(&out, EVENT_BODY_MAX);
	assert_int_equal(event_write(&out, &dropin, r), 1);
	buf_fini(&out);
}

#define QR_EXPIRES 1763287220000 /* as the fake has it */
#define A1         "\"data\":{\"workspace_id\":7,\"session_id\":\"new\","

static void each_status_has_its_event(void **state)
{
	static const struct {
		unsigned from, to, status, cause;
		const char *json; /* NULL: none */
	} cases[] = {
		{ ST_QUEUED, ST_STARTING, STATUS_CONNECTING, RELINK_NONE, NULL },
		{ ST_QR, ST_AUTH, STATUS_AUTHENTICATED, RELINK_NONE,
		  "{\"event\":\"session_authenticated\"," A1 "\"status\":\"authenticated\"}}" },
		{ ST_AUTH, ST_UP, STATUS_CONNECTED, RELINK_NONE,
		  "{\"event\":\"session_ready\"," A1
		  "\"phone_number\":null,\"status\":\"connected\"}}" },
		/* only a cause is new; or it is on its way down, and still connected */
		{ ST_UP, ST_UP, STATUS_CONNECTED, RELINK_NETWORK, NULL },
		{ ST_UP, ST_CLOSING, STATUS_CONNECTED, RELINK_BY_REQUEST, NULL },
		{ ST_AUTH, ST_CLOSING, STATUS_AUTHENTICATED, RELINK_BY_REQUEST, NULL },
		{ ST_UP, ST_WAITING, STATUS_RECONNECTING, RELINK_ENGINE_CRASH,
		  "{\"event\":\"session_disconnected\"," A1 "\"reason\":\"engine_crash\"}}" },
		{ ST_CLOSING, ST_IDLE, STATUS_DISCONNECTED, RELINK_BY_REQUEST,
		  "{\"event\":\"session_disconnected\"," A1 "\"reason\":\"by_request\"}}" },
		{ ST_UP, ST_PARKED, STATUS_DISCONNECTED, RELINK_LOGGED_OUT,
		  "{\"event\":\"session_disconnected\"," A1 "\"reason\":\"LOGOUT\"}}" },
		{ ST_UP, ST_PARKED, STATUS_DISCONNECTED, RELINK_UNPAIRED,
		  "{\"event\":\"session_disconnected\"," A1 "\"reason\":\"UNPAIRED\"}}" },
		{ ST_UP, ST_HELD, STATUS_FAILED, RELINK_REPLACED,
		  "{\"event\":\"session_disconnected\"," A1 "\"reason\":\"CONFLICT\"}}" },
		{ ST_UP, ST_HELD, STATUS_FAILED, RELINK_TOS_BLOCK,
		  "{\"event\":\"session_disconnected\"," A1 "\"reason\":\"TOS_BLOCK\"}}" },
		{ ST_UP, ST_HELD, STATUS_FAILED, RELINK_CLIENT_OUTDATED,
		  "{\"event\":\"session_disconnected\"," A1 "\"reason\":\"DEPRECATED_VERSION\"}}" },
		{ ST_UP, ST_HELD, STATUS_COUNT, RELINK_NONE, NULL }, /* of a newer Relink */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct journal_record r = line_of("a1", JOURNAL_STATUS);

		r.from = (uint8_t)cases[i].from;
		r.to = (uint8_t)cases[i].to;
		r.status = (uint8_t)cases[i].status;
		r.cause = (uint8_t)cases[i].cause;
		if (cases[i].json != NULL)
			becomes(&r, cases[i].json);
		else
			assert_false(event_is_told(&r));
	}
}

static void names_are_the_application_s(void **state)
{
	struct journal_record r;

	(void)state;
	r = line_of("a2", JOURNAL_STATUS);
	r.from = ST_QR, r.to = ST_AUTH, r.status = STATUS_AUTHENTICATED;
	becomes(&r, "{\"event\":\"session_authenticated\",\"data\":{\"workspace_id\":\"seven\","
		    "\"session_id\":\"s2\",\"status\":\"authenticated\"}}");
	r.account = STR("a3");
	r.row = fake_find(&fake, "a3")->row;
	becomes(&r, "{\"event\":\"session_authenticated\",\"data\":{\"workspace_id\":null,"
		    "\"session_id\":\"s3\",\"status\":\"authenticated\"}}");
	r.account = STR("other");
	r.row = fake_find(&fake, "other")->row;
	is_skipped(&r);
	r.account = STR("nobody");
	is_skipped(&r);
	/* its id is another account's by now */
	r = line_of("a1", JOURNAL_STATUS);
	r.from = ST_QR, r.to = ST_AUTH, r.status = STATUS_AUTHENTICATED;
	r.row += 100;
	is_skipped(&r);
}

static void a_code_is_sent_as_long_as_it_is_good(void **state)
{
	struct journal_record first = line_of("a1", JOURNAL_STATUS),
			      next = line_of("a1", JOURNAL_QR);
	static const char head[] =
	    "{\"event\":\"qr_code_generated\"," A1 "\"qr_code\":\"data:image/png;base64,";
	const struct journal_record *lines[] = { &first, &next };
	struct buf out;

	(void)state;
	first.from = ST_STARTING, first.to = ST_QR, first.status = STATUS_QR_SCANNING;
	buf_init(&out, EVENT_BODY_MAX);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		fake_status(&fake, "a1", "connecting", "");
		is_skipped(lines[i]);
		fake_status(&fake, "a1", "qr_scanning", "2@abc");
		clock_virtual(QR_EXPIRES);
		is_skipped(lines[i]);
		clock_virtual(QR_EXPIRES - 7000);
		buf_reset(&out);
		assert_int_equal(event_write(&out, &dropin, lines[i]), 0);
		assert_memory_equal(out.p, head, sizeof head - 1);
		buf_byte(&out, '\0');
		assert_non_null(strstr(out.p, "\",\"expires_in\":7}}"));
	}
	clock_virtual(0);
	buf_fini(&out);
}

static void messages_have_the_old_form(void **state)
{
	static const struct {
		unsigned kind;
		const char *data, *json;
	} cases[] = {
		{ JOURNAL_RECEIVED,
		  "{\"id\":\"false_62@c.us_3E\",\"chat\":\"62@c.us\",\"from\":\"62@c.us\","
		  "\"to\":\"1@c.us\",\"type\":\"chat\",\"text\":\"halo \\\"x\\\" \\u00e9\","
		  "\"timestamp\":1795339885,\"from_me\":false,\"has_media\":false}",
		  "{\"event\":\"message_received\"," A1 "\"message\":{\"id\":\"false_62@c.us_3E\","
		  "\"from\":\"62@c.us\",\"to\":\"1@c.us\",\"body\":\"halo \\\"x\\\" \xc3\xa9\","
		  "\"timestamp\":1795339885,\"from_me\":false,\"type\":\"chat\","
		  "\"has_media\":false,\"chat_type\":\"private\"}}}" },
		{ JOURNAL_RECEIVED,
		  "{\"id\":\"g\",\"chat\":\"12@g.us\",\"from\":\"12@g.us\",\"to\":\"1@c.us\","
		  "\"type\":\"image\",\"timestamp\":5,\"has_media\":true}",
		  "{\"event\":\"message_received\"," A1 "\"message\":{\"id\":\"g\","
		  "\"from\":\"12@g.us\",\"to\":\"1@c.us\",\"body\":\"\",\"timestamp\":5,"
		  "\"from_me\":false,\"type\":\"image\",\"has_media\":true,"
		  "\"chat_type\":\"group\",\"group_id\":\"12@g.us\"}}}" },
		{ JOURNAL_SENT,
		  "{\"id\":\"true_62@c.us_3E\",\"chat\":\"62@c.us\",\"from\":\"1@c.us\","
		  "\"to\":\"62@c.us\",\"text\":\"hi\"}",
		  "{\"event\":\"message_sent\"," A1 "\"message\":{\"id\":\"true_62@c.us_3E\","
		  "\"from\":\"62@c.us\",\"to\":\"62@c.us\",\"body\":\"hi\","
		  "\"timestamp\":1795339871,\"from_me\":true,\"type\":\"chat\","
		  "\"has_media\":false,\"chat_type\":\"private\",\"status\":\"pending\"},"
		  "\"source\":\"message_create_event\"}}" },
		{ JOURNAL_ACK, "{\"id\":\"m\",\"ack\":\"server\"}",
		  "{\"event\":\"message_status_updated\"," A1
		  "\"message_id\":\"m\",\"status\":\"sent\","
		  "\"ack_level\":1,\"timestamp\":1795339871}}" },
		{ JOURNAL_ACK, "{\"id\":\"m\",\"ack\":\"device\"}",
		  "{\"event\":\"message_status_updated\"," A1
		  "\"message_id\":\"m\",\"status\":\"delivered\","
		  "\"ack_level\":2,\"timestamp\":1795339871}}" },
		{ JOURNAL_ACK, "{\"id\":\"m\",\"ack\":\"played\",\"timestamp\":6}",
		  "{\"event\":\"message_status_updated\"," A1
		  "\"message_id\":\"m\",\"status\":\"read\","
		  "\"ack_level\":4,\"timestamp\":6}}" },
		{ JOURNAL_ACK, "{\"id\":\"m\",\"ack\":\"error\"}",
		  "{\"event\":\"message_status_updated\"," A1
		  "\"message_id\":\"m\",\"status\":\"failed\","
		  "\"ack_level\":-1,\"timestamp\":1795339871}}" },
		/* a plugin that says nothing */
		{ JOURNAL_RECEIVED, "{}",
		  "{\"event\":\"message_received\"," A1 "\"message\":{\"id\":\"\",\"from\":\"\","
		  "\"to\":\"\",\"body\":\"\",\"timestamp\":1795339871,\"from_me\":false,"
		  "\"type\":\"chat\",\"has_media\":false,\"chat_type\":\"private\"}}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct journal_record r = line_of("a1", cases[i].kind);

		r.data = str_of(cases[i].data);
		becomes(&r, cases[i].json);
	}
}

static void nothing_else_is_told(void **state)
{
	static const unsigned kinds[] = { JOURNAL_STEP,    JOURNAL_CREATED,
					  JOURNAL_CHANGED, JOURNAL_DELETED,
					  JOURNAL_ORPHAN,  JOURNAL_GONE,
					  JOURNAL_VERB,    200 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct journal_record r = line_of("a1", kinds[i]);

		assert_false(event_is_told(&r));
		is_skipped(&r);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
	const struct CMUnitTest tests[] = {
		TEST(each_status_has_its_event),
		TEST(names_are_the_application_s),
		TEST(a_code_is_sent_as_long_as_it_is_good),
		TEST(messages_have_the_old_form),
		TEST(nothing_else_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
