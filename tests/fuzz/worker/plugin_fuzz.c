/*
 * plugin_fuzz.c - a plugin that does anything with the host services: whatever it passes becomes a
 * frame that the core takes, or is dropped; each operation is answered once, and the worker stops in
 * order.
 *
 * The input is a row of moves, of the core and of the plugin.  Structs and texts lie in blocks of
 * exactly their size, so that AddressSanitizer sees it when the worker reads more of one than is there.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/obj.h"
#include "core.h"
#include "fuzz.h"
#include "worker/instance.h"
#include "worker/serve.h"

#define MOVES_MAX 96
#define BLOCKS    64

/* Of a plugin's own: its two instances, the operations it was asked for, the timers it has. */
static struct {
	const struct relink_host *host[2];
	unsigned n_instances;
	relink_op ops[CORE_CALLS + 4];
	unsigned n_ops;
	relink_timer timer;
} plugin;
static struct tape tape;
static struct worker worker;
static uv_loop_t loop;
static bool has_stopped;

/* --- what it passes --- */

static void *blocks[BLOCKS];
static unsigned n_blocks;

static void *lend(size_t n)
{
	must(n_blocks < BLOCKS);
	blocks[n_blocks] = malloc(n > 0 ? n : 1);
	must(blocks[n_blocks] != NULL);
	return blocks[n_blocks++];
}

static void take_back(void)
{
	while (n_blocks > 0)
		free(blocks[--n_blocks]);
}

/* About as long as the bounds that the worker must keep; of one, two and three bytes a character, or
 * of none that is UTF-8.  The largest take their time, so they are rare. */
static struct relink_str some_long_text(bool huge)
{
	static const size_t bounds[] = { LIMIT_PHONE,  LIMIT_ACCOUNT_ID, LIMIT_SESSION_ID,
					 LIMIT_REASON, LIMIT_SENT,       LIMIT_QR,
					 LIMIT_MESSAGE };
	static const char *const units[] = { "x", "\xc3\xa9", "\xe2\x82\xac", "\xff" };
	uint8_t which = tape_byte(&tape);
	size_t bound =
	    huge ? which == 0xff ? LIMIT_FRAME : 65536 : bounds[which % ARRAY_LEN(bounds)];
	size_t n = bound + tape_byte(&tape) % 3 - 1;
	const char *unit = units[tape_byte(&tape) % ARRAY_LEN(units)];
	char *p = lend(n);
	size_t done = strlen(unit) < n ? strlen(unit) : n;

	memcpy(p, unit, done);
	for (; done < n; done *= 2)
		memcpy(p + done, p, done < n - done ? done : n - done);
	return (struct relink_str){ p, n };
}

static struct relink_str some_text(void)
{
	uint8_t how = tape_byte(&tape);
	struct tape bytes;
	char *p;

	if (how == 0xff)
		return (struct relink_str){ NULL, tape_byte(&tape) };
	if (how >= 0xe8)
		return some_long_text(how == 0xfe);
	bytes = tape_cut(&tape, how % 48);
	p = lend(bytes.n);
	memcpy(p, bytes.p, bytes.n);
	return (struct relink_str){ p, bytes.n };
}

/* Most of them are good. */
static unsigned some_number(unsigned count)
{
	uint8_t v = tape_byte(&tape);

	return v < 0xf0 ? v % count : (unsigned)tape_u64(&tape);
}

/* A copy that says to have some size, and has no more than that. */
static const void *as_told(const void *from, size_t size)
{
	uint8_t how = tape_byte(&tape);
	size_t told = how < 0xe0 ? size : how < 0xf8 ? how % size : (size_t)tape_u64(&tape);
	char *p = lend(told < sizeof told ? sizeof told : told < size ? told : size);

	if (how == 0xff)
		return NULL;
	memcpy(p, from, told < size ? told : size);
	memcpy(p, &told, sizeof told);
	return p;
}

static const struct relink_session *some_session(void)
{
	const struct relink_session s = { .session = some_text(),
					  .account = some_text(),
					  .generation = tape_u64(&tape),
					  .state = some_number(RELINK_STATE_COUNT),
					  .cause = some_number(RELINK_CAUSE_COUNT),
					  .text = some_text(),
					  .phone = some_text(),
					  .qr = some_text(),
					  .qr_expires_ms = tape_u64(&tape) };

	return as_told(&s, sizeof s);
}

