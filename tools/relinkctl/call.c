/* call.c - see call.h. */
#include "call.h"

#include "base/obj.h"
#include "say.h"
#include "target.h"
#include "text.h"

#define SENTENCE_MAX (64u << 10)

/* What the API says in its own terms, in those of relinkctl. */
static const char *remedy(struct str code)
{
	static const struct {
		const char *code, *command;
	} remedies[] = {
		{ "account_not_found", "relinkctl list" },
		{ "instance_not_found", "relinkctl instances" },
		{ "worker_not_found", "relinkctl workers" },
		{ "incident_not_found", "relinkctl incidents" },
		{ "key_not_found", "relinkctl keys" },
		{ "job_not_found", "relinkctl jobs" },
		{ "pause_not_found", "relinkctl pauses" },
		{ "provider_not_found", "relinkctl instances" },
		{ "not_ready", "relinkctl workers" },
		{ "not_connected", "relinkctl explain ID" },
		{ "no_session", "relinkctl connect ID" },
		{ "no_qr", "relinkctl qr ID --new" },
	};

	for (size_t i = 0; i < ARRAY_LEN(remedies); i++) {
		if (str_is(code, remedies[i].code))
			return remedies[i].command;
	}
	return NULL;
}

void call_explain(struct cli *c, const struct answer *a)
{
	const char *command = remedy(answer_problem(a));
	struct buf b;

	buf_init(&b, SENTENCE_MAX);
	answer_explain(a, http_target(c->http), &b);
	if (command != NULL)
		buf_printf(&b, " (%s)", command);
	say_str(&c->term, buf_all(&b));
	buf_fini(&b);
}

void call_print_json(const struct cli *c, const struct answer *a)
{
	if (!has_option(c, OPTION_JSON) || a->body.n == 0)
		return;
	text_put(stdout, buf_all(&a->body));
	putchar('\n');
	fflush(stdout);
}

int call_probe(struct cli *c, const struct request *q, struct answer *ret_answer)
{
	struct why why;
	int r;

	*ret_answer = (struct answer){ 0 };
	r = http_send(c->http, q, ret_answer, &why);
	if (r == 0)
		return CTL_OK;
	say(&c->term, "%s", why.text);
	return r == ERR_NOMEM || r == ERR_TOOBIG ? CTL_FAILED : CTL_UNREACHABLE;
}

int call_unprinted(struct cli *c, const struct request *q, struct answer *ret_answer)
{
	int r = call_probe(c, q, ret_answer);

	if (r != CTL_OK)
		return r;
	if (!answer_ok(ret_answer)) {
		call_explain(c, ret_answer);
		return CTL_FAILED;
	}
	if (ret_answer->body.n > 0 && ret_answer->json == NULL) {
		say(&c->term,
		    "%s answered with something that is not JSON: is it relinkd's address?",
		    target_name(http_target(c->http)));
		return CTL_FAILED;
	}
	return CTL_OK;
}

int call(struct cli *c, const struct request *q, struct answer *ret_answer)
{
	int r = call_unprinted(c, q, ret_answer);

	if (r == CTL_OK)
		call_print_json(c, ret_answer);
	return r;
}

void call_account(struct request *q, const char *method, const char *id, const char *tail)
{
	request_init(q, method, "/v1/accounts");
	request_part(q, id);
	if (tail != NULL)
		request_part(q, tail);
}
