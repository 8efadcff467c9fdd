/*
 * rig.h - a pool with everything that it reports written down, for tests.
 *
 * Tests wait for what they expect and never for time to pass; a wait that takes too long fails the
 * test with a list of what was seen instead.
 */
#ifndef RELINK_TEST_RIG_H
#define RELINK_TEST_RIG_H
#include <uv.h>

#include "proc/pool.h"

#define RIG_PATIENCE_MS 30000

enum seen_kind { SEEN_HELLO, SEEN_EVENT, SEEN_MESSAGE, SEEN_LISTED, SEEN_REPLY, SEEN_GONE };

/* One report of the pool; strings are copies that live as long as the rig. */
struct seen {
	enum seen_kind kind;
	unsigned slot;
	enum msg_method method;
	uint64_t tag;
	int result;
	union {
		struct msg_hello hello;
		struct msg_event event;
		struct msg_message message;
		struct obituary gone;
		struct msg_error error; /* reply with ERR_STATE */
		/* replies with result 0 */
		struct msg_config_reply config;
		struct msg_ping_reply ping;
		struct msg_create_reply create;
		struct msg_webhook_reply webhook;
		struct msg_disconnect_reply disconnect;
		struct msg_health_reply health;
		struct msg_list_reply list;
		struct msg_control_reply control;
		struct msg_send_reply sent;
		struct msg_stop_reply stop;
		/* the first session of a part, and how many it had */
		struct {
			struct msg_session first;
			size_t n;
		} listed;
	};
};

struct rig {
	uv_loop_t loop;
	struct pool *pool;
	uv_timer_t patience;
	bool out_of_patience;
	const char *waiting_for;
	struct seen *v;
	size_t n, room;
	char **texts;
	size_t n_texts, room_texts;
	void (*on_seen)(struct rig *, const struct seen *); /* may be NULL */
};

void rig_open(struct rig *, const char *worker_path, unsigned slots);
void rig_close(struct rig *);

void rig_spawn(struct rig *, unsigned slot, const char *plugin);
/* Returns what pool_call does. */
int rig_call(struct rig *, unsigned slot, enum msg_method, const void *params, uint64_t tag,
	     uint64_t timeout_ms);

/* Turn the loop until the condition holds. */
#define rig_until(rig, cond)             \
	do {                             \
		rig_wait((rig), #cond);  \
		while (!(cond))          \
			rig_turn((rig)); \
		rig_waited((rig));       \
	} while (0)
void rig_wait(struct rig *, const char *what);
void rig_turn(struct rig *);
void rig_waited(struct rig *);

size_t rig_count(const struct rig *, enum seen_kind, unsigned slot);
/* The first of its kind from the slot, NULL when there is none yet. */
const struct seen *rig_find(const struct rig *, enum seen_kind, unsigned slot);
const struct seen *rig_find_reply(const struct rig *, uint64_t tag);

/* Wait for these. */
const struct seen *rig_hello(struct rig *, unsigned slot);
const struct seen *rig_event(struct rig *, unsigned slot);
const struct seen *rig_reply(struct rig *, uint64_t tag);
const struct seen *rig_gone(struct rig *, unsigned slot);

struct pool_stats rig_stats(const struct rig *);
bool str_holds(struct str, const char *part);

#endif
