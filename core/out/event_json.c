/* event_json.c - a journal line as JSON. */
#include "out/event_json.h"

#include "base/json.h"
#include "policy/names.h"

const char *event_type(const struct journal_record *r)
{
	const char *name = journal_kind_name(r->kind);

	return name != NULL ? name : "unknown";
}

int event_json(struct buf *out, const struct journal_record *r)
{
	struct json j = json_to(out);

	json_object(&j, NULL);
	json_u64(&j, "seq", r->seq);
	json_text(&j, "type", event_type(r));
	json_time(&j, "time", r->at);
	json_str(&j, "account", r->account);
	json_str(&j, "workspace", r->workspace);
	json_text(&j, "status", status_name(r->status));
	json_text(&j, "cause", cause_name(r->cause));
	json_text(&j, "user_action", action_name(r->action));
	json_u64(&j, "generation", r->generation);
	json_str(&j, "text", r->text);
	json_raw(&j, "data", r->data.n > 0 ? r->data : STR("{}"));
	json_object_end(&j);
	return out->failed;
}
