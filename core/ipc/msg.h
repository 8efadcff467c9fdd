/*
 * msg.h - messages as structs, made from messages.def.
 *
 * `struct msg_create` is the parameters of create, `struct msg_create_reply` its answer,
 * `struct msg_session` an item of a list.  Unpacked lists live in the message's arena until
 * msg_close.  Unpacked strings are not copied: they point into the frame, which must stay where it
 * is as long as they are used.
 *
 * Wire form (README.md): a frame holds one MessagePack value, [0, id, method, params],
 * [1, id, error, result] or [2, method, params]; params, error and result are maps with string keys.
 * A frame is checked (check.h) before msgpack-c sees it.  Nothing here keeps state of its own: any
 * thread may call any function, one at a time for one object.  The code is in schema.c (methods),
 * pack.c, unpack.c and dump.c.
 */
#ifndef RELINK_IPC_MSG_H
#define RELINK_IPC_MSG_H
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "ipc/messages.def"

/* --- structs --- */
// clang-format off
#define IPC_DECL_str(name, item) struct str name;
#define IPC_DECL_u64(name, item) uint64_t name;
#define IPC_DECL_bool(name, item) bool name;
#define IPC_DECL_list(name, item)                                                                  \
	struct {                                                                                   \
		struct msg_##item *v;                                                              \
		size_t n;                                                                          \
	} name;
#define IPC_DECL(type, name, bound, mark, doc) IPC_DECL_##type(name, mark)

#define IPC_STRUCT_ITEM(name, FIELDS, doc) struct msg_##name { FIELDS(IPC_DECL) };
#define IPC_STRUCT_NOTE(name, to, FIELDS, doc) struct msg_##name { FIELDS(IPC_DECL) };
#define IPC_STRUCT_REQ(name, to, FIELDS, REPLY, doc)                                               \
	struct msg_##name { FIELDS(IPC_DECL) };                                                    \
	struct msg_##name##_reply { REPLY(IPC_DECL) };

IPC_ITEMS(IPC_STRUCT_ITEM)
IPC_NOTIFICATIONS(IPC_STRUCT_NOTE)
IPC_REQUESTS(IPC_STRUCT_REQ)
struct msg_error { IPC_ERROR_FIELDS(IPC_DECL) };

/* --- methods: the notifications, then the requests --- */
enum msg_method {
	MSG_NONE = 0,
#define N(name, to, F, doc) MSG_##name,
#define R(name, to, F, G, doc) MSG_##name,
	IPC_NOTIFICATIONS(N)
	IPC_REQUESTS(R)
#undef N
#undef R
	MSG_METHOD_COUNT
};
// clang-format on
/* "create"; "none" for MSG_NONE and numbers that are no method. */
const char *msg_method_name(enum msg_method);
bool msg_is_request(enum msg_method);
bool msg_is_to_worker(enum msg_method);

enum msg_kind { MSG_KIND_REQUEST = 0, MSG_KIND_REPLY = 1, MSG_KIND_NOTIFICATION = 2 };

/* --- packing: appends one whole frame (length and value) to `out` --- */
/* `params` is a struct of the method; it and all it points to are lent.  ERR_RANGE when a field is
 * over its bound or a string is not UTF-8 (a bug of the caller, or bytes that should have been
 * cleaned before); ERR_TOOBIG when the frame or the buffer is full; ERR_NOMEM.  After an error `out`
 * is as before, and takes the next frame. */
int msg_pack_request(struct buf *out, uint32_t id, enum msg_method, const void *params);
int msg_pack_notification(struct buf *out, enum msg_method, const void *params);
/* Exactly one of `error` and `reply` is not NULL; `reply` is the reply struct of the method. */
int msg_pack_reply(struct buf *out, uint32_t id, enum msg_method, const struct msg_error *error,
		   const void *reply);

/* --- unpacking: one frame's value, without its length --- */
struct msg {
	enum msg_kind kind;
	enum msg_method method; /* MSG_NONE in a reply: the caller knows what it asked */
	uint32_t id;            /* 0 in a notification */
	bool is_error;          /* reply with an error member */
	void *arena;            /* everything but the bytes of strings lives here */
	const void *body;       /* inside the arena */
};
/* Check and open a frame, and lend its bytes until msg_close.  ERR_FORMAT with a sentence in `why`
 * for anything that is not exactly one well-formed message: its sender is to be cut off.  ERR_NOMEM
 * is our own trouble.  After an error there is nothing to close, and `ret_msg` is untouched. */
int msg_open(struct msg *ret_msg, struct str value, struct why *why);
/* Read the parameters (or, for a reply, the result of `method`) into `to`, a struct of the method;
 * what it points to is lent until msg_close.  Every required key must be there, no key twice, none
 * unknown, all of their type and within their bounds: else ERR_FORMAT with a sentence that names the
 * message and the key.  ERR_STATE: the message is not one of `method`; ERR_NOMEM.  After an error
 * `to` is zero. */
int msg_read(const struct msg *, enum msg_method, void *to, struct why *why);
/* The same for the error member of a reply; ERR_STATE when the message has none. */
int msg_read_error(const struct msg *, struct msg_error *to, struct why *why);
/* No-op for a struct of zeros. */
void msg_close(struct msg *);

/* Append one line for people, without line end: `create id=7 instance="mock-1" ...`.  Strings are
 * cut and escaped; of secrets (QR codes, configuration, metadata, arguments) and of keys that
 * messages.def does not have, only the size is shown.  ERR_TOOBIG or ERR_NOMEM as `out` says. */
int msg_dump(struct buf *out, const struct msg *);

#endif
