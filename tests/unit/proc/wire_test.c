/* wire_test.c - both ends of a wire in one loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/obj.h"
#include "ipc/frame.h"
#include "proc/wire.h"

/* One end, and what it heard: how many frames, their numbers in order, and its end. */
struct end {
	struct wire wire;
	struct wire_counters counters;
	uint64_t heard, next;
	int refuse; /* what frame() returns for a frame of number `refuse_at` */
	uint64_t refuse_at;
	uint64_t pause_at; /* pause when that many were heard */
	int code;          /* of end() */
	unsigned ends, closes;
	size_t written_calls;
};

static uv_loop_t loop;
static struct end a, b;

static int on_frame(void *ctx, struct str value)
{
	struct end *e = ctx;
	uint64_t number;

	assert_true(value.n >= sizeof number);
	memcpy(&number, value.p, sizeof number);
	assert_int_equal(number, e->next++);
	e->heard++;
	if (e->heard == e->pause_at)
		wire_pause(&e->wire, true);
	return e->refuse != 0 && number == e->refuse_at ? e->refuse : 0;
}

static void on_written(void *ctx, size_t queued)
{
	struct end *e = ctx;

	assert_int_equal(queued, wire_queued(&e->wire));
	e->written_calls++;
}

static void on_end(void *ctx, int code)
{
	struct end *e = ctx;

	e->ends++;
	e->code = code;
}

static void on_closed(void *ctx)
{
	((struct end *)ctx)->closes++;
}

static void open_end(struct end *e, int fd)
{
	const struct wire_port port = {
		.ctx = e, .frame = on_frame, .written = on_written, .end = on_end
	};

	*e = (struct end){ 0 };
	assert_int_equal(wire_open(&e->wire, &loop, fd, &port, &e->counters), 0);
}

static int open_both(void **state)
{
	int fd[2];

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	open_end(&a, fd[0]);
	open_end(&b, fd[1]);
	return 0;
}

static void close_end(struct end *e)
{
	if (e->wire.closed == NULL)
		wire_close(&e->wire, on_closed);
}

static int close_both(void **state)
{
	(void)state;
	close_end(&a);
	close_end(&b);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(a.closes, 1);
	assert_int_equal(b.closes, 1);
	assert_int_equal(uv_loop_close(&loop), 0);
	return 0;
}

/* A frame that holds its number and then `more` bytes. */
static bool say(struct end *e, uint64_t number, size_t more)
{
	struct buf *out = wire_begin(&e->wire);
	size_t place;
	char *room;

	if (out == NULL)
		return false;
	place = frame_begin(out);
	buf_add(out, &number, sizeof number);
	room = buf_room(out, more);
	assert_non_null(room);
	memset(room, 'x', more);
	out->n += more;
	assert_int_equal(frame_end(out, place), 0);
	wire_commit(&e->wire);
	return true;
}

static void turn(void)
{
	uv_run(&loop, UV_RUN_NOWAIT);
}

static void frames_arrive_whole_and_in_order(void **state)
{
	uint64_t n = 0;

	(void)state;
	for (size_t more = 0; more < 100; more++)
		assert_true(say(&a, n++, more));
	assert_true(say(&a, n++, LIMIT_FRAME - sizeof n)); /* the largest there is */
	assert_true(say(&a, n++, 0));
	while (b.heard < n)
		turn();
	assert_int_equal(a.counters.frames_out, n);
	assert_int_equal(b.counters.frames_in, n);
	assert_int_equal(a.counters.bytes_out, b.counters.bytes_in);
	assert_true(a.written_calls > 0);
	assert_int_equal(wire_queued(&a.wire), 0);
}

static void few_frames_of_one_turn_leave_in_one_write(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 10; i++)
		say(&a, i, 10);
	assert_int_equal(a.written_calls, 0);
	while (b.heard < 10)
		turn();
	assert_int_equal(a.written_calls, 1);
}

/* So that the peer begins with the first while we write the others. */
static void the_first_of_many_leave_before_the_turn_ends(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 100; i++)
		say(&a, i, 100);
	assert_in_range(a.written_calls, 5, 25); /* a few frames each */
	assert_in_range(wire_queued(&a.wire), 0, 512);
	while (b.heard < 100)
		turn();
}

static void a_turn_reads_no_more_than_a_chunk(void **state)
{
	uint64_t before;

	(void)state;
	for (uint64_t i = 0; i < 2000; i++)
		say(&a, i, 100);
	wire_drain(&a.wire, 0, 0);
	while (b.heard < 2000) {
		before = b.counters.bytes_in;
		turn();
		assert_in_range(b.counters.bytes_in - before, 0, 64 << 10);
	}
}

