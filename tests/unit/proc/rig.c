/* rig.c - see rig.h. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/obj.h"

/* --- writing down --- */

static struct str copy(struct rig *r, struct str s)
{
	if (r->n_texts == r->room_texts) {
		r->room_texts = r->room_texts > 0 ? r->room_texts * 2 : 64;
		r->texts = realloc(r->texts, r->room_texts * sizeof *r->texts);
		assert_non_null(r->texts);
	}
	r->texts[r->n_texts] = str_dup(s);
	assert_non_null(r->texts[r->n_texts]);
	return (struct str){ r->texts[r->n_texts++], s.n };
}

static struct seen *add(struct rig *r, enum seen_kind kind, unsigned slot)
{
	struct seen *s;

	if (r->n == r->room) {
		r->room = r->room > 0 ? r->room * 2 : 64;
		r->v = realloc(r->v, r->room * sizeof *r->v);
		assert_non_null(r->v);
	}
	s = &r->v[r->n++];
	*s = (struct seen){ .kind = kind, .slot = slot };
	return s;
}

static void tell(struct rig *r, const struct seen *s)
{
	if (r->on_seen != NULL)
		r->on_seen(r, s);
}

static void on_hello(void *ctx, unsigned slot, const struct msg_hello *hello)
{
	struct rig *r = ctx;
	struct seen *s = add(r, SEEN_HELLO, slot);

	s->hello = *hello;
	s->hello.nonce = copy(r, hello->nonce);
	s->hello.plugin = copy(r, hello->plugin);
	s->hello.version = copy(r, hello->version);
	tell(r, s);
}

static void on_event(void *ctx, unsigned slot, const struct msg_event *event)
{
	struct rig *r = ctx;
	struct seen *s = add(r, SEEN_EVENT, slot);

	s->event = *event;
	s->event.instance = copy(r, event->instance);
	s->event.session = copy(r, event->session);
	s->event.account = copy(r, event->account);
	s->event.text = copy(r, event->text);
	s->event.phone = copy(r, event->phone);
	s->event.qr = copy(r, event->qr);
	tell(r, s);
}

static void on_message(void *ctx, unsigned slot, const struct msg_message *message)
{
	struct rig *r = ctx;
	struct seen *s = add(r, SEEN_MESSAGE, slot);

	s->message = *message;
	s->message.instance = copy(r, message->instance);
	s->message.session = copy(r, message->session);
	s->message.json = copy(r, message->json);
	tell(r, s);
}

static void on_listed(void *ctx, unsigned slot, uint64_t tag, const struct msg_listed *part)
{
	struct rig *r = ctx;
	struct seen *s = add(r, SEEN_LISTED, slot);

	s->tag = tag;
	s->listed.n = part->sessions.n;
	if (part->sessions.n > 0) {
		s->listed.first = part->sessions.v[0];
		s->listed.first.session = copy(r, s->listed.first.session);
		s->listed.first.account = copy(r, s->listed.first.account);
		s->listed.first.text = copy(r, s->listed.first.text);
		s->listed.first.phone = copy(r, s->listed.first.phone);
	}
	tell(r, s);
}

static void copy_reply(struct rig *r, struct seen *s, const void *reply)
{
	switch (s->method) {
	case MSG_health:
		s->health = *(const struct msg_health_reply *)reply;
		s->health.text = copy(r, s->health.text);
		break;
	case MSG_list:
		s->list = *(const struct msg_list_reply *)reply;
		s->list.boot_id = copy(r, s->list.boot_id);
		break;
	case MSG_control:
		s->control = *(const struct msg_control_reply *)reply;
		s->control.body = copy(r, s->control.body);
		break;
	case MSG_config:
		s->config = *(const struct msg_config_reply *)reply;
		break;
	case MSG_ping:
		s->ping = *(const struct msg_ping_reply *)reply;
		break;
	case MSG_create:
		s->create = *(const struct msg_create_reply *)reply;
		break;
	case MSG_disconnect:
		s->disconnect = *(const struct msg_disconnect_reply *)reply;
		break;
	case MSG_send:
		s->sent = *(const struct msg_send_reply *)reply;
		s->sent.body = copy(r, s->sent.body);
		break;
	case MSG_webhook:
		s->webhook = *(const struct msg_webhook_reply *)reply;
		break;
	case MSG_stop:
		s->stop = *(const struct msg_stop_reply *)reply;
		break;
	default:
		fail_msg("a reply to %s", msg_method_name(s->method));
	}
}

static void on_reply(void *ctx, unsigned slot, enum msg_method method, uint64_t tag, int result,
		     const void *reply, const struct msg_error *error)
{
	struct rig *r = ctx;
	struct seen *s = add(r, SEEN_REPLY, slot);

	assert_true((reply != NULL) == (result == 0));
	assert_true((error != NULL) == (result == ERR_STATE));
	s->method = method;
	s->tag = tag;
	s->result = result;
	if (reply != NULL)
		copy_reply(r, s, reply);
	if (error != NULL) {
		s->error = *error;
		s->error.text = copy(r, error->text);
	}
	tell(r, s);
}

