/*
 * endpoints.h - where events are sent to: held here by id, made, changed and remembered.
 *
 * Sending is the API's (api/endpoints); what was sent to whom is nothing that the engine knows.
 */
#ifndef RELINK_ENGINE_ENDPOINTS_H
#define RELINK_ENGINE_ENDPOINTS_H
#include "api/port.h"
#include "store/store.h"

struct engine;

int endpoint_add(struct engine *, const struct endpoint_record *);
void endpoints_drop(struct engine *);
/* COMMAND_ENDPOINT_*. */
void endpoint_command(struct engine *, struct command *given);
/* Its Idempotency-Key was used before, for the endpoint `id`; a secret is told once only. */
void endpoint_repeated(struct engine *, struct command **, struct str id);
bool endpoint_view(const struct engine *, struct str id, struct endpoint_view *ret_view);
void endpoints_each(const struct engine *, void (*each)(void *arg, const struct endpoint_view *),
		    void *arg);

#endif
