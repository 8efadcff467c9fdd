/*
 * open.c - create, reconnect, regenerate-qr and restore: four names for "this session, please".
 *
 * An account is found or made, is told the session's new id, and is sent the command that fits what
 * it is doing; the answer waits for its QR code or its login.  That takes up to three commands, one
 * after the other, so an errand keeps the request's content while they are on their way.
 */
#include <stdlib.h>
#include <utlist.h>

#include "api/answer.h"
#include "api/change.h"
#include "api/dropin/form.h"
#include "api/dropin/ids.h"
#include "api/dropin/session.h"
#include "api/handlers.h"
#include "api/work.h"
#include "base/killpoint.h"
#include "base/obj.h"

#define ERRAND_MAGIC 0xe22a4d01u

#define INVALID_SESSION \
	"Invalid session_id. Only 1 to 128 letters, digits, underscores and hyphens are allowed."

struct opening {
	bool makes;               /* an account that is not there */
	enum command_kind starts; /* one that is not starting already */
	void (*answer)(struct conn *, const struct wait_order *, const struct account_view *);
};

struct errand {
	struct work work;
	unsigned magic;
	struct dropin *dropin;      /* NULL: it went before us */
	struct errand *prev, *next; /* in dropin->errands, once the client has gone */
	const struct opening *opening;
	enum command_kind sent;
	bool force;
	bool saving; /* a PATCH is on its way */
	bool again;  /* it was begun anew already */
	char session[DROPIN_SESSION_MAX + 1], account[LIMIT_ACCOUNT_ID + 1];
	char priority[8];
	struct told told;
};

/* --- the errand --- */

static void errand_free(struct errand *e)
{
	json_decref(e->told.workspace_id);
	json_decref(e->told.account_id);
	OBJ_FINI(e);
	free(e);
}

static void errand_saved(struct errand *e)
{
	if (e->saving)
		clients_saved(e->dropin->clients, str_of(e->account));
	e->saving = false;
}

/* The reply will come and end it; perhaps later than the API ends. */
static void on_gone(struct work *w)
{
	struct errand *e = (struct errand *)w;

	errand_saved(e);
	DL_APPEND(e->dropin->errands, e);
}

void dropin_leave_errands(struct dropin *d)
{
	struct errand *e, *next;

	DL_FOREACH_SAFE(d->errands, e, next)
	{
		e->dropin = NULL;
	}
	d->errands = NULL;
}

static const struct work_ops errand_ops = { .gone = on_gone };

/* What was said in memory and will not be stored is taken back. */
static void errand_fail(struct errand *e, enum problem_code code, const char *text)
{
	struct conn *c = e->work.conn;

	errand_saved(e);
	clients_refresh(e->dropin->clients, str_of(e->account));
	errand_free(e);
	answer_failure(c, code, "%s", text);
}

static void on_reply(void *ctx, const struct command_result *);

