/* fake.c - the core behind the API's port in tests. */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/obj.h"
#include "policy/account.h"

void fake_open(struct fake *f, unsigned ring)
{
	*f = (struct fake){ .first_seq = 1, .said = "{\"ok\":true}" };
	must(bus_new(&f->bus, ring, 0) == 0);
}

void fake_close(struct fake *f)
{
	struct command *cmd, *next;
	struct fake_read *read, *next_read;

	DL_FOREACH_SAFE(f->inbox, cmd, next)
	{
		DL_DELETE(f->inbox, cmd);
		cmd->reply(cmd->ctx, &(struct command_result){ .code = ERR_CANCELLED });
		command_free(&cmd);
	}
	DL_FOREACH_SAFE(f->reads, read, next_read)
	{
		DL_DELETE(f->reads, read);
		read->each(read->arg, ERR_CANCELLED, NULL);
		free(read);
	}
	bus_free(&f->bus);
	for (size_t i = 0; i < f->n_accounts; i++)
		free(f->accounts[i].metadata);
	free(f->accounts);
	free(f->lines);
}

/* --- accounts --- */

struct fake_account *fake_find(struct fake *f, const char *id)
{
	for (size_t i = 0; i < f->n_accounts; i++) {
		if (!f->accounts[i].deleted && strcmp(f->accounts[i].id, id) == 0)
			return &f->accounts[i];
	}
	return NULL;
}

struct fake_account *fake_add(struct fake *f, const char *id)
{
	struct fake_account *a;

	if (f->n_accounts == f->room) {
		f->room = f->room > 0 ? f->room * 2 : 16;
		f->accounts = realloc(f->accounts, f->room * sizeof *f->accounts);
		must(f->accounts != NULL);
	}
	a = &f->accounts[f->n_accounts];
	*a = (struct fake_account){ .row = ++f->n_accounts };
	snprintf(a->id, sizeof a->id, "%s", id);
	snprintf(a->workspace, sizeof a->workspace, "default");
	snprintf(a->provider, sizeof a->provider, "mock");
	snprintf(a->status, sizeof a->status, "new");
	snprintf(a->priority, sizeof a->priority, "normal");
	return a;
}

static void view_of(const struct fake_account *a, struct account_view *v)
{
	*v = (struct account_view){
		.row = a->row,
		.id = str_of(a->id),
		.workspace = str_of(a->workspace),
		.provider = str_of(a->provider),
		.label = str_of(a->label),
		.metadata = str_of(a->metadata),
		.status = a->status,
		.phase = "up",
		.cause = "none",
		.user_action = "none",
		.priority = a->priority,
		.want_connected = a->want,
		.generation = a->generation,
		.created_at = 1763287200000,
		.since = 1763287200000,
		.qr = str_of(a->qr),
		.qr_expires_at = a->qr[0] != '\0' ? 1763287220000 : 0,
		.qr_deadline_at = a->qr[0] != '\0' ? 1763287500000 : 0,
		.health_since = 1763287200000,
	};
	health_of(&a->health, &v->health);
}

static bool port_account(void *ctx, struct str id, struct account_view *ret_view)
{
	struct fake *f = ctx;
	char text[65];
	const struct fake_account *a;

	if (!str_copy(text, sizeof text, id))
		return false;
	a = fake_find(f, text);
	if (a != NULL)
		view_of(a, ret_view);
	return a != NULL;
}

static bool fits(struct str want, const char *have)
{
	return want.n == 0 || str_is(want, have);
}

static bool fits_filter(const struct account_filter *filter, const struct fake_account *a)
{
	return !a->deleted && fits(filter->workspace, a->workspace) &&
	       fits(filter->provider, a->provider) && fits(filter->status, a->status) &&
	       strncmp(a->label, filter->label_prefix.n > 0 ? filter->label_prefix.p : "",
		       filter->label_prefix.n) == 0 &&
	       (filter->search.n == 0 ||
		memmem(a->label, strlen(a->label), filter->search.p, filter->search.n) != NULL);
}

static uint64_t port_accounts(void *ctx, const struct account_filter *filter,
			      void (*each)(void *, const struct account_view *), void *arg)
{
	struct fake *f = ctx;
	uint32_t n = 0;

	for (size_t i = filter->after_row; i < f->n_accounts; i++) {
		const struct fake_account *a = &f->accounts[i];
		struct account_view v;

		if (!fits_filter(filter, a))
			continue;
		if (n++ == filter->limit)
			return f->accounts[i - 1].row;
		view_of(a, &v);
		each(arg, &v);
	}
	return 0;
}

