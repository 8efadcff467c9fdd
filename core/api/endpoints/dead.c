/*
 * dead.c - dead letters: counted, and sent again when somebody asks for it.
 *
 * A pass goes through them one after the other, the oldest first.  One that is taken is forgotten; the first
 * that is not taken ends the pass, and it and the rest stay.  So does a crash.
 */
#include "api/endpoints/endpoint.h"
#include "base/clock.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/obj.h"

/* --- the count --- */

static void on_count(void *arg, int result, uint64_t n)
{
	struct endpoint *p = arg;

	p->counting = false;
	if (result == 0)
		p->n_dead = n;
	if (TAKE(p->count_again))
		dead_count(p);
}

void dead_count(struct endpoint *p)
{
	if (p->counting) {
		p->count_again = true;
		return;
	}
	p->counting = p->count.count_dead(p->count.ctx, str_of(p->id), on_count, p) == 0;
}

/* --- the pass --- */

static void next_letter(struct endpoint *p);

static void end_pass(struct endpoint *p, const char *why)
{
	LOG(INFO, API, "webhook.resent", f_text("webhook", p->id), f_text("why_it_ended", why));
	dead_stop(p);
	dead_count(p);
}

static void on_forgotten(void *arg)
{
	struct endpoint *p = arg;

	KP("api.dead.forgotten");
	dead_count(p);
	next_letter(p);
}

static void forget(struct endpoint *p)
{
	if (p->pass.forget_dead(p->pass.ctx, str_of(p->id), p->pass_seq, on_forgotten, p) < 0)
		end_pass(p, "the store is busy; ask again");
}

static void on_answer(void *arg, const struct outbox_answer *a)
{
	struct endpoint *p = arg;
	char why[FORWARD_WHY_MAX];

	letter_verdict(a, why);
	endpoint_learned(p, a, why, clock_ms() - p->pass_since);
	KP("api.dead.answered");
	if (why[0] == '\0')
		forget(p);
	else
		end_pass(p, why);
}

static void on_letter(void *arg, int result, const struct outbox_dead *dead)
{
	struct endpoint *p = arg;
	struct letter letter;
	int r;

	if (dead == NULL) {
		if (!p->posted || result < 0)
			end_pass(p, result < 0 ? "they cannot be read" : "all were taken");
		return;
	}
	p->posted = true;
	p->pass_seq = dead->line->seq;
	p->pass_since = clock_ms();
	letter_init(&letter, STR_NONE);
	r = endpoint_write(p, dead->line, &letter);
	if (r == 0)
		r = letter_post(&letter, &p->pass, p->set->o.total_ms, true, on_answer, p);
	letter_fini(&letter);
	if (r == 1)
		forget(p); /* there is nothing to tell any more */
	else if (r < 0)
		p->posted = false; /* the end of the answer ends the pass */
}

static void next_letter(struct endpoint *p)
{
	p->posted = false;
	if (p->pass.dead(p->pass.ctx, str_of(p->id), p->pass_seq, 1, on_letter, p) < 0)
		end_pass(p, "the store is busy; ask again");
}

int dead_pass(struct endpoint *p)
{
	struct endpoints *set = p->set;

	if (p->passing || p->receiver == NULL)
		return ERR_STATE;
	if (set->office->open(set->office->ctx, &p->pass) < 0)
		return ERR_NOMEM;
	p->passing = true;
	p->pass_seq = 0;
	next_letter(p);
	return 0;
}

void dead_stop(struct endpoint *p)
{
	if (!p->passing)
		return;
	p->passing = false;
	p->pass.close(p->pass.ctx);
}
