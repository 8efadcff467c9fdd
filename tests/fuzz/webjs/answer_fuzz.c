/*
 * answer_fuzz.c - any bytes as the answer of a service: an operation is answered once, with what the
 * host can show, and a list that is told as complete names no session twice.
 *
 * The first byte is the operation, the second the status; the rest is the body, also of the looks that
 * follow from it.
 */
#include "base/must.h"
#include "fuzz.h"
#include "host.h"

static void ask(void *self, unsigned op)
{
	static const char *const verbs[] = { "info", "qr", "send", "validate" };
	struct relink_request req = host_request();
	void (*const ops[])(void *, const struct relink_request *) = {
		relink_plugin.list,       relink_plugin.health,  relink_plugin.create,
		relink_plugin.disconnect, relink_plugin.control, relink_plugin.control,
		relink_plugin.control,    relink_plugin.control, relink_plugin.send,
	};

	req.verb = host_str(verbs[op % 4]);
	req.args = host_str("{\"to\":\"62899900\",\"text\":\"x\"}");
	ops[op % 9](self, &req);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static const unsigned statuses[] = {
		200, 200, 201, 302, 400, 401, 404, 409, 429, 500, 503
	};
	struct relink_http_reply reply = { .size = sizeof reply, .sent = 1 };
	void *self = host_open();

	if (size >= 2) {
		ask(self, (unsigned)data[0] - '0');
		reply.status = statuses[data[1] % (sizeof statuses / sizeof statuses[0])];
		reply.body = (struct relink_str){ (const char *)data + 2, size - 2 };
		host_answer(1, &reply);
		must(host_told.done == 1);
		reply.status = 200;
		for (relink_http id = 2; id <= host_told.questions; id++)
			host_answer(id, &reply);
	}
	host_close(self, 2);
	return 0;
}