/* The command is given; NULL: memory was out.  The last thing that is done with the errand. */
static void errand_send(struct errand *e, struct command *cmd)
{
	struct api_port *port = &e->dropin->face->port;

	if (cmd == NULL) {
		errand_fail(e, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	e->sent = cmd->kind;
	cmd->reply = on_reply;
	cmd->ctx = e;
	if (port->submit(port->ctx, &cmd) == 0) {
		KP("api.dropin.submitted");
		return; /* on_reply may have run */
	}
	errand_fail(e, PROBLEM_overloaded,
		    "Too many commands wait to be carried out. Try again in a second.");
}

/* All of them are there, or none. */
static struct command *complete(struct command *cmd, bool ok)
{
	if (!ok)
		command_free(&cmd);
	return cmd;
}

static struct command *command_for(struct errand *e, enum command_kind kind)
{
	struct command *cmd = command_new(kind);

	if (cmd == NULL)
		return NULL;
	cmd->force = e->force;
	cmd->account = str_dup(str_of(e->account));
	return complete(cmd, cmd->account != NULL);
}

static void send_create(struct errand *e)
{
	struct client *client = clients_promise(e->dropin->clients, &e->told);
	struct command *cmd;

	if (client == NULL) {
		errand_send(e, NULL);
		return;
	}
	str_copy(e->account, sizeof e->account, str_of(client->account));
	cmd = command_for(e, COMMAND_CREATE);
	if (cmd != NULL) {
		cmd->connect = true;
		cmd->provider = str_dup(str_of(e->dropin->provider));
		cmd->workspace = str_dup(str_of(e->told.workspace));
		cmd->label = str_dup(STR(""));
		cmd->priority = str_dup(str_of(e->priority));
		cmd->metadata = client_metadata(client, STR_NONE);
		cmd = complete(cmd, cmd->provider != NULL && cmd->workspace != NULL &&
					cmd->label != NULL && cmd->priority != NULL &&
					cmd->metadata != NULL);
	}
	errand_send(e, cmd);
}

static void send_patch(struct errand *e, struct session *s, bool there)
{
	char *metadata = client_metadata(s->client, there ? s->view.metadata : STR_NONE);
	struct command *cmd = command_for(e, COMMAND_PATCH);

	if (metadata == NULL) {
		command_free(&cmd);
		errand_fail(e, PROBLEM_internal_error,
			    "The account's metadata leaves no room for another session_id: shorten "
			    "it with PATCH /v1/accounts.");
		return;
	}
	if (cmd != NULL)
		cmd->metadata = metadata;
	else
		free(metadata);
	e->saving = true;
	clients_save(s->client);
	errand_send(e, cmd);
}

static bool is_one_of(const char *status, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (strcmp(*names, status) == 0)
			return true;
	}
	return false;
}

/*
 * What to ask of an account.  One that is starting has what is wanted, and what was promised a
 * moment ago is not there yet.  A create never disturbs what lives: clients send it twice.
 */
static enum command_kind choose(const struct opening *o, const struct account_view *v)
{
	static const char *const starting[] = { "new", "connecting", NULL };
	static const char *const living[] = { "qr_scanning", "authenticated", "connected", NULL };

	if (v == NULL || is_one_of(v->status, starting))
		return COMMAND_CONNECT;
	if (o->starts == COMMAND_CREATE)
		return is_one_of(v->status, living) ? COMMAND_CONNECT : COMMAND_RECONNECT;
	return o->starts;
}

static void send_start(struct errand *e)
{
	struct api_port *port = &e->dropin->face->port;
	struct account_view view;
	bool there = port->account(port->ctx, str_of(e->account), &view);

	errand_send(e, command_for(e, choose(e->opening, there ? &view : NULL)));
}

/* Is the id that the account would get that of an account which is not to be seen here? */
static bool is_taken(const struct errand *e)
{
	struct api_port *port = &e->dropin->face->port;
	char account[LIMIT_ACCOUNT_ID + 1];
	struct account_view view;

	return dropin_account_id(e->told.session, account) &&
	       port->account(port->ctx, str_of(account), &view);
}

static void errand_begin(struct errand *e)
{
	struct api_port *port = &e->dropin->face->port;
	struct session s = { .client = clients_find(e->dropin->clients, &e->told) };
	bool there;
	int r;

	if (s.client == NULL && is_taken(e)) {
		errand_fail(e, PROBLEM_account_exists,
			    "This session_id is the id of an account that was not made here. "
			    "Choose another.");
		return;
	}
	if (s.client == NULL && e->opening->makes) {
		send_create(e);
		return;
	}
	if (s.client == NULL) {
		errand_fail(e, PROBLEM_account_not_found, "Session not found");
		return;
	}
	str_copy(e->account, sizeof e->account, str_of(s.client->account));
	there = port->account(port->ctx, str_of(e->account), &s.view);
	r = clients_tell(e->dropin->clients, s.client, &e->told);
	if (r < 0)
		errand_send(e, NULL);
	else if (r > 0)
		send_patch(e, &s, there);
	else
		send_start(e);
}

static void errand_wait(struct errand *e)
{
	const struct wait_order order = { .what = WAIT_SETTLED,
					  .seconds = e->dropin->wait_s,
					  .answer = e->opening->answer };
	char account[LIMIT_ACCOUNT_ID + 1];
	struct conn *c = e->work.conn;

	str_copy(account, sizeof account, str_of(e->account));
	errand_free(e);
	wait_start(c, str_of(account), &order);
}

static void on_refused(struct errand *e, const struct command_result *r)
{
	struct str problem = str_of(r->problem);
	struct conn *c = e->work.conn;

	clients_refresh(e->dropin->clients, str_of(e->account));
	if (str_is(problem, "account_not_found") && !e->again) {
		e->again = true; /* it was deleted meanwhile, or was never made */
		errand_begin(e);
	} else if (str_is(problem, "login_would_be_lost")) {
		/* a login that may be good: use it; where it is not, a code comes all the same */
		errand_send(e, command_for(e, COMMAND_RECONNECT));
	} else {
		errand_free(e);
		change_refused(c, r);
	}
}

/* Nobody waits for it any more.  An account that was promised and is not made is forgotten. */
static void on_late_reply(struct errand *e, const struct command_result *r)
{
	struct dropin *d = e->dropin;

	if (d != NULL)
		DL_DELETE(d->errands, e);
	if (d != NULL && r->code < 0)
		clients_refresh(d->clients, str_of(e->account));
	errand_free(e);
}

static void on_reply(void *ctx, const struct command_result *r)
{
	struct errand *e;

	OBJ_CAST(e, ctx, ERRAND_MAGIC);
	if (e->work.conn == NULL) {
		on_late_reply(e, r);
		return;
	}
	errand_saved(e);
	if (r->code < 0) {
		on_refused(e, r);
		return;
	}
	if (e->sent == COMMAND_CREATE)
		clients_refresh(e->dropin->clients, str_of(e->account));
	if (e->sent == COMMAND_PATCH)
		send_start(e);
	else
		errand_wait(e);
}

/* --- reading the request --- */

static struct str session_named(struct exchange *x, const struct form *f, char digits[FORM_DIGITS])
{
	if (x->match.session.n > 0)
		return x->match.session;
	return form_id(f, "session_id", digits);
}

static int read_form(struct errand *e, struct exchange *x, const struct form *f)
{
	char digits[FORM_DIGITS];
	struct str session = session_named(x, f, digits), priority = form_text(f, "priority");

	if (session.n == 0)
		return problem_set(&x->problem, PROBLEM_invalid_field,
				   "Missing required fields: session_id");
	if (!dropin_session_is_valid(session))
		return problem_set(&x->problem, PROBLEM_invalid_field, INVALID_SESSION);
	str_copy(e->session, sizeof e->session, session);
	e->told.session = str_of(e->session);
	e->told.workspace_id = json_incref(form_raw_id(f, "workspace_id"));
	e->told.account_id = json_incref(form_raw_id(f, "account_id"));
	e->force = form_bool(f, "force");
	if (!str_is(priority, "high") && !str_is(priority, "low"))
		priority = STR("normal");
	str_copy(e->priority, sizeof e->priority, priority);
	if (!dropin_workspace(x->face->dropin->workspace_prefix, form_id(f, "workspace_id", digits),
			      e->told.workspace))
		return problem_set(&x->problem, PROBLEM_overloaded,
				   "Out of memory. Try again later.");
	return 0;
}

static int read_request(struct errand *e, struct exchange *x)
{
	struct form f;
	int r;

	if (form_open(&f, x) < 0)
		return ERR_FORMAT;
	r = read_form(e, x, &f);
	form_close(&f);
	return r;
}

static void session_open(struct exchange *x, const struct opening *o)
{
	struct errand *e = calloc(1, sizeof *e);

	if (e == NULL) {
		answer_failure(x->conn, PROBLEM_overloaded, "Out of memory. Try again later.");
		return;
	}
	OBJ_INIT(e, ERRAND_MAGIC);
	e->work = (struct work){ .ops = &errand_ops, .due_at = DEADLINE_NEVER };
	e->dropin = x->face->dropin;
	e->opening = o;
	if (read_request(e, x) < 0) {
		errand_free(e);
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	conn_await(x->conn, &e->work);
	errand_begin(e);
}

/* --- answers --- */

static bool is_down(const struct account_view *v)
{
	return strcmp(v->status, "failed") == 0 || strcmp(v->status, "disconnected") == 0;
}

/* The session; answers what there is to say when it is gone or down. */
static bool opened(struct conn *c, const struct account_view *v, struct session *s)
{
	if (v == NULL || !session_of_account(c->face->dropin, v, s)) {
		answer_failure(c, PROBLEM_account_not_found, "Session not found");
		return false;
	}
	if (is_down(v)) {
		struct str why = session_reason(s);

		answer_failure(c, PROBLEM_provider_error, "The session could not be started: %.*s",
			       STR_ARG(why.n > 0 ? why : str_of(v->status)));
		return false;
	}
	return true;
}

static void answer_session(struct conn *c, const struct account_view *v, const char *message)
{
	struct response r = { .status = 200 };
	struct session s;
	struct jw j;

	if (!opened(c, v, &s))
		return;
	if (strcmp(v->status, "connected") == 0)
		message = "Session is connected; no scan is needed";
	j = answer_json(c);
	jw_object(&j, NULL);
	jw_bool(&j, "success", true);
	jw_text(&j, "message", message);
	session_qr_json(&j, "qr_code", &s);
	if (v->qr.n > 0)
		jw_u64(&j, "expires_in", session_code_seconds(v));
	session_id_json(&j, &s);
	jw_text(&j, "status", dropin_status(v->status));
	if (strcmp(v->status, "reconnecting") == 0)
		jw_str(&j, "reason", session_reason(&s)); /* what keeps it */
	jw_object_end(&j);
	answer_send(c, &r);
}

static void answer_created(struct conn *c, const struct wait_order *order,
			   const struct account_view *v)
{
	(void)order;
	answer_session(c, v, "Session created");
}

static void answer_reconnected(struct conn *c, const struct wait_order *order,
			       const struct account_view *v)
{
	(void)order;
	answer_session(c, v, "Session reconnection initiated");
}

static void answer_regenerated(struct conn *c, const struct wait_order *order,
			       const struct account_view *v)
{
	(void)order;
	answer_session(
	    c, v, v != NULL && v->qr.n > 0 ? "QR code regenerated" : "A QR code is on its way");
}

static void answer_restored(struct conn *c, const struct wait_order *order,
			    const struct account_view *v)
{
	(void)order;
	answer_session(c, v, "Session restore initiated");
}

/* --- handlers --- */

void post_sessions(struct exchange *x)
{
	static const struct opening create = { true, COMMAND_CREATE, answer_created };

	session_open(x, &create);
}

void post_session_reconnect(struct exchange *x)
{
	static const struct opening reconnect = { true, COMMAND_RECONNECT, answer_reconnected };

	session_open(x, &reconnect);
}

void post_session_regenerate(struct exchange *x)
{
	static const struct opening regenerate = { true, COMMAND_REGENERATE, answer_regenerated };

	session_open(x, &regenerate);
}

void post_session_restore(struct exchange *x)
{
	static const struct opening restore = { false, COMMAND_CONNECT, answer_restored };

	session_open(x, &restore);
}
