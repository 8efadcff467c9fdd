/* openapi.c - see openapi.h: the paths, from routes.def and openapi.def. */
#include "api/openapi.h"

#include <ctype.h>
#include <stdio.h>

#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "base/obj.h"

struct operation {
	void (*handler)(struct exchange *);
	const char *name, *request, *answers, *codes, *headers;
};

static const struct operation operations[] = {
#define OPERATION(handler, request, answers, codes, headers) \
	{ handler, #handler, request, answers, codes, headers },
#include "api/openapi.def"
};

/* What is said of a route that openapi.def does not have: the drop-in face's have their own README. */
static const struct operation unknown = { NULL, NULL, "", "200", "", "" };

static const struct operation *operation_of(const struct route *r)
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
		if (operations[i].handler == r->handler)
			return &operations[i];
	}
	return &unknown;
}

bool openapi_knows(const struct route *r)
{
	return operation_of(r) != &unknown || route_is_dropin(r);
}

static bool next_word(const char **list, char word[64])
{
	size_t n;

	*list += strspn(*list, " ");
	n = strcspn(*list, " ");
	if (n == 0)
		return false;
	must(str_copy(word, 64, (struct str){ *list, n }));
	*list += n;
	return true;
}

/* --- answers --- */

#define CODES_MAX 32

struct codes {
	enum problem_code v[CODES_MAX];
	unsigned n;
};

static void add(struct codes *c, enum problem_code code)
{
	must(c->n < CODES_MAX);
	c->v[c->n++] = code;
}

static enum problem_code code_of(const char *name)
{
	enum problem_code code = problem_of(name);

	must(strcmp(problem_name(code), name) == 0); /* openapi.def names one that there is not */
	return code;
}

static bool is_change(const struct route *r)
{
	return route_role(r) != ROLE_NONE && r->method != METHOD_GET;
}

/* What the checks before a handler may answer; see exchange.c and access.c. */
static void codes_of_checks(struct codes *c, const struct route *r)
{
	add(c, PROBLEM_bad_request);
	if (r->query[0] != '\0' || r->body == ROUTE_JSON)
		add(c, PROBLEM_invalid_field);
	add(c, PROBLEM_unknown_field);
	if (r->body == ROUTE_JSON)
		add(c, PROBLEM_invalid_json);
	if (route_role(r) != ROLE_NONE) {
		add(c, PROBLEM_unauthorized);
		add(c, PROBLEM_forbidden);
		add(c, PROBLEM_too_many_wrong_keys);
	}
	if (strstr(r->path, "{id}") != NULL)
		add(c, PROBLEM_account_not_found);
	if (strstr(r->path, "{instance}") != NULL)
		add(c, PROBLEM_instance_not_found);
	if (strstr(r->path, "{key}") != NULL)
		add(c, PROBLEM_key_not_found);
	if (strstr(r->path, "{slot}") != NULL)
		add(c, PROBLEM_worker_not_found);
	if (r->body != ROUTE_NONE) {
		add(c, PROBLEM_request_timeout);
		add(c, PROBLEM_body_too_large);
		add(c, PROBLEM_unsupported_media_type);
	}
	add(c, PROBLEM_host_not_allowed);
	add(c, PROBLEM_too_many_connections);
	if (!is_change(r))
		return;
	add(c, PROBLEM_idempotency_in_progress);
	add(c, PROBLEM_idempotency_key_reused);
	add(c, PROBLEM_overloaded);
	add(c, PROBLEM_stopping);
	add(c, PROBLEM_disk_full);
}

static void media(struct jw *j, const char *type, const char *schema)
{
	char ref[96];

	jw_object(j, type);
	if (schema != NULL) {
		snprintf(ref, sizeof ref, "#/components/schemas/%s", schema);
		jw_object(j, "schema");
		jw_text(j, "$ref", ref);
		jw_object_end(j);
	}
	jw_object_end(j);
}

static void content(struct jw *j, const char *type, const char *schema)
{
	jw_object(j, "content");
	media(j, type, schema);
	jw_object_end(j);
}

static const char *type_of_answer(const struct route *r)
{
	if (r->handler == get_dashboard)
		return "*/*";
	if (r->handler == get_link || r->handler == post_link)
		return "text/html";
	if (r->handler == get_link_code)
		return "image/svg+xml";
	if (r->handler == get_link_js)
		return "text/javascript";
	if (r->handler == get_link_css)
		return "text/css";
	if (r->handler == get_root || r->handler == get_metrics)
		return "text/plain";
	return r->handler == get_events ? "text/event-stream" : "application/json";
}

