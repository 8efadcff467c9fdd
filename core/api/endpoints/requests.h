/* requests.h - what the handlers of /v1/webhooks share. */
#ifndef RELINK_API_ENDPOINTS_REQUESTS_H
#define RELINK_API_ENDPOINTS_REQUESTS_H
#include "api/answer.h"
#include "api/change.h"
#include "api/endpoints/endpoint.h"
#include "api/exchange.h"

/* The webhook in the path, when who asks may see it.  False: it is answered. */
bool webhook_find(struct exchange *, struct endpoint_view *ret_view);
/* A command for it; NULL: no memory, which change_submit says. */
struct command *webhook_command(const struct exchange *, enum command_kind);
/* With `secret` where it is told. */
void webhook_json(struct jw *, const char *key, const struct endpoints *,
		  const struct endpoint_view *, const char *secret);
/* After a change: the webhook, with its secret where the order has one. */
void webhook_answer(struct conn *, const struct change_order *, const struct command_result *);

#endif
