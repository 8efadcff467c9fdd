/* command.c - a command's memory, and the names of roles; port.h has the rest. */
#include <stdlib.h>

#include "api/port.h"
#include "base/obj.h"

struct command *command_new(enum command_kind kind)
{
	struct command *c = calloc(1, sizeof *c);

	if (c != NULL)
		c->kind = kind;
	return c;
}

void command_free(struct command **command)
{
	struct command *c = TAKE(*command);

	if (c == NULL)
		return;
	free(c->account);
	free(c->scope);
	free(c->workspace);
	free(c->provider);
	free(c->label);
	free(c->metadata);
	free(c->priority);
	free(c->verb);
	free(c->args);
	free(c->recipient);
	free(c->idem_key);
	free(c->instance);
	free(c->name);
	free(c->by);
	free(c->status);
	free(c->cause);
	free(c->ids);
	free(c->url);
	free(c->events);
	if (c->secret != NULL)
		explicit_bzero(c->secret, strlen(c->secret));
	free(c->secret);
	for (size_t n = 0; n < c->n_headers; n++) {
		free(c->headers[n].name);
		free(c->headers[n].value);
	}
	free(c);
}

static const char *const roles[] = { "none",
#define R(id, n, name) [n] = (name),
				     API_ROLES(R)
#undef R
};

const char *api_role_name(unsigned role)
{
	return roles[role < ARRAY_LEN(roles) ? role : 0];
}

enum api_role api_role_of(struct str name)
{
	for (unsigned i = 1; i < ARRAY_LEN(roles); i++) {
		if (str_is(name, roles[i]))
			return (enum api_role)i;
	}
	return ROLE_NONE;
}