/* What else a route answers with, where it is asked to. */
static void content_of(struct jw *j, const struct route *r, const char *schema)
{
	jw_object(j, "content");
	media(j, type_of_answer(r), schema);
	if (r->handler == get_link_code)
		media(j, "text/html", NULL);
	if (r->handler == get_qr) {
		media(j, "image/svg+xml", NULL);
		media(j, "image/png", NULL);
		media(j, "text/plain", NULL);
	}
	jw_object_end(j);
}

/* One response for each status: its description lists the codes that have it. */
static void problems(struct jw *j, const struct codes *c)
{
	for (unsigned status = 400; status < 600; status++) {
		char key[8], text[512];
		size_t n = 0;

		for (unsigned i = 0; i < c->n; i++) {
			if (problem_status(c->v[i]) == status)
				n += (size_t)snprintf(text + n, sizeof text - n, "%s%s",
						      n > 0 ? ", " : "", problem_name(c->v[i]));
			must(n < sizeof text);
		}
		if (n == 0)
			continue;
		snprintf(key, sizeof key, "%u", status);
		jw_object(j, key);
		jw_text(j, "description", text);
		content(j, "application/problem+json", "Problem");
		jw_object_end(j);
	}
}

static void responses(struct jw *j, const struct route *r, const struct operation *o)
{
	const char *list = o->answers;
	struct codes codes = { .n = 0 };
	uint64_t status;
	char word[64];

	jw_object(j, "responses");
	while (next_word(&list, word)) {
		char *schema = strchr(word, ':');

		if (schema != NULL)
			*schema++ = '\0';
		must(str_to_u64(str_of(word), 599, &status));
		jw_object(j, word);
		jw_text(j, "description", status_text((unsigned)status));
		if (strcmp(word, "204") != 0 && strcmp(word, "304") != 0)
			content_of(j, r, schema);
		jw_object_end(j);
	}
	if (!route_is_dropin(r)) {
		codes_of_checks(&codes, r);
		for (list = o->codes; next_word(&list, word);)
			add(&codes, code_of(word));
		problems(j, &codes);
	}
	jw_object(j, "default");
	jw_text(j, "description", "What went wrong, and what to do.");
	if (route_is_dropin(r))
		content(j, "application/json", "DropinError");
	else
		content(j, "application/problem+json", "Problem");
	jw_object_end(j);
	jw_object_end(j);
}

/* --- parameters --- */

static void parameter(struct jw *j, const char *where, const char *name)
{
	static const struct {
		const char *where, *name, *type, *about;
	} all[] = {
#define PARAMETER(where, name, type, about) { where, name, type, about },
#include "api/openapi.def"
	};
	size_t i = 0;

	while (i < ARRAY_LEN(all) &&
	       (strcmp(all[i].where, where) != 0 || strcmp(all[i].name, name) != 0))
		i++;
	jw_object(j, NULL);
	jw_text(j, "name", name);
	jw_text(j, "in", where);
	jw_bool(j, "required", strcmp(where, "path") == 0);
	if (i < ARRAY_LEN(all))
		jw_text(j, "description", all[i].about);
	jw_object(j, "schema");
	jw_text(j, "type", i < ARRAY_LEN(all) ? all[i].type : "string");
	jw_object_end(j);
	jw_object_end(j);
}

static void parameters(struct jw *j, const struct route *r, const struct operation *o)
{
	const char *list = r->query;
	char word[64];

	jw_array(j, "parameters");
	for (const char *p = strchr(r->path, '{'); p != NULL; p = strchr(p + 1, '{')) {
		must(str_copy(word, sizeof word, (struct str){ p + 1, strcspn(p + 1, "}") }));
		parameter(j, "path", word);
	}
	while (next_word(&list, word))
		parameter(j, "query", word);
	for (list = o->headers; next_word(&list, word);)
		parameter(j, "header", word);
	if (is_change(r))
		parameter(j, "header", "Idempotency-Key");
	jw_array_end(j);
}

static void request_body(struct jw *j, const struct route *r, const struct operation *o)
{
	if (r->body == ROUTE_NONE)
		return;
	jw_object(j, "requestBody");
	if (r->body == ROUTE_HOOK)
		content(j, "*/*", NULL);
	else
		content(j, "application/json", o->request[0] != '\0' ? o->request : NULL);
	jw_object_end(j);
}

/* --- operations --- */