static void port_instances(void *ctx, void (*each)(void *, const struct instance_view *), void *arg)
{
	struct instance_view v;

	must(fake_instance(ctx, STR("mock-1"), &v));
	each(arg, &v);
}

/* Alerts 3, 2 and 1: of a webhook, of an account of acme, and of a worker. */
static void port_alerts(void *ctx, uint64_t before, bool (*each)(void *, const struct alert_view *),
			void *arg)
{
	const struct alert_view all[] = {
		{ .id = 3,
		  .raised_at = 3000,
		  .kind = "outbox_stuck",
		  .cause = "none",
		  .user_action = "none",
		  .subject = STR("wh_1"),
		  .workspace = STR("other"),
		  .text = STR("it takes nothing") },
		{ .id = 2,
		  .raised_at = 2000,
		  .kind = "needs_person",
		  .cause = "logged_out",
		  .user_action = "scan_qr",
		  .subject = STR("acme-1"),
		  .workspace = STR("acme"),
		  .provider = STR("mock"),
		  .text = STR("it was logged out"),
		  .is_account = true },
		{ .id = 1,
		  .raised_at = 1000,
		  .kind = "worker_quarantined",
		  .cause = "none",
		  .user_action = "none",
		  .subject = STR("0"),
		  .provider = STR("mock"),
		  .text = STR("worker 0 died too often") },
	};

	(void)ctx;
	for (size_t n = 0; n < ARRAY_LEN(all); n++) {
		if ((before == 0 || all[n].id < before) && !each(arg, &all[n]))
			return;
	}
}

static void port_incidents(void *ctx, uint64_t id,
			   void (*each)(void *, const struct incident_view *), void *arg)
{
	const struct incident_view v = { .id = 7,
					 .state = "probing",
					 .provider = STR("mock"),
					 .opened_at = 1000,
					 .changed_at = 2000,
					 .accounts = 40,
					 .causes = STR("{\"logged_out\":40}"),
					 .text = STR("40 accounts failed together") };

	(void)ctx;
	if (id == 0 || id == v.id)
		each(arg, &v);
}

static uint64_t piece_end(const struct fake *f, uint64_t after, uint32_t rows)
{
	return MIN_OF(f->n_accounts, after + (f->piece > 0 ? f->piece : rows));
}

static uint64_t port_find(void *ctx, const struct account_filter *filter, uint32_t rows,
			  void (*each)(void *, uint64_t key, uint64_t row), void *arg)
{
	struct fake *f = ctx;
	uint64_t end = piece_end(f, filter->after_row, rows);

	f->pieces++;
	for (size_t i = filter->after_row; i < end; i++) {
		const struct fake_account *a = &f->accounts[i];

		if (fits_filter(filter, a))
			each(arg, filter->sort == SORT_ID ? 0 : a->key, a->row);
	}
	return end < f->n_accounts ? end : 0;
}

static bool port_account_at(void *ctx, uint64_t row, struct account_view *ret_view)
{
	struct fake *f = ctx;

	if (row == 0 || row > f->n_accounts || f->accounts[row - 1].deleted)
		return false;
	view_of(&f->accounts[row - 1], ret_view);
	return true;
}

static uint64_t port_health(void *ctx, uint64_t after, uint32_t rows, struct health_summary *s)
{
	struct fake *f = ctx;
	uint64_t end = piece_end(f, after, rows);

	f->pieces++;
	for (size_t i = after; i < end; i++) {
		struct account_view v;

		s->accounts++;
		view_of(&f->accounts[i], &v);
		if (!v.health.scored)
			continue;
		s->scored++;
		s->sum += v.health.score;
		s->bands[v.health.band]++;
		if (v.health.score < 100 && s->n_worst < HEALTH_WORST)
			s->worst[s->n_worst++] = (struct account_score){ v.row, v.health.score };
	}
	return end < f->n_accounts ? end : 0;
}

static bool port_ready(void *ctx, struct why *why)
{
	struct fake *f = ctx;

	if (f->broken != NULL)
		why_set(why, ERR_UNAVAILABLE, "%s", f->broken);
	return f->broken == NULL;
}

/* --- journal --- */

