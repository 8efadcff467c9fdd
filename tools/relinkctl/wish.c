/*
 * wish.c - account connect, disconnect, reconnect: what is asked for, and what comes of it.
 *
 * The daemon waits until the account shows a QR code or has come to rest.  A code that is shown is
 * then followed: the account is looked at twice a second until it was scanned.
 */
#include "wish.h"

#include <poll.h>

#include "base/clock.h"
#include "call.h"
#include "code.h"
#include "commands.h"
#include "field.h"
#include "say.h"
#include "view.h"
#include "wait.h"
#include "words.h"

#define WAIT_ON_TERMINAL 30
#define LOOK_MS          500

struct follow {
	struct cli *cli;
	const char *id, *goal; /* the status that is wished */
	struct wait wait;
	struct code code;
	char qr_expires[40]; /* of the code that was fetched last */
};

enum verdict { UNDER_WAY, REACHED, ENDED };

static enum verdict judge(const struct view *v, const char *goal)
{
	struct str status = v->field[VIEW_STATUS];

	if (str_is(status, goal))
		return REACHED;
	if (strcmp(goal, "disconnected") == 0)
		return str_is(status, "new") ? REACHED : UNDER_WAY;
	if (str_is(status, "failed") || (str_is(status, "disconnected") && v->next_at == 0))
		return ENDED;
	return UNDER_WAY;
}

/* Not reached: say how it stands.  Returns the exit code. */
static int end_follow(struct follow *f, const struct view *v, enum verdict verdict)
{
	const char *advice = action_advice(v->field[VIEW_ACTION]);
	struct buf line;

	buf_init(&line, 8192);
	view_line(&line, v);
	if (verdict == ENDED && *advice != '\0')
		buf_printf(&line, ": %s", advice);
	else if (verdict == UNDER_WAY)
		buf_printf(&line, ": not %s yet; the daemon goes on, see relinkctl show %s",
			   f->goal, f->id);
	wait_wipe(&f->wait);
	say_str(&f->cli->term, buf_all(&line));
	buf_fini(&line);
	return verdict == ENDED ? CTL_FAILED : CTL_LATE;
}

/* A person who sees a code needs time to find the phone: wait as long as a code can be had, unless
 * the command line says how long. */
static void wait_for_scan(struct follow *f, const json_t *qr)
{
	uint64_t deadline = field_time(qr, "deadline_at"), now = clock_wall_ms();
	uint64_t until = clock_ms() + (deadline > now ? deadline - now : 0);

	if (f->cli->term.out_tty && !has_option(f->cli, OPTION_WAIT) && until > f->wait.until_ms)
		f->wait.until_ms = until;
}

static int show_new_code(struct follow *f, const json_t *qr)
{
	if (!for_people(f->cli))
		return CTL_OK;
	str_copy(f->qr_expires, sizeof f->qr_expires, field_str(qr, "expires_at"));
	wait_for_scan(f, qr);
	wait_wipe(&f->wait);
	return code_show(f->cli, &f->code, qr, f->id);
}

/* The account mentions a code that is not on the screen: get it.  It may be gone by now, which the
 * next look will show. */
static int fetch_code(struct follow *f, const json_t *account)
{
	const json_t *mention = json_object_get(account, "qr");
	struct answer a = { 0 };
	struct request q;
	struct why why;
	int r = CTL_OK;

	if (!json_is_object(mention) || str_is(field_str(mention, "expires_at"), f->qr_expires))
		return CTL_OK;
	call_account(&q, "GET", f->id, "qr");
	if (http_send(f->cli->http, &q, &a, &why) == 0 && answer_ok(&a))
		r = show_new_code(f, a.json);
	request_fini(&q);
	answer_fini(&a);
	return r;
}

/* Wait a little, then look at the account anew. */
static int look(struct follow *f, struct answer *ret_answer)
{
	uint64_t now = clock_ms();
	uint64_t left = f->wait.until_ms > now ? f->wait.until_ms - now : 0;
	struct request q;
	int r;

	wait_tick(&f->wait);
	poll(NULL, 0, left < LOOK_MS ? (int)left : LOOK_MS);
	call_account(&q, "GET", f->id, NULL);
	r = call_unprinted(f->cli, &q, ret_answer);
	request_fini(&q);
	if (r == CTL_OK && for_people(f->cli))
		r = fetch_code(f, ret_answer->json);
	return r;
}

/* From the daemon's first answer until the goal, the end or the time is reached. */
static int follow(struct follow *f, const struct answer *first)
{
	const json_t *account = json_object_get(first->json, "account");
	const json_t *qr = json_object_get(first->json, "qr");
	struct answer latest = { 0 };
	int r = json_is_object(qr) ? show_new_code(f, qr) : CTL_OK;

	while (r == CTL_OK) {
		struct view v = view_of(account);
		enum verdict verdict = judge(&v, f->goal);
		/* With --json the answer to the wish is the one document. */
		bool over = has_option(f->cli, OPTION_JSON) || clock_ms() >= f->wait.until_ms;

		if (verdict == REACHED) {
			wait_wipe(&f->wait);
			view_print(f->cli, account);
			break;
		}
		if (verdict == ENDED || over) {
			r = end_follow(f, &v, verdict);
			break;
		}
		wait_status(&f->wait, v.field[VIEW_STATUS]);
		answer_fini(&latest);
		r = look(f, &latest);
		account = latest.json;
	}
	wait_wipe(&f->wait);
	answer_fini(&latest);
	code_fini(&f->code);
	return r;
}

static unsigned seconds_of(const struct cli *c)
{
	return wait_seconds(c, c->term.out_tty && for_people(c) ? WAIT_ON_TERMINAL : 0);
}

/* Taken, and not waited for.  Its status is what it was before. */
static void print_taken(const struct cli *c, const json_t *account, const char *goal)
{
	struct view v = view_of(account);

	if (strcmp(goal, "disconnected") != 0 || judge(&v, goal) == REACHED || !for_people(c))
		view_print(c, account);
	else
		tell(&c->term, "%.*s: is being disconnected", STR_ARG(v.field[VIEW_ID]));
}

static int wish(struct cli *c, const char *id, const char *verb, const char *goal)
{
	struct follow f = { .cli = c, .id = id, .goal = goal };
	struct request q;
	struct answer a;
	int r;

	wait_begin(&f.wait, c, id, seconds_of(c));
	call_account(&q, "POST", id, verb);
	r = wait_call(&f.wait, &q, &a);
	request_fini(&q);
	if (r == CTL_OK && f.wait.seconds == 0)
		print_taken(c, json_object_get(a.json, "account"), goal);
	else if (r == CTL_OK)
		r = follow(&f, &a);
	answer_fini(&a);
	return r;
}

int wish_connect_new(struct cli *c, const char *id)
{
	return seconds_of(c) > 0 ? wish(c, id, "connect", "connected") : CTL_OK;
}

int account_connect(struct cli *c)
{
	return wish(c, c->args[0], "connect", "connected");
}

int account_reconnect(struct cli *c)
{
	return wish(c, c->args[0], "reconnect", "connected");
}

int account_disconnect(struct cli *c)
{
	return wish(c, c->args[0], "disconnect", "disconnected");
}
