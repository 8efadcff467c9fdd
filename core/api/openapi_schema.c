/* openapi_schema.c - what bodies and answers look like, as JSON Schema. */
#include <stdio.h>

#include "api/fields.h"
#include "api/openapi.h"
#include "api/port.h"
#include "base/must.h"
#include "base/obj.h"
#include "policy/account.h"
#include "policy/health.h"

static void reference(struct jw *j, const char *key, struct str name)
{
	char ref[96];

	must(snprintf(ref, sizeof ref, "#/components/schemas/%.*s", STR_ARG(name)) <
	     (int)sizeof ref);
	jw_object(j, key);
	jw_text(j, "$ref", ref);
	jw_object_end(j);
}

static void words(struct jw *j, const char *name, const char *(*word)(unsigned), unsigned n)
{
	jw_object(j, name);
	jw_text(j, "type", "string");
	jw_array(j, "enum");
	for (unsigned i = 0; i < n; i++)
		jw_text(j, NULL, word(i));
	jw_array_end(j);
	jw_object_end(j);
}

static const char *role_word(unsigned i)
{
	return api_role_name(i + ROLE_VIEWER);
}

static const char *priority_word(unsigned i)
{
	static const char *const names[] = { "high", "normal", "low" };

	return names[i];
}

static const char *problem_word(unsigned i)
{
	return problem_name(i);
}

static const char *band_word(unsigned i)
{
	return health_band_name(i);
}

static void type(struct jw *j, const char *name, bool nullable)
{
	if (!nullable) {
		jw_text(j, "type", name);
		return;
	}
	jw_array(j, "type");
	jw_text(j, NULL, name);
	jw_text(j, NULL, "null");
	jw_array_end(j);
}

static void scalar(struct jw *j, char kind, bool nullable)
{
	switch (kind) {
	case 's':
		type(j, "string", nullable);
		break;
	case 't':
		type(j, "string", nullable);
		jw_text(j, "format", "date-time");
		break;
	case 'i':
		type(j, "integer", nullable);
		jw_u64(j, "minimum", 0);
		break;
	case 'n':
		type(j, "integer", nullable);
		break;
	case 'b':
		type(j, "boolean", nullable);
		break;
	case 'o':
		type(j, "object", nullable);
		break;
	case 'v':
		break;
	default:
		must_not_reach("openapi.def names a type that there is not");
	}
}

/* `spec` is one type of openapi.def. */
static void member(struct jw *j, const char *key, struct str spec)
{
	bool nullable = spec.n > 1 && spec.p[spec.n - 1] == '?';

	spec.n -= nullable;
	if (spec.p[0] == '[') {
		jw_object(j, key);
		jw_text(j, "type", "array");
		member(j, "items", (struct str){ spec.p + 1, spec.n - 1 });
		jw_object_end(j);
	} else if (spec.p[0] == '@' && nullable) {
		jw_object(j, key);
		jw_array(j, "anyOf");
		reference(j, NULL, (struct str){ spec.p + 1, spec.n - 1 });
		jw_object(j, NULL);
		jw_text(j, "type", "null");
		jw_object_end(j);
		jw_array_end(j);
		jw_object_end(j);
	} else if (spec.p[0] == '@') {
		reference(j, key, (struct str){ spec.p + 1, spec.n - 1 });
	} else {
		jw_object(j, key);
		scalar(j, spec.p[0], nullable);
		jw_object_end(j);
	}
}

/* Cut the next "name=type" off; false at the end. */
static bool next_member(const char **list, char name[64], struct str *ret_spec, bool *ret_optional)
{
	size_t n;

	*list += strspn(*list, " ");
	*ret_optional = **list == '~';
	*list += *ret_optional;
	n = strcspn(*list, "=");
	if (**list == '\0')
		return false;
	must(str_copy(name, 64, (struct str){ *list, n }));
	*list += n + 1;
	*ret_spec = (struct str){ *list, strcspn(*list, " ") };
	*list += ret_spec->n;
	return true;
}

static void schema(struct jw *j, const char *name, const char *members)
{
	const char *list = members;
	char key[64];
	struct str spec;
	bool optional;

	jw_object(j, name);
	jw_text(j, "type", "object");
	jw_object(j, "properties");
	while (next_member(&list, key, &spec, &optional))
		member(j, key, spec);
	jw_object_end(j);
	jw_array(j, "required");
	for (list = members; next_member(&list, key, &spec, &optional);) {
		if (!optional)
			jw_text(j, NULL, key);
	}
	jw_array_end(j);
	jw_object_end(j);
}

static void field(struct jw *j, const struct field *f)
{
	static const char *const types[] = { [FIELD_TEXT] = "string",
					     [FIELD_BOOL] = "boolean",
					     [FIELD_WORDS] = "array",
					     [FIELD_OBJECT] = "object",
					     [FIELD_NUMBER] = "integer" };

	jw_object(j, f->name);
	type(j, types[f->type], f->absent != FIELD_REQUIRED);
	jw_text(j, "description", f->what);
	if (f->type == FIELD_TEXT)
		jw_u64(j, "maxLength", f->max);
	if (f->type == FIELD_WORDS) {
		jw_object(j, "items");
		jw_text(j, "type", "string");
		jw_object_end(j);
	}
	if (f->type == FIELD_NUMBER) {
		jw_u64(j, "minimum", 1);
		jw_u64(j, "maximum", f->max);
	}
	if (f->absent != NULL && f->absent != FIELD_REQUIRED && f->type == FIELD_TEXT)
		jw_text(j, "default", f->absent);
	jw_object_end(j);
}

/* Bodies by the very tables that read them; null is as if it had not come, and others are refused. */
static void fields(struct jw *j, const char *name, const struct field *(*table)(size_t *))
{
	size_t n;
	const struct field *f = table(&n);

	jw_object(j, name);
	jw_text(j, "type", "object");
	jw_bool(j, "additionalProperties", false);
	jw_object(j, "properties");
	for (size_t i = 0; i < n; i++)
		field(j, &f[i]);
	jw_object_end(j);
	jw_array(j, "required");
	for (size_t i = 0; i < n; i++) {
		if (f[i].absent == FIELD_REQUIRED)
			jw_text(j, NULL, f[i].name);
	}
	jw_array_end(j);
	jw_object_end(j);
}

void openapi_schemas(struct jw *j)
{
	jw_object(j, "schemas");
	words(j, "Status", status_name, STATUS_COUNT);
	words(j, "Cause", cause_name, RELINK_CAUSE_COUNT);
	words(j, "UserAction", action_name, ACTION_COUNT);
	words(j, "HealthBand", band_word, HEALTH_BAND_COUNT);
	words(j, "Role", role_word, ROLE_ADMIN);
	words(j, "Priority", priority_word, 3);
	words(j, "ProblemCode", problem_word, PROBLEM_COUNT);
	fields(j, "AccountNew", fields_of_account);
	fields(j, "AccountPatch", fields_of_patch);
	fields(j, "QrNew", fields_of_qr);
	fields(j, "KeyNew", fields_of_key);
	fields(j, "QrLinkNew", fields_of_link);
	fields(j, "WebhookNew", fields_of_webhook);
	fields(j, "WebhookPatch", fields_of_webhook_patch);
	fields(j, "WebhookReplay", fields_of_replay);
	fields(j, "WebhookRotate", fields_of_rotate);
#define SCHEMA(name, members) schema(j, #name, members);
#include "api/openapi.def"
	schema(j, "DropinError", "error=s");
	jw_object_end(j);
}
