/* check.c - what --check-config looks at beyond the configuration itself: the files that it names. */
#include "api/dropin/secret.h"
#include "app/app.h"
#include "conf/conf.h"

int app_check(const struct conf *c, struct why *why)
{
	int r = secret_check(c->dropin_key_file, SECRET_OF_KEY, why);

	return r == 0 ? secret_check(c->dropin_webhook_secret_file, SECRET_OF_WEBHOOK, why) : r;
}