static void on_gone(void *ctx, unsigned slot, const struct obituary *gone)
{
	struct rig *r = ctx;
	struct seen *s = add(r, SEEN_GONE, slot);

	s->gone = *gone;
	s->gone.report = copy(r, gone->report);
	s->gone.last_lines = copy(r, gone->last_lines);
	tell(r, s);
}

/* --- the rig --- */

static void on_patience(uv_timer_t *timer)
{
	struct rig *r = timer->data;

	r->out_of_patience = true;
}

void rig_open(struct rig *r, const char *worker_path, unsigned slots)
{
	struct pool_port port = { .ctx = r,
				  .hello = on_hello,
				  .event = on_event,
				  .message = on_message,
				  .listed = on_listed,
				  .reply = on_reply,
				  .gone = on_gone };
	struct pool_options options = { .worker_path = worker_path, .slots = slots };
	struct why why;

	*r = (struct rig){ 0 };
	assert_int_equal(uv_loop_init(&r->loop), 0);
	assert_int_equal(uv_timer_init(&r->loop, &r->patience), 0);
	r->patience.data = r;
	assert_int_equal(pool_new(&r->pool, &r->loop, &options, &port, &why), 0);
}

void rig_close(struct rig *r)
{
	size_t n = r->n;

	pool_free(&r->pool);
	assert_int_equal(r->n, n); /* nothing is reported from inside pool_free */
	uv_close((uv_handle_t *)&r->patience, NULL);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&r->loop), 0);
	for (size_t i = 0; i < r->n_texts; i++)
		free(r->texts[i]);
	free(r->texts);
	free(r->v);
}

void rig_spawn(struct rig *r, unsigned slot, const char *plugin)
{
	struct why why = { 0 };

	if (pool_spawn(r->pool, slot, plugin, "test", &why) < 0)
		fail_msg("%s", why.text);
}

int rig_call(struct rig *r, unsigned slot, enum msg_method method, const void *params, uint64_t tag,
	     uint64_t timeout_ms)
{
	return pool_call(r->pool, slot, method, params, tag, clock_ms() + timeout_ms);
}

static void print_seen(const struct seen *s)
{
	static const char *const kinds[] = {
		"hello", "event", "message", "listed", "reply", "gone"
	};

	print_error("  %s from %u", kinds[s->kind], s->slot);
	if (s->kind == SEEN_REPLY)
		print_error(" to %s tag %llu: %s %.*s", msg_method_name(s->method),
			    (unsigned long long)s->tag, err_name(s->result),
			    STR_ARG(s->result == ERR_STATE ? s->error.text : STR_NONE));
	if (s->kind == SEEN_GONE)
		print_error(" exit %d signal %d: %.*s%.*s", s->gone.exit_status, s->gone.signal,
			    STR_ARG(s->gone.report), STR_ARG(s->gone.last_lines));
	print_error("\n");
}

void rig_wait(struct rig *r, const char *what)
{
	r->waiting_for = what;
	uv_timer_start(&r->patience, on_patience, RIG_PATIENCE_MS, 0);
}

void rig_turn(struct rig *r)
{
	uv_run(&r->loop, UV_RUN_ONCE);
	if (!r->out_of_patience)
		return;
	print_error("seen so far:\n");
	for (size_t i = 0; i < r->n && i < 40; i++)
		print_seen(&r->v[i]);
	fail_msg("waited too long for: %s", r->waiting_for);
}

void rig_waited(struct rig *r)
{
	uv_timer_stop(&r->patience);
}

size_t rig_count(const struct rig *r, enum seen_kind kind, unsigned slot)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->v[i].kind == kind && r->v[i].slot == slot;
	return n;
}

const struct seen *rig_find(const struct rig *r, enum seen_kind kind, unsigned slot)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].kind == kind && r->v[i].slot == slot)
			return &r->v[i];
	}
	return NULL;
}

const struct seen *rig_find_reply(const struct rig *r, uint64_t tag)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].kind == SEEN_REPLY && r->v[i].tag == tag)
			return &r->v[i];
	}
	return NULL;
}

const struct seen *rig_hello(struct rig *r, unsigned slot)
{
	rig_until(r, rig_find(r, SEEN_HELLO, slot) != NULL);
	return rig_find(r, SEEN_HELLO, slot);
}

const struct seen *rig_event(struct rig *r, unsigned slot)
{
	rig_until(r, rig_find(r, SEEN_EVENT, slot) != NULL);
	return rig_find(r, SEEN_EVENT, slot);
}

const struct seen *rig_reply(struct rig *r, uint64_t tag)
{
	rig_until(r, rig_find_reply(r, tag) != NULL);
	return rig_find_reply(r, tag);
}

const struct seen *rig_gone(struct rig *r, unsigned slot)
{
	rig_until(r, rig_find(r, SEEN_GONE, slot) != NULL);
	return rig_find(r, SEEN_GONE, slot);
}

struct pool_stats rig_stats(const struct rig *r)
{
	struct pool_stats stats;

	pool_stats(r->pool, &stats);
	return stats;
}

bool str_holds(struct str s, const char *part)
{
	return s.p != NULL && memmem(s.p, s.n, part, strlen(part)) != NULL;
}
