/*
 * schema.h - messages.def as tables, for code that treats all messages alike.
 *
 * A record is the fields of one struct: a message's parameters, a reply, an error, an item of a
 * list.  Records are reached through functions because the offset of a field needs the name of its
 * struct, and only inside a block can the macros give all structs one name.
 */
#ifndef RELINK_IPC_SCHEMA_H
#define RELINK_IPC_SCHEMA_H
#include "ipc/msg.h"

enum field_type { FIELD_str, FIELD_u64, FIELD_bool, FIELD_list };

struct field {
	struct str key;
	enum field_type type;
	bool optional;                      /* absent when zero or empty */
	bool secret;                        /* not for logs */
	size_t offset;                      /* in the record's struct */
	uint64_t bound;                     /* greatest value, most bytes or most items */
	const struct record *(*item)(void); /* list: what it holds */
	const char *doc;
};

struct record {
	const char *name; /* as in `struct msg_<name>` */
	const char *doc;
	const struct field *fields;
	size_t n_fields; /* at most 64 */
	size_t size;     /* of the struct */
};

struct method {
	const char *name;
	bool to_worker;
	const struct record *(*params)(void);
	const struct record *(*reply)(void); /* NULL: a notification */
};

/* What a list is in every struct of msg.h.  Copy it in and out: the structs there have a pointer of
 * another type in its place. */
struct schema_list {
	void *v;
	size_t n;
};

/* NULL for MSG_NONE and numbers beyond the last. */
const struct method *schema_method(enum msg_method);
/* MSG_NONE when there is no such method. */
enum msg_method schema_find(struct str name);
const struct record *schema_error(void);

/* The records of list items, one by one; NULL after the last. */
const struct record *schema_item(size_t i);

#endif