static void a_peer_that_does_not_read_meets_the_bound(void **state)
{
	uint64_t n = 0;

	(void)state;
	wire_pause(&b.wire, true);
	while (say(&a, n, 100000))
		n++;
	assert_in_range(wire_queued(&a.wire), LIMIT_LINK_QUEUE, LIMIT_LINK_QUEUE + 100020);
	assert_false(wire_is_dead(&a.wire));
	assert_false(wire_drain(&a.wire, 0, 10));
	assert_null(wire_begin(&a.wire));
	wire_pause(&b.wire, false);
	while (b.heard < n)
		turn();
	assert_true(say(&a, n++, 0));
	while (b.heard < n)
		turn();
}

static void a_pause_keeps_frames_that_were_read_already(void **state)
{
	(void)state;
	b.pause_at = 3;
	for (uint64_t i = 0; i < 10; i++)
		say(&a, i, 10);
	for (int i = 0; i < 10; i++)
		turn();
	assert_int_equal(b.heard, 3);
	wire_pause(&b.wire, false);
	assert_int_equal(b.heard, 3); /* not from inside */
	while (b.heard < 10)
		turn();
}

static void the_end_comes_after_all_frames_and_once(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 500; i++)
		say(&a, i, 100);
	assert_true(wire_drain(&a.wire, 0, 1000));
	say(&b, 0, 10); /* never read: the end is a reset */
	wire_drain(&b.wire, 0, 1000);
	wire_close(&a.wire, on_closed);
	while (b.ends == 0)
		turn();
	assert_int_equal(b.heard, 500);
	assert_int_equal(b.code, ERR_EOF);
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(b.ends, 1);
	assert_true(wire_is_dead(&b.wire));
	assert_null(wire_begin(&b.wire));
}

static void writing_to_the_dead_is_harmless(void **state)
{
	(void)state;
	wire_close(&a.wire, on_closed);
	say(&b, 0, 10);
	while (b.ends == 0)
		turn();
	assert_int_equal(b.code, ERR_EOF);
	assert_false(say(&b, 1, 10));
}

static void a_frame_that_is_refused_is_the_last(void **state)
{
	(void)state;
	b.refuse = ERR_FORMAT;
	b.refuse_at = 2;
	for (uint64_t i = 0; i < 10; i++)
		say(&a, i, 10);
	while (b.ends == 0)
		turn();
	assert_int_equal(b.code, ERR_FORMAT);
	assert_int_equal(b.heard, 3);
}

static void an_impossible_length_ends_it(void **state)
{
	static const struct {
		const char head[5];
		int code;
	} cases[] = { { "\0\0\0\0", ERR_FORMAT }, { "\0\x10\0\1", ERR_TOOBIG } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf *out;

		open_both(NULL);
		out = wire_begin(&a.wire);
		buf_add(out, cases[i].head, FRAME_HEAD);
		wire_commit(&a.wire);
		while (b.ends == 0)
			turn();
		assert_int_equal(b.code, cases[i].code);
		assert_int_equal(b.heard, 0);
		close_both(NULL);
	}
}

/* A frame that was queued in any phase of the loop leaves before the loop sleeps. */
static void say_in_prepare(uv_prepare_t *p)
{
	uv_prepare_stop(p);
	say(&a, 0, 10);
}

static void say_in_check(uv_check_t *c)
{
	uv_check_stop(c);
	say(&a, 1, 10);
}

static void a_frame_leaves_before_the_loop_sleeps(void **state)
{
	static uv_prepare_t prepare;
	static uv_check_t check;

	(void)state;
	uv_prepare_init(&loop, &prepare);
	uv_prepare_start(&prepare, say_in_prepare);
	while (b.heard < 1)
		uv_run(&loop, UV_RUN_ONCE);
	uv_check_init(&loop, &check);
	uv_check_start(&check, say_in_check);
	say(&b, 0, 1); /* something to wake up for */
	while (b.heard < 2)
		uv_run(&loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&prepare, NULL);
	uv_close((uv_handle_t *)&check, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_both, close_both)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(frames_arrive_whole_and_in_order),
		TEST(few_frames_of_one_turn_leave_in_one_write),
		TEST(the_first_of_many_leave_before_the_turn_ends),
		TEST(a_turn_reads_no_more_than_a_chunk),
		TEST(a_peer_that_does_not_read_meets_the_bound),
		TEST(a_pause_keeps_frames_that_were_read_already),
		TEST(the_end_comes_after_all_frames_and_once),
		TEST(writing_to_the_dead_is_harmless),
		TEST(a_frame_that_is_refused_is_the_last),
		cmocka_unit_test(an_impossible_length_ends_it),
		TEST(a_frame_leaves_before_the_loop_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