static void tell(struct fake *f, const struct fake_account *a, enum journal_kind kind, bool told)
{
	struct fake_line *l;

	if (f->n_lines == f->line_room) {
		f->line_room = f->line_room > 0 ? f->line_room * 2 : 64;
		f->lines = realloc(f->lines, f->line_room * sizeof *f->lines);
		must(f->lines != NULL);
	}
	l = &f->lines[f->n_lines++];
	memset(l, 0, sizeof *l);
	l->record.seq = f->n_lines;
	l->record.at = 1763287200000 + f->n_lines;
	l->record.row = a->row;
	l->record.kind = (uint8_t)kind;
	l->record.tell = told;
	for (unsigned i = 0; i < STATUS_COUNT; i++) {
		if (strcmp(status_name(i), a->status) == 0)
			l->record.status = (uint8_t)i;
	}
	snprintf(l->account, sizeof l->account, "%s", a->id);
	snprintf(l->text, sizeof l->text, "line %zu", f->n_lines);
	l->record.account = str_of(l->account);
	snprintf(l->workspace, sizeof l->workspace, "%s", a->workspace);
	l->record.workspace = str_of(l->workspace);
	l->record.text = str_of(l->text);
	bus_publish(f->bus, &l->record);
}

/* Lines move when the array grows: their strings are set anew. */
static const struct journal_record *line_at(struct fake *f, size_t i)
{
	f->lines[i].record.account = str_of(f->lines[i].account);
	f->lines[i].record.text = str_of(f->lines[i].text);
	f->lines[i].record.workspace = str_of(f->lines[i].workspace);
	f->lines[i].record.data = f->data != NULL ? str_of(f->data) : STR_NONE;
	return &f->lines[i].record;
}

static bool is_asked_for(const struct fake *f, const struct fake_read *r, size_t i)
{
	const struct journal_record *l = &f->lines[i].record;

	return l->seq >= f->first_seq && (r->row == 0 || l->row == r->row) &&
	       (r->before > 0 ? l->seq < r->before : l->seq > r->after);
}

static void read_now(struct fake *f, const struct fake_read *r)
{
	uint32_t n = 0;

	for (size_t i = 0; i < f->n_lines && n < r->limit; i++) {
		size_t at = r->before > 0 ? f->n_lines - 1 - i : i;

		if (is_asked_for(f, r, at)) {
			n++;
			r->each(r->arg, 0, line_at(f, at));
		}
	}
	r->each(r->arg, 0, NULL);
}

static int port_journal(void *ctx, uint64_t row, uint64_t after, uint64_t before, bool told_only,
			uint32_t limit, void (*each)(void *, int, const struct journal_record *),
			void *arg)
{
	struct fake *f = ctx;
	struct fake_read *r;

	must(!told_only);
	f->n_reads++;
	if (f->store_busy)
		return ERR_FULL;
	r = calloc(1, sizeof *r);
	must(r != NULL);
	*r = (struct fake_read){ NULL, NULL, row, after, before, limit, each, arg };
	if (f->at_once) {
		read_now(f, r);
		free(r);
	} else {
		DL_APPEND(f->reads, r);
	}
	return 0;
}

void fake_status(struct fake *f, const char *id, const char *status, const char *qr)
{
	struct fake_account *a = fake_find(f, id);

	must(a != NULL);
	snprintf(a->status, sizeof a->status, "%s", status);
	snprintf(a->qr, sizeof a->qr, "%s", qr);
	tell(f, a, JOURNAL_STATUS, true);
	bus_wake(f->bus);
}

void fake_noise(struct fake *f, unsigned n)
{
	static const struct fake_account nobody = {
		.row = 9999, .id = "nobody", .workspace = "default", .status = "new"
	};

	for (unsigned i = 0; i < n; i++) {
		tell(f, &nobody, JOURNAL_STATUS, true);
		tell(f, &nobody, JOURNAL_STEP, false);
	}
	bus_wake(f->bus);
}

void fake_prune(struct fake *f, uint64_t seq)
{
	f->first_seq = seq;
}

/* --- commands --- */

static void set(char *to, size_t size, const char *from)
{
	if (from != NULL)
		snprintf(to, size, "%s", from);
}

static void take_texts(struct fake_account *a, const struct command *cmd)
{
	set(a->workspace, sizeof a->workspace, cmd->workspace);
	set(a->provider, sizeof a->provider, cmd->provider);
	set(a->label, sizeof a->label, cmd->label);
	if (cmd->metadata != NULL) {
		free(a->metadata);
		a->metadata = str_dup(str_of(cmd->metadata));
	}
	set(a->priority, sizeof a->priority, cmd->priority);
}

static struct command_result refusal(int code, const char *problem, struct str text)
{
	return (struct command_result){ .code = code, .problem = problem, .text = text };
}