/* In 3.1 the list behind a scheme names the roles that it takes. */
static void security(struct jw *j, const struct route *r)
{
	enum api_role least = route_role(r);

	jw_array(j, "security");
	if (r->access == ROUTE_DROPIN) {
		jw_object(j, NULL);
		jw_array(j, "dropinKey");
		jw_array_end(j);
		jw_object_end(j);
	}
	for (unsigned i = 0; i < 2 && least != ROLE_NONE; i++) {
		jw_object(j, NULL);
		jw_array(j, i == 0 ? "bearer" : "apiKey");
		jw_text(j, NULL, api_role_name(least));
		jw_array_end(j);
		jw_object_end(j);
	}
	jw_array_end(j);
	if (least != ROLE_NONE)
		jw_bool(j, "x-relink-workspace-keys", route_is_scoped(r));
}

/* The handler's name, and a number where it has several routes. */
static void operation_id(struct jw *j, const struct route *all, const struct route *r,
			 const struct operation *o)
{
	unsigned before = 0;
	char id[96], path[64];
	size_t n = 0;

	for (const struct route *other = all; other < r; other++)
		before += other->handler == r->handler;
	if (o->name == NULL) {
		for (const char *p = r->path; *p != '\0' && n < sizeof path - 1; p++)
			path[n++] = isalnum((unsigned char)*p) ? *p : '_';
		path[n] = '\0';
		snprintf(id, sizeof id, "%s%s", http_method_name(r->method), path);
	} else if (before > 0) {
		snprintf(id, sizeof id, "%s_%u", o->name, before + 1);
	} else {
		snprintf(id, sizeof id, "%s", o->name);
	}
	jw_text(j, "operationId", id);
}

static void operation(struct jw *j, const struct route *all, const struct route *r)
{
	const struct operation *o = operation_of(r);
	char method[16] = { 0 };

	for (size_t i = 0; i < sizeof method - 1 && http_method_name(r->method)[i] != '\0'; i++)
		method[i] = (char)tolower((unsigned char)http_method_name(r->method)[i]);
	jw_object(j, method);
	operation_id(j, all, r, o);
	jw_text(j, "summary", r->doc);
	parameters(j, r, o);
	request_body(j, r, o);
	responses(j, r, o);
	security(j, r);
	jw_object_end(j);
}

static void paths(struct jw *j, bool dropin)
{
	size_t n;
	const struct route *all = router_routes(&n);

	jw_object(j, "paths");
	for (size_t i = 0; i < n; i++) {
		bool told = route_is_dropin(&all[i]) && !dropin;

		for (size_t k = 0; k < i && !told; k++)
			told = strcmp(all[k].path, all[i].path) == 0;
		if (told)
			continue;
		jw_object(j, all[i].path);
		for (size_t k = i; k < n; k++) {
			if (strcmp(all[k].path, all[i].path) == 0)
				operation(j, all, &all[k]);
		}
		jw_object_end(j);
	}
	jw_object_end(j);
}

static void scheme(struct jw *j, const char *name, const char *type, const char *member,
		   const char *v, const char *about)
{
	jw_object(j, name);
	jw_text(j, "type", type);
	jw_text(j, member, v);
	if (strcmp(type, "apiKey") == 0)
		jw_text(j, "in", "header");
	jw_text(j, "description", about);
	jw_object_end(j);
}

void openapi_write(struct buf *out, bool dropin)
{
	struct jw j = jw_to(out);

	jw_object(&j, NULL);
	jw_text(&j, "openapi", "3.1.0");
	jw_object(&j, "info");
	jw_text(&j, "title", "Relink");
	jw_text(&j, "version", "1"); /* of the contract, as in /v1 */
	jw_text(&j, "description",
		"Keeps WhatsApp accounts linked. The role behind a security scheme is the least "
		"one whose "
		"key opens the operation; x-relink-workspace-keys: keys of one workspace open it, "
		"too.");
	jw_object(&j, "license");
	jw_text(&j, "name", "Apache-2.0");
	jw_text(&j, "identifier", "Apache-2.0");
	jw_object_end(&j);
	jw_object_end(&j);
	paths(&j, dropin);
	jw_object(&j, "components");
	openapi_schemas(&j);
	jw_object(&j, "securitySchemes");
	scheme(&j, "bearer", "http", "scheme", "bearer", "Authorization: Bearer KEY");
	scheme(&j, "apiKey", "apiKey", "name", "X-API-Key", "X-API-Key: KEY");
	if (dropin)
		scheme(&j, "dropinKey", "apiKey", "name", "X-API-Key",
		       "dropin.api_key; also as api_key in the query or the body.");
	jw_object_end(&j);
	jw_object_end(&j);
	jw_object_end(&j);
}

void get_openapi(struct exchange *x)
{
	struct response r = { .status = 200 };

	answer_json(x->conn);
	openapi_write(&x->face->content, x->face->dropin != NULL);
	answer_send(x->conn, &r);
}