static const struct relink_result *some_result(void)
{
	struct relink_result r = { .cause = some_number(RELINK_CAUSE_COUNT) };

	if (tape_byte(&tape) % 4 == 0)
		r.cause = RELINK_NONE;
	r.text = some_text();
	r.retry_after_ms = tape_u64(&tape);
	r.generation = tape_u64(&tape);
	r.unknown = (int)some_number(2);
	r.state = some_number(RELINK_STATE_COUNT);
	r.boot_id = some_text();
	r.complete = (int)some_number(2);
	r.body = some_text();
	return as_told(&r, sizeof r);
}

/* One that was asked for, or any. */
static relink_op some_op(void)
{
	uint8_t v = tape_byte(&tape);

	return v < 0xf0 && plugin.n_ops > 0 ? plugin.ops[v % plugin.n_ops] : tape_u64(&tape);
}

/* --- its moves --- */

static void on_reply(void *arg, const struct relink_http_reply *reply)
{
	(void)arg, (void)reply;
}

static void say_event(const struct relink_host *h)
{
	h->event(h, some_session());
}

static void say_message(const struct relink_host *h)
{
	const struct relink_message m = { .session = some_text(),
					  .generation = tape_u64(&tape),
					  .kind = some_number(RELINK_MESSAGE_COUNT),
					  .json = some_text() };

	h->message(h, as_told(&m, sizeof m));
}

static void say_done(const struct relink_host *h)
{
	relink_op op = some_op();

	h->done(h, op, some_result());
}

static void say_listed(const struct relink_host *h)
{
	uint8_t many = tape_byte(&tape); /* so many that they leave in parts, now and then */
	unsigned times = many < 0xf8 ? 1 + many % 4 : many < 0xff ? 120 : LIMIT_LIST_PART + 1;
	const struct relink_session *s = some_session();
	relink_op op = some_op();

	for (unsigned i = 0; i < times; i++)
		h->listed(h, op, s);
}

static void say_log(const struct relink_host *h)
{
	struct relink_str text = some_text();

	h->log(h, some_number(4), "%.*s", text.p != NULL ? (int)text.n : 0, text.p);
}

static void on_time(void *arg);

static void ask_time(const struct relink_host *h)
{
	uint8_t how = tape_byte(&tape);

	if (how % 4 == 0)
		h->timer_stop(h, how % 8 == 0 ? plugin.timer : tape_u64(&tape));
	else
		plugin.timer = h->timer_start(h, tape_u64(&tape), on_time, (void *)h);
	must(h->now_ms(h) == clock_ms());
}

static void ask_web(const struct relink_host *h)
{
	struct relink_header *headers = lend(40 * sizeof *headers);
	struct relink_http_request r = { .method = some_text(), .url = some_text() };

	r.n_headers = tape_byte(&tape) % 40;
	for (size_t i = 0; i < r.n_headers; i++)
		headers[i] = i < 3 ? (struct relink_header){ some_text(), some_text() }
				   : (struct relink_header){ { "A", 1 }, { "b", 1 } };
	r.headers = tape_byte(&tape) == 0xff ? NULL : headers;
	r.body = some_text();
	r.ca_file = some_text();
	r.connect_ms = tape_u64(&tape);
	r.total_ms = tape_u64(&tape);
	r.body_max = tape_u64(&tape);
	h->http_drop(
	    h, h->http(h, as_told(&r, sizeof r), tape_byte(&tape) == 0xff ? NULL : on_reply, NULL));
}

static void plugin_moves(void)
{
	static void (*const moves[])(const struct relink_host *) = {
		say_done, say_done, say_event, say_message, say_listed, say_log, ask_time, ask_web,
	};
	uint8_t what = tape_byte(&tape);

	if (plugin.n_instances == 0)
		return;
	moves[what % ARRAY_LEN(moves)](plugin.host[what / 8 % plugin.n_instances]);
	take_back();
}

static void on_time(void *arg)
{
	(void)arg;
	if (!tape_ended(&tape))
		plugin_moves();
}

/* --- what it is asked --- */

/* It may answer at once, do something else, or wait. */
static void asked(relink_op op)
{
	must(plugin.n_ops < ARRAY_LEN(plugin.ops));
	plugin.ops[plugin.n_ops++] = op;
	for (unsigned n = tape_byte(&tape) % 3; n > 0; n--)
		plugin_moves();
}

static enum relink_cause on_open(const struct relink_host *host, const void *conf, void **ret_self,
				 char *why, size_t n)
{
	uint8_t how = tape_byte(&tape);

	(void)conf;
	memset(why, how, n);
	must(plugin.n_instances < ARRAY_LEN(plugin.host));
	plugin.host[plugin.n_instances++] = host;
	if (how % 2 == 1)
		plugin_moves();
	*ret_self = NULL;
	return how < 0xf0 ? RELINK_NONE : (enum relink_cause)some_number(RELINK_CAUSE_COUNT);
}

