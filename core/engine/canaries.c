/*
 * canaries.c - instances on trial: what happens at each is counted, and a trial that fails is halted.
 *
 * A halted instance takes no new accounts until an operator resumes it; those that are there stay, since
 * that is where their logins lie.  What was counted is forgotten by a restart, that it was halted is not.
 */
#include <stdio.h>

#include "base/json.h"
#include "engine/state.h"

void instance_keep(struct engine *e, const struct instance *i)
{
	const struct instance_record r = { .id = str_of(i->conf->id),
					   .drained_at = i->drained_at,
					   .halted_at = i->halted_at,
					   .halted_why = str_of(i->halted_why) };

	commit_instance(batch_commit(e), &r);
}

bool canary_takes_one(const struct instance *i)
{
	const struct provider *p = i->provider;
	uint64_t all = p->n_homeless;

	if (i->halted_at != 0)
		return false;
	if (i->conf->canary == 0)
		return true;
	for (size_t n = 0; n < p->n_instances; n++)
		all += p->instances[n].accounts;
	return canary_has_room(i->accounts, all, i->conf->canary);
}

static void tell(struct engine *e, const struct instance *i)
{
	struct journal_record line = { .kind = JOURNAL_HALTED,
				       .tell = true,
				       .text = str_of(i->halted_why) };
	struct buf data;
	struct jw j;

	buf_init(&data, 512);
	j = jw_to(&data);
	jw_object(&j, NULL);
	jw_text(&j, "instance", i->conf->id);
	jw_object_end(&j);
	line.data = buf_all(&data);
	batch_journal(e, &line);
	buf_fini(&data);
	LOG(ERROR, ENGINE, "instance.halted", f_text("instance", i->conf->id),
	    f_text("why", i->halted_why),
	    f_text("do", "it takes no new accounts; see to it, then resume it"));
}

static void halt(struct engine *e, struct instance *i, const struct canary_count *mine,
		 const struct canary_count *others)
{
	const unsigned long long bad = mine->bad, all = mine->good + mine->bad,
				 their_bad = others->bad, their_all = others->good + others->bad;
	char text[LIMIT_REASON];

	snprintf(
	    text, sizeof text,
	    "%llu of %llu starts and sessions failed there, %llu of %llu at the other instances",
	    bad, all, their_bad, their_all);
	must(member_set(&i->halted_why, str_of(text)));
	i->halted_at = e->now;
	instance_keep(e, i);
	tell(e, i);
}

static void judge(struct engine *e, struct instance *i)
{
	const struct provider *p = i->provider;
	struct canary_count mine = canary_counted(&i->tally, e->now), others = { 0 };

	for (size_t n = 0; n < p->n_instances; n++) {
		struct canary_count c = canary_counted(&p->instances[n].tally, e->now);

		if (&p->instances[n] == i || p->instances[n].conf->canary > 0)
			continue;
		others.good += c.good;
		others.bad += c.bad;
	}
	if (canary_fails(&mine, &others))
		halt(e, i, &mine, &others);
}

void canary_saw(struct engine *e, struct instance *i, const struct account *a, unsigned event,
		const struct effects *fx)
{
	bool up = fx->from == ST_STARTING &&
		  (a->state == ST_QR || a->state == ST_AUTH || a->state == ST_UP);
	bool down =
	    fx->abandon && event >= EV_TIMER && event <= EV_ABSENT && canary_blames(a->cause);

	if (i == NULL || (!up && !down))
		return;
	canary_note(&i->tally, e->now, up);
	if (down && i->conf->canary > 0 && i->halted_at == 0)
		judge(e, i);
}

void canary_resume(struct engine *e, struct instance *i)
{
	if (i->halted_at == 0)
		return;
	i->halted_at = 0;
	member_set(&i->halted_why, STR_NONE);
	i->tally = (struct canary_tally){ 0 };
	instance_keep(e, i);
	LOG(WARN, ENGINE, "instance.trial_resumed", f_text("instance", i->conf->id));
}