static struct command_result create(struct fake *f, const struct command *cmd)
{
	char id[65];
	struct fake_account *a;

	snprintf(id, sizeof id, "acc_%zu", f->n_accounts + 1);
	set(id, sizeof id, cmd->account);
	if (strcmp(cmd->provider, "mock") != 0)
		return refusal(ERR_NOTFOUND, "provider_not_found",
			       STR("There is no such provider in the configuration."));
	if (fake_find(f, id) != NULL)
		return refusal(ERR_EXISTS, "account_exists", STR("This id is taken."));
	must(cmd->workspace != NULL && cmd->priority != NULL && cmd->metadata != NULL);
	a = fake_add(f, id);
	take_texts(a, cmd);
	a->want = cmd->connect;
	tell(f, a, JOURNAL_CREATED, true);
	return (struct command_result){ .account = str_of(a->id), .created = true };
}

static void move(struct fake *f, struct fake_account *a, const char *status)
{
	snprintf(a->status, sizeof a->status, "%s", status);
	a->qr[0] = '\0';
	a->generation++;
	tell(f, a, JOURNAL_STATUS, true);
}

static struct command_result drain(struct fake *f, const struct command *cmd)
{
	if (strcmp(cmd->instance, "mock-1") != 0)
		return refusal(ERR_NOTFOUND, "instance_not_found", STR("There is none."));
	f->drained = cmd->kind == COMMAND_DRAIN;
	return (struct command_result){ .account = str_of("mock-1") };
}

static struct command_result carry_out(struct fake *f, const struct command *cmd)
{
	struct fake_account *a;
	struct command_result r = { .code = 0 };

	if (f->refuse != NULL) {
		r = refusal(ERR_STATE, f->refuse, STR("The test refuses this."));
		r.retry_after_ms = f->retry_after_ms;
		f->refuse = NULL;
		return r;
	}
	if (cmd->kind == COMMAND_CREATE)
		return create(f, cmd);
	if (cmd->kind == COMMAND_WEBHOOK)
		return r;
	if (cmd->kind == COMMAND_KEY_CREATE || cmd->kind == COMMAND_KEY_REVOKE)
		return fake_change_key(f, cmd);
	if (cmd->kind == COMMAND_DRAIN || cmd->kind == COMMAND_RESUME)
		return drain(f, cmd);
	if (fake_is_about_many(cmd, &r))
		return r;
	a = fake_find(f, cmd->account);
	if (a == NULL || (cmd->scope != NULL && strcmp(cmd->scope, a->workspace) != 0))
		return refusal(ERR_NOTFOUND, "account_not_found", STR("There is no such account."));
	r.account = str_of(a->id);
	switch (cmd->kind) {
	case COMMAND_CREATE:
		break;
	case COMMAND_PATCH:
		take_texts(a, cmd);
		tell(f, a, JOURNAL_CHANGED, true);
		break;
	case COMMAND_DELETE:
		tell(f, a, JOURNAL_DELETED, true);
		a->deleted = true;
		break;
	case COMMAND_CONNECT:
	case COMMAND_RECONNECT:
	case COMMAND_REGENERATE:
		a->want = true;
		move(f, a, "connecting");
		break;
	case COMMAND_DISCONNECT:
		a->want = false;
		move(f, a, "disconnected");
		break;
	case COMMAND_WEBHOOK:
	case COMMAND_KEY_CREATE:
	case COMMAND_KEY_REVOKE:
	case COMMAND_DRAIN:
	case COMMAND_RESUME:
	case COMMAND_PAUSE:
	case COMMAND_UNPAUSE:
	case COMMAND_BULK:
	case COMMAND_BULK_CANCEL:
	case COMMAND_LINK_CREATE ... COMMAND_ENDPOINT_DISABLE:
		break;
	case COMMAND_CHECK:
	case COMMAND_SEND:
	case COMMAND_VERB:
		r.body = str_of(f->said);
		break;
	}
	return r;
}

/* What the engine remembers of an Idempotency-Key; false: carry it out. */
static bool is_known(struct fake *f, const struct command *cmd, struct command_result *ret_result)
{
	for (unsigned i = 0; i < f->n_remembered && cmd->idem_key != NULL; i++) {
		if (strcmp(f->remembered[i].key, cmd->idem_key) != 0)
			continue;
		if (memcmp(f->remembered[i].hash, cmd->idem_hash, 32) != 0)
			*ret_result = refusal(ERR_EXISTS, "idempotency_key_reused",
					      STR("This key came with another request."));
		else
			*ret_result =
			    (struct command_result){ .account = str_of(f->remembered[i].account),
						     .replayed = true };
		return true;
	}
	return false;
}