static void on_request(void *self, const struct relink_request *req)
{
	(void)self;
	must(req->size == sizeof *req && req->op != 0 && req->deadline_ms > clock_ms());
	asked(req->op);
}

static void on_close(void *self, relink_op op)
{
	(void)self;
	asked(op);
}

static const struct relink_plugin descriptor = {
	.abi_major = RELINK_ABI_MAJOR,
	.abi_minor = RELINK_ABI_MINOR,
	.size = sizeof descriptor,
	.name = "fuzz",
	.version = "1",
	.caps = RELINK_CAP_LIST | RELINK_CAP_CONTROL | RELINK_CAP_WEBHOOK | RELINK_CAP_SEND,
	.start_deadline_ms = 1000,
	.open = on_open,
	.create = on_request,
	.disconnect = on_request,
	.health = on_request,
	.list = on_request,
	.send = on_request,
	.control = on_request,
	.webhook = on_request,
	.close = on_close,
};

/* --- the core's moves --- */

static void ask_operation(enum msg_method method)
{
	static const char *const instances[] = { "one", "two", "three" };
	struct str in = str_of(instances[some_number(2) % 3]);
	uint64_t generation = tape_byte(&tape), ms = tape_byte(&tape);
	struct msg_pair header = { STR("x-timestamp"), STR("1") };
	const union {
		struct msg_create create;
		struct msg_disconnect disconnect;
		struct msg_health health;
		struct msg_list list;
		struct msg_send send;
		struct msg_control control;
		struct msg_webhook webhook;
	} as[] = {
		{ .create = { in, STR("a"), STR("s"), STR("p"), generation, true, ms, STR("{}") } },
		{ .disconnect = { in, STR("a"), STR("s"), generation, ms } },
		{ .health = { in, STR("a"), STR("s"), generation, ms } },
		{ .list = { in, ms } },
		{ .send = { in, STR("a"), STR("s"), generation, STR("{}"), ms } },
		{ .control = { in, STR("a"), STR("s"), generation, STR("v"), STR("{}"), ms } },
		{ .webhook = { in, { &header, 1 }, STR("{}"), ms } },
	};

	core_ask(&worker, method, &as[method - MSG_create]);
}

_Static_assert(MSG_webhook - MSG_create == 6, "as in ask_operation");

static void ask_config(void)
{
	struct msg_instance instances[] = { { .id = STR("one") }, { .id = STR("two") } };
	const struct msg_config config = { .slot = 0, .instances = { instances, 2 } };

	core_ask(&worker, MSG_config, &config);
}

/* What is due rings; uv's own clock is real, so it is told to look again. */
static void pass(uint64_t ms)
{
	clock_virtual(clock_ms() + ms);
	alarms_hold(&worker.alarms, true);
	alarms_hold(&worker.alarms, false);
	uv_run(&loop, UV_RUN_NOWAIT);
}

static void ask_stop(void)
{
	const struct msg_stop stop = { .grace = tape_byte(&tape) };

	core_ask(&worker, MSG_stop, &stop);
}

static void move(void)
{
	uint8_t what = tape_byte(&tape);

	if (what < 0x80)
		plugin_moves();
	else if (what < 0xe0 && !has_stopped)
		ask_operation(MSG_create + what % 7);
	else if (what < 0xf8)
		pass(tape_byte(&tape));
	else if (what == 0xff && !has_stopped)
		ask_stop();
}

/* --- from its birth to its end --- */

static void on_stopped(struct worker *w)
{
	(void)w;
	must(!has_stopped);
	has_stopped = true;
}

static void on_alarms_closed(void *ctx)
{
	(void)ctx;
}

static void begin(void)
{
	static bool is_ready;

	if (!is_ready)
		must(uv_loop_init(&loop) == 0);
	is_ready = true;
	memset(&plugin, 0, sizeof plugin);
	has_stopped = false;
	core_reset();
	clock_virtual(1763287200000);
	serve_start(&worker, &loop, &descriptor, -1, on_stopped);
}

static void end(void)
{
	serve_stop(&worker, 10);
	for (unsigned i = 0; i < 4 && !has_stopped; i++)
		pass(300);
	must(has_stopped && worker.n_open == 0);
	must(core_was_answered());
	ops_fini(&worker.ops);
	web_close(&worker.web);
	/* timers and HTTP that it asked for after its close */
	instances_free(&worker);
	alarms_close(&worker.alarms, on_alarms_closed, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	tape = (struct tape){ data, size };
	begin();
	ask_config();
	for (unsigned i = 0; i < MOVES_MAX && !tape_ended(&tape); i++)
		move();
	end();
	return 0;
}
