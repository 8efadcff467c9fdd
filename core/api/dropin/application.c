/* application.c - what the old service asks of its application, which it may take us for. */
#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"

/* Which sessions are opened, and when, is decided by us: one at a time and without a limit, as it would
 * restore them by itself, a session that hangs would keep all behind it down. */
void get_none_active(struct exchange *x)
{
	struct response r = { .status = 200 };
	struct jw j = answer_json(x->conn);

	jw_object(&j, NULL);
	jw_bool(&j, "success", true);
	jw_array(&j, "sessions");
	jw_array_end(&j);
	jw_u64(&j, "total", 0);
	jw_object_end(&j);
	answer_send(x->conn, &r);
}

/* Unsigned, so nothing follows from it. */
void post_heard(struct exchange *x)
{
	answer_success(x->conn);
}
