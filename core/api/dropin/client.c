/* client.c - see client.h. */
#include "api/dropin/client.h"

#include <stdlib.h>

#include "api/dropin/ids.h"
#include "api/json_text.h"
#include "base/obj.h"

static bool is_id(const json_t *v)
{
	return json_is_integer(v) || (json_is_string(v) && json_string_length(v) > 0 &&
				      json_string_length(v) <= DROPIN_SESSION_MAX);
}

static json_t *id_in(json_t *object, const char *name)
{
	json_t *v = json_object_get(object, name);

	return is_id(v) ? json_incref(v) : NULL;
}

/* The valid ones; people can write metadata, too. */
static json_t *sessions_in(json_t *object)
{
	json_t *from = json_object_get(object, "session_ids"), *to = json_array(), *v;
	size_t i;

	json_array_foreach(from, i, v)
	{
		if (json_is_string(v) && dropin_session_is_valid(client_text(v)) &&
		    json_array_size(to) < CLIENT_SESSIONS_MAX)
			json_array_append(to, v);
	}
	return to;
}

struct client *client_new(struct str account, struct str workspace, json_t *object)
{
	struct client *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	str_copy(c->account, sizeof c->account, account);
	str_copy(c->workspace, sizeof c->workspace, workspace);
	c->sessions = sessions_in(object);
	c->workspace_id = id_in(object, "workspace_id");
	c->account_id = id_in(object, "account_id");
	if (json_array_size(c->sessions) == 0)
		client_free(&c);
	return c;
}

void client_free(struct client **client)
{
	struct client *c = TAKE(*client);

	if (c == NULL)
		return;
	json_decref(c->sessions);
	json_decref(c->workspace_id);
	json_decref(c->account_id);
	free(c);
}

json_t *client_metadata_load(struct str text)
{
	json_t *j = text.n > 0 ? json_loadb(text.p, text.n, 0, NULL) : json_object();

	if (json_is_object(j))
		return j;
	json_decref(j);
	return json_object();
}

bool client_is_stored(const struct account_view *v)
{
	static const char mark[] = "\"" CLIENT_MEMBER "\"";

	return v->metadata.n > 0 &&
	       memmem(v->metadata.p, v->metadata.n, mark, sizeof mark - 1) != NULL;
}

struct client *client_stored(const struct account_view *v)
{
	struct client *c = NULL;
	json_t *all, *object;

	if (!client_is_stored(v))
		return NULL;
	all = client_metadata_load(v->metadata);
	object = json_object_get(all, CLIENT_MEMBER);
	if (json_is_object(object))
		c = client_new(v->id, v->workspace, object);
	json_decref(all);
	return c;
}

static json_t *client_object(const struct client *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "session_ids", json_copy(c->sessions));
	if (c->workspace_id != NULL)
		json_object_set(o, "workspace_id", c->workspace_id);
	if (c->account_id != NULL)
		json_object_set(o, "account_id", c->account_id);
	return o;
}

char *client_metadata(const struct client *c, struct str now)
{
	json_t *all = client_metadata_load(now), *ours = client_object(c);
	json_t *sessions = json_object_get(ours, "session_ids");
	char *text;

	json_object_set_new(all, CLIENT_MEMBER, ours);
	text = json_text(all);
	while (text != NULL && strlen(text) > LIMIT_METADATA && json_array_size(sessions) > 1) {
		free(text);
		json_array_remove(sessions, json_array_size(sessions) - 1);
		text = json_text(all);
	}
	if (text != NULL && strlen(text) > LIMIT_METADATA) {
		free(text);
		text = NULL;
	}
	json_decref(all);
	return text;
}

struct str client_session(const struct client *c)
{
	return client_text(json_array_get(c->sessions, 0));
}

char *client_json(const json_t *id)
{
	return id != NULL ? json_dumps(id, JSON_ENCODE_ANY) : str_dup(STR("null"));
}
