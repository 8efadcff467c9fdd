/* describe.c - messages.def as Markdown and as a fuzzing dictionary. */
#include "ipc/describe.h"

#include "base/obj.h"
#include "ipc/schema.h"
#include "relink/plugin.h"

/* --- Markdown --- */

static void describe_type(struct buf *out, const struct field *f)
{
	unsigned long long bound = f->bound;

	switch (f->type) {
	case FIELD_str:
		buf_printf(out, "string, at most %llu bytes", bound);
		break;
	case FIELD_u64:
		if (f->bound == UINT64_MAX)
			buf_text(out, "number of 64 bits");
		else
			buf_printf(out, "number, at most %llu", bound);
		break;
	case FIELD_bool:
		buf_text(out, "bool");
		break;
	case FIELD_list:
		buf_printf(out, "array of at most %llu `%s`", bound, f->item()->name);
		break;
	}
}

static void describe_record(struct buf *out, const struct record *rec)
{
	buf_text(out, "| key | type | needed | what it is |\n|---|---|---|---|\n");
	for (size_t i = 0; i < rec->n_fields; i++) {
		const struct field *f = &rec->fields[i];

		buf_printf(out, "| `%s` | ", f->key.p);
		describe_type(out, f);
		buf_printf(out, " | %s | %s%s |\n", f->optional ? "no" : "yes", f->doc,
			   f->secret ? " (secret)" : "");
	}
}

static void describe_methods(struct buf *out, bool to_worker)
{
	for (enum msg_method m = MSG_NONE + 1; m < MSG_METHOD_COUNT; m++) {
		const struct method *method = schema_method(m);

		if (method->to_worker != to_worker)
			continue;
		buf_printf(out, "\n#### `%s` (%s)\n\n%s\n\n", method->name,
			   method->reply != NULL ? "request" : "notification",
			   method->params()->doc);
		describe_record(out, method->params());
		if (method->reply == NULL)
			continue;
		buf_text(out, "\nResult:\n\n");
		describe_record(out, method->reply());
	}
}

static void describe_limits(struct buf *out)
{
	buf_printf(out,
		   "\n### Limits\n\n| of a frame | at most |\n|---|---|\n"
		   "| bytes of the value | %u |\n"
		   "| containers inside each other | %u |\n"
		   "| nodes: values and keys, containers included | %u |\n",
		   LIMIT_FRAME, LIMIT_FRAME_DEPTH, LIMIT_FRAME_NODES);
}

static void describe_states(struct buf *out)
{
	static const char *const states[] = {
		[RELINK_STATE_UNKNOWN] = "not known, or no such session",
		[RELINK_STATE_STARTING] = "alive, not yet at a QR code or a login",
		[RELINK_STATE_QR] = "waits for a person to scan",
		[RELINK_STATE_AUTHENTICATED] = "scanned, not yet connected",
		[RELINK_STATE_CONNECTED] = "connected",
		[RELINK_STATE_DOWN] = "known to the provider, but not working",
	};
	_Static_assert(ARRAY_LEN(states) == RELINK_STATE_COUNT, "a state has no words");

	buf_text(out, "\n### States\n\n| number | what the session is |\n|---|---|\n");
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		buf_printf(out, "| %zu | %s |\n", i, states[i]);
}

static void describe_causes(struct buf *out)
{
	buf_text(out, "\n### Causes\n\n| number | name | why |\n|---|---|---|\n");
#define CAUSE(id, n, name, doc) buf_printf(out, "| %d | `%s` | %s |\n", (n), (name), (doc));
	RELINK_CAUSES(CAUSE)
#undef CAUSE
}

void describe_protocol(struct buf *out)
{
	const struct record *item;

	buf_text(out, "### To the worker\n");
	describe_methods(out, true);
	buf_text(out, "\n### To the core\n");
	describe_methods(out, false);
	buf_text(out, "\n### Items of arrays\n");
	for (size_t i = 0; (item = schema_item(i)) != NULL; i++) {
		buf_printf(out, "\n#### `%s`\n\n%s\n\n", item->name, item->doc);
		describe_record(out, item);
	}
	buf_printf(out, "\n### The error of a reply\n\n%s\n\n", schema_error()->doc);
	describe_record(out, schema_error());
	describe_states(out);
	describe_causes(out);
	describe_limits(out);
}

/* --- dictionary --- */

/* A string of up to 31 bytes as MessagePack writes it; names are plain letters. */
static void entry(struct buf *out, struct str name)
{
	buf_printf(out, "\"\\x%02x%.*s\"\n", (unsigned)(0xa0 | name.n), STR_ARG(name));
}

static void record_entries(struct buf *out, const struct record *rec)
{
	for (size_t i = 0; i < rec->n_fields; i++)
		entry(out, rec->fields[i].key);
}

void describe_dictionary(struct buf *out)
{
	/* Envelopes of small messages, and headers that claim much. */
	static const char headers[] = "\"\\x94\\x00\\x01\"\n"
				      "\"\\x94\\x01\\x01\\xc0\"\n"
				      "\"\\x93\\x02\"\n"
				      "\"\\xcf\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\"\n"
				      "\"\\xd9\\x40\"\n"
				      "\"\\xdb\\xff\\xff\\xff\\xff\"\n"
				      "\"\\xdc\\x00\\x02\"\n"
				      "\"\\xdd\\xff\\xff\\xff\\xff\"\n"
				      "\"\\xde\\x00\\x02\"\n"
				      "\"\\xdf\\xff\\xff\\xff\\xff\"\n";
	const struct record *item;

	for (enum msg_method m = MSG_NONE + 1; m < MSG_METHOD_COUNT; m++) {
		const struct method *method = schema_method(m);

		entry(out, str_of(method->name));
		record_entries(out, method->params());
		if (method->reply != NULL)
			record_entries(out, method->reply());
	}
	for (size_t i = 0; (item = schema_item(i)) != NULL; i++)
		record_entries(out, item);
	record_entries(out, schema_error());
	buf_text(out, headers);
}
