/*
 * memory_test.c - without memory a message is not read or sent, and nothing else breaks.
 *
 * The linker puts the functions below in front of those that allocate (--wrap in CMakeLists.txt).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <msgpack/unpack.h>

#include "ipc/msg.h"

static bool no_zone, no_chunk, no_unpack, no_buffer;

msgpack_zone *__real_msgpack_zone_new(size_t chunk);
msgpack_zone *__wrap_msgpack_zone_new(size_t chunk);
void *__real_msgpack_zone_malloc_expand(msgpack_zone *zone, size_t n);
void *__wrap_msgpack_zone_malloc_expand(msgpack_zone *zone, size_t n);
msgpack_unpack_return __real_msgpack_unpack(const char *p, size_t n, size_t *at, msgpack_zone *zone,
					    msgpack_object *to);
msgpack_unpack_return __wrap_msgpack_unpack(const char *p, size_t n, size_t *at, msgpack_zone *zone,
					    msgpack_object *to);
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);

msgpack_zone *__wrap_msgpack_zone_new(size_t chunk)
{
	return no_zone ? NULL : __real_msgpack_zone_new(chunk);
}

void *__wrap_msgpack_zone_malloc_expand(msgpack_zone *zone, size_t n)
{
	return no_chunk ? NULL : __real_msgpack_zone_malloc_expand(zone, n);
}

msgpack_unpack_return __wrap_msgpack_unpack(const char *p, size_t n, size_t *at, msgpack_zone *zone,
					    msgpack_object *to)
{
	return no_unpack ? MSGPACK_UNPACK_NOMEM_ERROR : __real_msgpack_unpack(p, n, at, zone, to);
}

void *__wrap_realloc(void *p, size_t n)
{
	return no_buffer ? NULL : __real_realloc(p, n);
}

static const struct str listed_value =
    STR("\x93\x02\xa6listed\x82\xa4"
	"call\x01\xa8sessions\x91\x82\xa7session\xa1s\xa5state\x04");

static int teardown(void **state)
{
	(void)state;
	no_zone = no_chunk = no_unpack = no_buffer = false;
	return 0;
}

static void a_frame_is_not_opened(void **state)
{
	struct why why = { 0 };
	struct msg m;

	(void)state;
	assert_int_equal(msg_open(&m, listed_value, &why), 0);
	msg_close(&m);
	no_zone = true;
	assert_int_equal(msg_open(&m, listed_value, &why), ERR_NOMEM);
	no_zone = false;
	no_unpack = true;
	assert_int_equal(msg_open(&m, listed_value, &why), ERR_NOMEM);
}

static void a_list_is_not_read(void **state)
{
	struct msg_listed listed;
	struct why why = { 0 };
	struct msg m;

	(void)state;
	assert_int_equal(msg_open(&m, listed_value, &why), 0);
	no_chunk = true;
	assert_int_equal(msg_read(&m, MSG_listed, &listed, &why), ERR_NOMEM);
	assert_int_equal(listed.call, 0);
	assert_null(listed.sessions.v);
	no_chunk = false;
	assert_int_equal(msg_read(&m, MSG_listed, &listed, &why), 0);
	assert_int_equal(listed.sessions.n, 1);
	msg_close(&m);
}

static void a_frame_is_not_sent(void **state)
{
	struct msg_ping ping = { .seq = 1 };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	no_buffer = true;
	assert_int_equal(msg_pack_request(&out, 1, MSG_ping, &ping), ERR_NOMEM);
	assert_int_equal(out.n, 0);
	no_buffer = false;
	assert_int_equal(msg_pack_request(&out, 1, MSG_ping, &ping), 0);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_frame_is_not_opened, teardown),
		cmocka_unit_test_teardown(a_list_is_not_read, teardown),
		cmocka_unit_test_teardown(a_frame_is_not_sent, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
