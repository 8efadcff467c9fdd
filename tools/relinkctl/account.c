/*
 * account.c - accounts: make, list, show, change, delete, ask about one, its timeline.
 *
 * What waits for an outcome (connect, reconnect, qr) is in wish.c.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "body.h"
#include "call.h"
#include "commands.h"
#include "event.h"
#include "field.h"
#include "pages.h"
#include "record.h"
#include "say.h"
#include "text.h"
#include "view.h"
#include "wish.h"

#define LIST_ROWS     100
#define TIMELINE_ROWS 50

int account_add(struct cli *c)
{
	const uint64_t members = OPT(PROVIDER) | OPT(WORKSPACE) | OPT(LABEL) | OPT(METADATA) |
				 OPT(PRIORITY) | OPT(CONNECT);
	struct request q;
	struct answer a;
	char *id = NULL;
	int r;

	request_init(&q, "POST", "/v1/accounts");
	body_of_options(&q.body, &c->options, members, c->n_args > 0 ? c->args[0] : NULL);
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK) {
		view_print(c, a.json);
		id = str_dup(field_str(a.json, "id"));
	}
	answer_fini(&a);
	if (r == CTL_OK && has_option(c, OPTION_CONNECT))
		r = wish_connect_new(c, id != NULL ? id : "");
	free(id);
	return r;
}

int account_show(struct cli *c)
{
	struct request q;
	struct answer a;
	int r;

	call_account(&q, "GET", c->args[0], NULL);
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK && has_option(c, OPTION_QUIET))
		view_print(c, a.json);
	else if (r == CTL_OK && for_people(c))
		record_print(&c->term, a.json);
	answer_fini(&a);
	return r;
}

int account_set(struct cli *c)
{
	const uint64_t members = OPT(LABEL) | OPT(METADATA) | OPT(PRIORITY);
	struct request q;
	struct answer a;
	int r;

	if ((c->options.given & members) == 0) {
		say(&c->term,
		    "account set: give at least one of --label, --metadata and --priority");
		return CTL_USAGE;
	}
	call_account(&q, "PATCH", c->args[0], NULL);
	body_of_options(&q.body, &c->options, members, NULL);
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK)
		view_print(c, a.json);
	answer_fini(&a);
	return r;
}

/* Ask a person; without one, --yes must have been given. */
static int confirm_delete(struct cli *c, const char *id)
{
	if (has_option(c, OPTION_YES))
		return CTL_OK;
	if (!c->term.in_tty || !c->term.err_tty) {
		say(&c->term, "account delete: nobody can be asked here; add --yes to delete it");
		return CTL_USAGE;
	}
	if (ask(&c->term,
		"Delete account \"%s\"? Its session is ended and its login forgotten. [y/N] ", id))
		return CTL_OK;
	say(&c->term, "nothing was deleted");
	return CTL_FAILED;
}

int account_delete(struct cli *c)
{
	const char *id = c->args[0];
	int r = confirm_delete(c, id);
	struct request q;
	struct answer a;

	if (r != CTL_OK)
		return r;
	call_account(&q, "DELETE", id, NULL);
	r = call(c, &q, &a);
	request_fini(&q);
	answer_fini(&a);
	if (r == CTL_OK && !has_option(c, OPTION_JSON))
		tell(&c->term, has_option(c, OPTION_QUIET) ? "%s" : "%s: deleted", id);
	return r;
}

int account_check(struct cli *c)
{
	struct request q;
	struct answer a;
	int r;

	call_account(&q, "POST", c->args[0], "check");
	q.patience_s = PATIENCE_S;
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK && for_people(c))
		record_print(&c->term, a.json);
	answer_fini(&a);
	return r;
}

/* What a verb answers is the plugin's affair: shown as JSON, indented. */
static void print_result(struct cli *c, const json_t *result)
{
	char *json = json_dumps(result, JSON_ENCODE_ANY | JSON_INDENT(2));
	struct buf b;

	buf_init(&b, 4u << 20);
	text_add_lines(&b, str_of(json != NULL ? json : "null"), c->term.utf8);
	printf("%.*s\n", STR_ARG(buf_all(&b)));
	buf_fini(&b);
	free(json);
}

int account_verb(struct cli *c)
{
	const char *arguments = c->n_args > 2 ? c->args[2] : "{}";
	struct request q;
	struct answer a;
	struct why why;
	int r;

	if (options_check_object(arguments, &why) < 0) {
		say(&c->term, "%s", why.text);
		return CTL_USAGE;
	}
	call_account(&q, "POST", c->args[0], "verbs");
	request_part(&q, c->args[1]);
	q.patience_s = PATIENCE_S;
	buf_text(&q.body, arguments);
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK && for_people(c))
		print_result(c, json_object_get(a.json, "result"));
	answer_fini(&a);
	return r;
}

/* --- lists --- */

struct listing {
	struct table table;
	uint64_t shown;
};

static void on_accounts(struct cli *c, const json_t *accounts, void *ctx)
{
	struct listing *l = ctx;
	const json_t *account;
	size_t i;

	l->shown += json_array_size(accounts);
	if (has_option(c, OPTION_JSON))
		return;
	json_array_foreach(accounts, i, account)
	{
		struct view v = view_of(account);

		if (has_option(c, OPTION_QUIET))
			tell_str(&c->term, v.field[VIEW_ID]);
		else
			view_row(&l->table, &v);
	}
	if (for_people(c) && json_array_size(accounts) > 0)
		table_print(&l->table, stdout);
	fflush(stdout);
}

int account_list(struct cli *c)
{
	struct listing l = { 0 };
	struct paging p = {
		PAGES_OF_ACCOUNTS,
		.call = call_unprinted,
		.document = true,
		.limit = has_option(c, OPTION_ALL) ? UINT64_MAX
						   : option_number(c, OPTION_LIMIT, LIST_ROWS),
		.page = on_accounts,
		.ctx = &l,
	};
	bool more;
	int r;

	table_init(&l.table, view_columns, VIEW_COLUMNS, &c->term);
	r = pages_walk(c, &p, &more);
	table_fini(&l.table);
	if (r == CTL_OK && for_people(c) && l.shown == 0)
		say(&c->term, "no accounts");
	else if (r == CTL_OK && !has_option(c, OPTION_JSON) && more)
		say(&c->term, "these are the first %" PRIu64 "; see more with --limit N or --all",
		    l.shown);
	return r;
}

static void begin_timeline(const struct cli *c, struct request *q)
{
	call_account(q, "GET", c->args[0], "timeline");
}

static void on_entries(struct cli *c, const json_t *entries, void *ctx)
{
	struct listing *l = ctx;
	const json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		if (for_people(c))
			event_row(&l->table, entry);
		else if (!has_option(c, OPTION_JSON))
			tell(&c->term, "%" PRIu64, field_u64(entry, "seq"));
	}
	if (for_people(c))
		table_print(&l->table, stdout);
}

int account_timeline(struct cli *c)
{
	struct listing l = { 0 };
	struct paging p = {
		.begin = begin_timeline,
		.call = call_unprinted,
		.document = true,
		.rows = "entries",
		.next = "next_before",
		.place = "before",
		.limit = option_number(c, OPTION_LIMIT, TIMELINE_ROWS),
		.page = on_entries,
		.ctx = &l,
	};
	bool more;
	int r;

	table_init(&l.table, event_columns, EVENT_COLUMNS, &c->term);
	r = pages_walk(c, &p, &more);
	table_fini(&l.table);
	return r;
}
