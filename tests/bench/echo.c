/* echo.c - see echo.h. */
#include "echo.h"

#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "ipc/msg.h"
#include "proc/wire.h"

#define LINK 3

static struct wire wire;
static uv_loop_t loop;

bool echo_is(int argc, char **argv)
{
	return argc == 4 && strcmp(argv[2], ECHO_PLUGIN) == 0;
}

static int on_frame(void *ctx, struct str value)
{
	const struct msg_health_reply reply = { .state = 4 };
	struct msg_health params;
	struct why why;
	struct msg m;
	int r = msg_open(&m, value, &why);

	(void)ctx;
	if (r < 0)
		return r;
	r = msg_read(&m, MSG_health, &params, &why);
	if (r == 0) {
		struct buf *out = wire_begin(&wire);

		must(out != NULL && msg_pack_reply(out, m.id, MSG_health, NULL, &reply) == 0);
		wire_commit(&wire);
	}
	msg_close(&m);
	return r;
}

static void on_end(void *ctx, int code)
{
	(void)ctx;
	(void)code;
	_exit(0);
}

int echo_run(void)
{
	static const struct wire_port port = { .frame = on_frame, .end = on_end };
	static struct wire_counters counters;
	struct msg_hello hello = { .proto = IPC_PROTO,
				   .nonce = STR("bench"),
				   .pid = (uint64_t)getpid(),
				   .plugin = STR("bench"),
				   .version = STR("1"),
				   .abi_major = 1,
				   .start_deadline = 1000 };

	must(uv_loop_init(&loop) == 0);
	must(wire_open(&wire, &loop, LINK, &port, &counters) == 0);
	must(msg_pack_notification(wire_begin(&wire), MSG_hello, &hello) == 0);
	wire_commit(&wire);
	uv_run(&loop, UV_RUN_DEFAULT);
	return 0;
}
