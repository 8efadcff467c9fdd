/*
 * inbox.h - everything that happens waits here until the engine's turn.
 *
 * Callbacks copy what they were lent into an item and return.  One item is one block of memory, its
 * strings behind it.  Commands are refused when LIMIT_INBOX items wait; what workers say is never
 * dropped, and the pool stops reading when too much waits for the disk (see press_back).
 */
#ifndef RELINK_ENGINE_INBOX_H
#define RELINK_ENGINE_INBOX_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "ipc/msg.h"
#include "store/store.h"

struct command;

enum inbox_kind {
	IN_COMMAND,
	IN_HELLO,
	IN_SESSION,
	IN_MESSAGE,
	IN_LISTED,
	IN_REPLY,
	IN_GONE,
	IN_KEY,
	IN_LEDGER,
	IN_STORE,
	IN_ENDED
};

struct inbox_hello {
	struct str plugin, version;
	uint64_t caps, start_deadline;
};
/* A session as an event or a list tells it. */
struct inbox_session {
	struct str instance, session, text, phone, qr;
	struct str account; /* only in a list */
	uint64_t generation, qr_expires;
	uint8_t state, cause;
};
struct inbox_message {
	struct str instance, session, json;
	uint64_t generation;
	uint8_t kind; /* enum relink_message_kind */
};
struct listed_part {
	uint64_t tag;
	size_t n;
	struct inbox_session v[];
};
struct inbox_reply {
	uint8_t method; /* enum msg_method */
	uint64_t tag;
	int result;
	/* what the replies of our methods hold, each in its own */
	uint8_t state, cause;
	bool complete, unknown, outdated;
	uint64_t total, retry_after, generation, lag, ops, rss;
	struct str boot_id, text, body;
};
struct inbox_gone {
	int exit_status, signal;
	uint8_t killed; /* enum killed of proc/pool.h */
	bool was_ready;
	uint64_t pid, open_calls;
	struct str report, last_lines;
};
/* The process of a service; struct service_end of proc/services.h.  Its number is the item's slot. */
struct inbox_ended {
	uint64_t pid;
	bool status_known;
	int exit_status, signal, fault;
	struct str why, last_lines;
};
struct inbox_key {
	struct command *command; /* owned */
	int result;
	bool known;
	uint8_t hash[32];
	uint32_t http_status;
	struct str account;
};
struct inbox_ledger {
	struct instance *instance;
	int result;
	bool known;
	struct attempt_record attempt;
	struct str session;
};

struct inbox_item {
	struct inbox_item *next;
	uint8_t kind; /* enum inbox_kind */
	unsigned slot;
	union {
		struct command *command;
		struct inbox_hello hello;
		struct inbox_session session;
		struct inbox_message message;
		struct listed_part *listed;
		struct inbox_reply reply;
		struct inbox_gone gone;
		struct inbox_ended ended;
		struct inbox_key key;
		struct inbox_ledger ledger;
		struct {
			bool ok;
			struct why why;
		} store;
	};
};

struct inbox {
	struct inbox_item *first, **last;
	uint64_t n;
};

void inbox_init(struct inbox *);
/* A new item with room for `n` bytes of strings behind it; NULL: no memory. */
struct inbox_item *inbox_item_new(unsigned kind, unsigned slot, size_t n, char **ret_room);
void inbox_put(struct inbox *, struct inbox_item *given);
struct inbox_item *inbox_get(struct inbox *);
/* Frees the item and what it still owns. */
void inbox_item_free(struct inbox_item **);

/* Items from what the pool lends; NULL: no memory. */
struct inbox_item *inbox_of_hello(unsigned slot, const struct msg_hello *);
struct inbox_item *inbox_of_event(unsigned slot, const struct msg_event *);
struct inbox_item *inbox_of_message(unsigned slot, const struct msg_message *);
struct inbox_item *inbox_of_listed(unsigned slot, uint64_t tag, const struct msg_listed *);
struct inbox_item *inbox_of_reply(unsigned slot, enum msg_method, uint64_t tag, int result,
				  const void *reply, const struct msg_error *);

/* Copy `s` to *room and move on; what the constructors are made of. */
struct str inbox_copy(char **room, struct str s);

#endif
