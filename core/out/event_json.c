/* event_json.c - a journal line as JSON. */
#include "out/event_json.h"

#include "base/json.h"
#include "policy/explain.h"
#include "policy/names.h"

const char *event_type(const struct journal_record *r)
{
	const char *name = journal_kind_name(r->kind);

	return name != NULL ? name : "unknown";
}

static int write(struct buf *out, const struct journal_record *r, const char *says)
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
	if (says != NULL)
		jw_text(&j, "says", says);
	jw_object_end(&j);
	return out->failed;
}

int event_json(struct buf *out, const struct journal_record *r)
{
	return write(out, r, NULL);
}

int event_json_says(struct buf *out, const struct journal_record *r)
{
	char says[EXPLAIN_MAX];

	explain_line(r, says, sizeof says);
	return write(out, r, says);
}