static void remember(struct fake *f, const struct command *cmd, const struct command_result *r)
{
	if (cmd->idem_key == NULL || r->code < 0 || f->n_remembered == ARRAY_LEN(f->remembered))
		return;
	snprintf(f->remembered[f->n_remembered].key, sizeof f->remembered[0].key, "%s",
		 cmd->idem_key);
	str_copy(f->remembered[f->n_remembered].account, 65, r->account);
	memcpy(f->remembered[f->n_remembered].hash, cmd->idem_hash, 32);
	f->n_remembered++;
}

static void answer(struct fake *f, struct command *cmd)
{
	struct command_result result;
	char account[65];

	if (!is_known(f, cmd, &result)) {
		result = carry_out(f, cmd);
		remember(f, cmd, &result);
	}
	str_copy(account, sizeof account, result.account); /* a reply may add accounts */
	result.account = str_of(account);
	cmd->reply(cmd->ctx, &result);
	command_free(&cmd);
}

static void note_headers(struct fake *f, const struct command *cmd)
{
	size_t n = 0, size = sizeof f->last_headers;

	f->last_headers[0] = '\0';
	for (size_t i = 0; i < cmd->n_headers && n < size; i++)
		n += (size_t)snprintf(f->last_headers + n, size - n, "%s=%s;", cmd->headers[i].name,
				      cmd->headers[i].value);
}

static int port_submit(void *ctx, struct command **command)
{
	struct fake *f = ctx;
	struct command *cmd = TAKE(*command);

	if (f->full) {
		command_free(&cmd);
		return ERR_FULL;
	}
	f->n_commands++;
	f->last_kind = cmd->kind;
	f->last_force = cmd->force;
	f->last_connect = cmd->connect;
	f->last_idem_status = cmd->idem_status;
	set(f->last_verb, sizeof f->last_verb, cmd->verb);
	f->last_args_bytes = cmd->args != NULL ? strlen(cmd->args) : 0;
	set(f->last_recipient, sizeof f->last_recipient, cmd->recipient);
	snprintf(f->last_args, sizeof f->last_args, "%s", cmd->args != NULL ? cmd->args : "(none)");
	snprintf(f->last_provider, sizeof f->last_provider, "%s",
		 cmd->provider != NULL ? cmd->provider : "");
	snprintf(f->last_instance, sizeof f->last_instance, "%s",
		 cmd->instance != NULL ? cmd->instance : "");
	note_headers(f, cmd);
	if (f->at_once)
		answer(f, cmd);
	else
		DL_APPEND(f->inbox, cmd);
	return 0;
}

void fake_turn(struct fake *f)
{
	struct command *cmd;
	struct fake_read *read;

	while (!f->hold && (cmd = f->inbox) != NULL) {
		DL_DELETE(f->inbox, cmd);
		answer(f, cmd);
	}
	while (!f->hold_reads && (read = f->reads) != NULL) {
		DL_DELETE(f->reads, read);
		read_now(f, read);
		free(read);
	}
	bus_wake(f->bus);
}

/* Links are tests/e2e/qr's business: here are none. */
static bool port_qr_link(void *ctx, const uint8_t digest[32], struct qr_link_view *ret_view)
{
	(void)ctx;
	(void)digest;
	(void)ret_view;
	return false;
}

struct api_port fake_port(struct fake *f)
{
	return (struct api_port){
		.ctx = f,
		.account = port_account,
		.accounts = port_accounts,
		.find = port_find,
		.account_at = port_account_at,
		.health = port_health,
		.totals = fake_totals,
		.workers = fake_workers,
		.key = fake_port_key,
		.keys = fake_port_keys,
		.key_used = fake_port_key_used,
		.qr_link = port_qr_link,
		.endpoint = fake_endpoint,
		.endpoints = fake_endpoints,
		.instance = fake_instance,
		.instances = port_instances,
		.alerts = port_alerts,
		.incidents = port_incidents,
		.pauses = fake_pauses,
		.bulk = fake_bulk,
		.bulk_count = fake_bulk_count,
		.webhook = fake_webhook,
		.attempts = fake_attempts,
		.deaths = fake_deaths,
		.policies = fake_policies,
		.submit = port_submit,
		.journal = port_journal,
		.ready = port_ready,
	};
}
