/* body.c - see body.h. */
#include "body.h"

#include "base/json.h"

void body_of_options(struct buf *to, const struct options *o, uint64_t which, const char *id)
{
	struct jw j = jw_to(to);

	jw_object(&j, NULL);
	if (id != NULL)
		jw_text(&j, "id", id);
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_spec *s = &option_specs[i];

		if ((which & o->given) >> i & 1) {
			if (s->kind == OPTION_FLAG)
				jw_bool(&j, s->name, true);
			else if (s->kind == OPTION_OBJECT)
				jw_raw(&j, s->name, str_of(o->text[i]));
			else
				jw_text(&j, s->name, o->text[i]);
		}
	}
	jw_object_end(&j);
}

void body_of_key(struct buf *to, const struct options *o, uint64_t expires_s)
{
	static const enum option_id texts[] = { OPTION_ROLE, OPTION_LABEL, OPTION_WORKSPACE };
	struct jw j = jw_to(to);

	jw_object(&j, NULL);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (option_given(o, texts[i]))
			jw_text(&j, option_specs[texts[i]].name, o->text[texts[i]]);
	}
	if (expires_s > 0)
		jw_u64(&j, "expires_in", expires_s);
	jw_object_end(&j);
}

void body_of_link(struct buf *to, uint64_t expires_s)
{
	struct jw j = jw_to(to);

	jw_object(&j, NULL);
	if (expires_s > 0)
		jw_u64(&j, "expires_in", expires_s);
	jw_object_end(&j);
}

void body_of_pause(struct buf *to, const char *reason, uint64_t for_s)
{
	struct jw j = jw_to(to);

	jw_object(&j, NULL);
	jw_text(&j, "reason", reason);
	if (for_s > 0)
		jw_u64(&j, "for_seconds", for_s);
	jw_object_end(&j);
}

static void add_lines(struct jw *j, const char *name, struct str lines)
{
	jw_array(j, name);
	while (lines.n > 0) {
		const char *end = memchr(lines.p, '\n', lines.n);
		size_t n = end != NULL ? (size_t)(end - lines.p) : lines.n;

		jw_str(j, NULL, (struct str){ lines.p, n });
		n += end != NULL;
		lines = (struct str){ lines.p + n, lines.n - n };
	}
	jw_array_end(j);
}

void body_of_bulk(struct buf *to, const struct options *o, const char *action, struct str ids,
		  uint64_t rate, bool dry_run)
{
	static const struct {
		enum option_id option;
		const char *name;
	} texts[] = { { OPTION_WORKSPACE, "workspace" }, { OPTION_PROVIDER, "provider" },
		      { OPTION_INSTANCE, "instance" },   { OPTION_STATUS, "status" },
		      { OPTION_CAUSE, "cause" },         { OPTION_LABEL_PREFIX, "label_prefix" } };
	struct jw j = jw_to(to);

	jw_object(&j, NULL);
	jw_text(&j, "action", action);
	jw_object(&j, "selector");
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (option_given(o, texts[i].option))
			jw_text(&j, texts[i].name, o->text[texts[i].option]);
	}
	if (ids.n > 0)
		add_lines(&j, "ids", ids);
	if (option_given(o, OPTION_EVERYTHING))
		jw_bool(&j, "everything", true);
	jw_object_end(&j);
	jw_u64(&j, "rate_per_minute", rate);
	if (dry_run)
		jw_bool(&j, "dry_run", true);
	jw_object_end(&j);
}

void body_of_webhook(struct buf *out, const struct options *o, const char *url)
{
	const char *events = o->text[OPTION_EVENTS];
	struct jw j = jw_to(out);

	jw_object(&j, NULL);
	if (url != NULL)
		jw_text(&j, "url", url);
	if (option_given(o, OPTION_WORKSPACE))
		jw_text(&j, "workspace", o->text[OPTION_WORKSPACE]);
	if (option_given(o, OPTION_LABEL))
		jw_text(&j, "label", o->text[OPTION_LABEL]);
	if (events != NULL) {
		jw_array(&j, "events");
		while (*events != '\0') {
			size_t n = strcspn(events, ",");

			jw_str(&j, NULL, (struct str){ events, n });
			events += n + (events[n] == ',');
		}
		jw_array_end(&j);
	}
	jw_object_end(&j);
}
