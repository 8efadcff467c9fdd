/* check.c - what --check-config looks at beyond the configuration itself: what can be wrong in another room. */
#include "api/dropin/secret.h"
#include "app/app.h"
#include "conf/conf.h"
#include "web/guard.h"

int app_check(const struct conf *c, struct why *why)
{
	int r = secret_check(c->dropin_key_file, SECRET_OF_KEY, why);

	struct guard *guard = NULL;

	if (r == 0)
		r = secret_check(c->dropin_webhook_secret_file, SECRET_OF_WEBHOOK, why);
	if (r == 0)
		r = guard_new(&guard, c->webhooks_allow_private, c->webhooks_allow_http, why);
	guard_free(&guard);
	return r;
}
