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
	struct jw j = jw_to(out);

	jw_object(&j, NULL);
	jw_u64(&j, "seq", r->seq);
	jw_text(&j, "type", event_type(r));
	jw_time(&j, "time", r->at);
	jw_str(&j, "account", r->account);
	jw_str(&j, "workspace", r->workspace);
	jw_text(&j, "status", status_name(r->status));
	jw_text(&j, "cause", cause_name(r->cause));
	jw_text(&j, "user_action", action_name(r->action));
	jw_u64(&j, "generation", r->generation);
	jw_str(&j, "text", r->text);
	jw_raw(&j, "data", r->data.n > 0 ? r->data : STR("{}"));
	jw_object_end(&j);
	return out->failed;
}
