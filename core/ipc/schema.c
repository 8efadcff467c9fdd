/* schema.c - the tables, made by the preprocessor from messages.def. */
#include "ipc/schema.h"

#include "base/obj.h"
#include "relink/plugin.h"

// clang-format off
#define MARK_req        .optional = false
#define MARK_opt        .optional = true
#define MARK_req_secret .optional = false, .secret = true
#define MARK_opt_secret .optional = true, .secret = true

#define FIELD_AS_str(mark)  MARK_##mark
#define FIELD_AS_u64(mark)  MARK_##mark
#define FIELD_AS_bool(mark) MARK_##mark
#define FIELD_AS_list(mark) .item = record_##mark

#define FIELD(type_, name, bound_, mark, doc_)                                                     \
	{ .key = { #name, sizeof(#name) - 1 }, .type = FIELD_##type_, .bound = (bound_),           \
	  .offset = offsetof(here, name), .doc = (doc_), FIELD_AS_##type_(mark) },

#define RECORD(name_, FIELDS, doc_)                                                                \
	static const struct record *record_##name_(void)                                           \
	{                                                                                          \
		typedef struct msg_##name_ here;                                                   \
		static const struct field fields[] = { FIELDS(FIELD) };                            \
		static const struct record record = { .name = #name_, .doc = (doc_),               \
			.fields = fields, .n_fields = ARRAY_LEN(fields), .size = sizeof(here) };   \
		_Static_assert(ARRAY_LEN(fields) <= 64, #name_ " has too many fields");            \
		return &record;                                                                    \
	}
#define RECORD_OF_NOTIFICATION(name, to, FIELDS, doc) RECORD(name, FIELDS, doc)
#define RECORDS_OF_REQUEST(name, to, FIELDS, REPLY, doc)                                           \
	RECORD(name, FIELDS, doc)                                                                  \
	RECORD(name##_reply, REPLY, "Its reply.")

IPC_ITEMS(RECORD)
IPC_NOTIFICATIONS(RECORD_OF_NOTIFICATION)
IPC_REQUESTS(RECORDS_OF_REQUEST)
RECORD(error, IPC_ERROR_FIELDS, "Why a request failed.")

#define TO_W true
#define TO_C false
#define NOTIFICATION(name_, to, FIELDS, doc)                                                       \
	[MSG_##name_] = { .name = #name_, .to_worker = TO_##to, .params = record_##name_ },
#define REQUEST(name_, to, FIELDS, REPLY, doc)                                                     \
	[MSG_##name_] = { .name = #name_, .to_worker = TO_##to, .params = record_##name_,          \
			  .reply = record_##name_##_reply },
// clang-format on

static const struct method methods[MSG_METHOD_COUNT] = { IPC_NOTIFICATIONS(NOTIFICATION)
							     IPC_REQUESTS(REQUEST) };

const struct method *schema_method(enum msg_method method)
{
	return method > MSG_NONE && method < MSG_METHOD_COUNT ? &methods[method] : NULL;
}

enum msg_method schema_find(struct str name)
{
	for (enum msg_method m = MSG_NONE + 1; m < MSG_METHOD_COUNT; m++) {
		if (str_is(name, methods[m].name))
			return m;
	}
	return MSG_NONE;
}

const struct record *schema_error(void)
{
	return record_error();
}

const struct record *schema_item(size_t i)
{
#define ITEM(name, FIELDS, doc) record_##name,
	static const struct record *(*const items[])(void) = { IPC_ITEMS(ITEM) };
#undef ITEM

	return i < ARRAY_LEN(items) ? items[i]() : NULL;
}

const char *msg_method_name(enum msg_method method)
{
	const struct method *m = schema_method(method);

	return m != NULL ? m->name : "none";
}

bool msg_is_request(enum msg_method method)
{
	const struct method *m = schema_method(method);

	return m != NULL && m->reply != NULL;
}

bool msg_is_to_worker(enum msg_method method)
{
	const struct method *m = schema_method(method);

	return m != NULL && m->to_worker;
}
