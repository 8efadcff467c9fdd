/* metadata.c - see metadata.h. */
#include "api/metadata.h"

#include <stdlib.h>

#include "api/dropin/clients.h"
#include "api/dropin/dropin.h"
#include "base/limits.h"

static int refuse_member(struct exchange *x)
{
	const struct who *w = &x->conn->who;

	return problem_set(
	    &x->problem, PROBLEM_forbidden,
	    "The member \"" CLIENT_MEMBER "\" of metadata takes a key for all "
	    "workspaces; the key %s is for \"%s\" only. Leave it out: an account that "
	    "has it keeps it.",
	    w->key, w->workspace);
}

/* A scoped key may say what is there already: it sends back what it was given. */
static bool may_say(const struct exchange *x, const json_t *member, const json_t *now)
{
	return member == NULL || !who_is_scoped(&x->conn->who) || json_equal(member, now);
}

static int keep_member(struct exchange *x, struct command *cmd, const struct account_view *view)
{
	const struct dropin *d = x->face->dropin;
	char *text = clients_kept(d != NULL ? d->clients : NULL, view, str_of(cmd->metadata));

	if (text == NULL)
		return problem_set(
		    &x->problem, PROBLEM_invalid_field,
		    "\"metadata\" must be an object of at most %d bytes together with its member "
		    "\"" CLIENT_MEMBER "\", which is kept: make it smaller.",
		    LIMIT_METADATA);
	free(cmd->metadata);
	cmd->metadata = text;
	return 0;
}

int metadata_settle(struct exchange *x, struct command *cmd)
{
	struct api_port *port = &x->face->port;
	struct account_view view = { .metadata = STR_NONE };
	json_t *said, *now = NULL;
	const json_t *member, *has;
	int r = 0;

	if (cmd->metadata == NULL)
		return 0;
	if (cmd->kind == COMMAND_PATCH && port->account(port->ctx, x->match.id, &view))
		now = client_metadata_load(view.metadata);
	said = client_metadata_load(str_of(cmd->metadata));
	member = json_object_get(said, CLIENT_MEMBER);
	has = json_object_get(now, CLIENT_MEMBER);
	if (!may_say(x, member, has))
		r = refuse_member(x);
	else if (has != NULL && (member == NULL || json_equal(member, has)))
		r = keep_member(x, cmd, &view);
	json_decref(said);
	json_decref(now);
	return r;
}
