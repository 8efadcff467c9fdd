/* meter.c - see meter.h. */
#include "engine/meter.h"

#include "engine/state.h"

_Static_assert(METER_OPS == OP_KINDS, "each kind of operation is counted apart");
_Static_assert(STATUS_COUNT < UINT8_MAX, "a status and one more fit into a byte");

static struct provider *provider_of(const struct member *m)
{
	return m->instance != NULL ? m->instance->provider : m->home;
}

static uint64_t *count_of(struct engine *e, const struct member *m, unsigned status)
{
	struct provider *p = provider_of(m);

	return p != NULL ? &p->meter.status[status] : &e->meter.homeless[status];
}

void meter_forget(struct engine *e, struct member *m)
{
	if (m->meter.status > 0)
		--*count_of(e, m, m->meter.status - 1u);
	m->meter.status = 0;
}

/* Of a life that began before this process we know what its state tells. */
static void judge_life(struct member *m)
{
	const struct account *a = &m->a;

	m->meter.up = a->state == ST_UP || (a->state == ST_AUTH && a->was_up);
	m->meter.started = m->meter.up || a->state == ST_QR;
}

void meter_place(struct engine *e, struct member *m)
{
	unsigned as = member_is_deleted(m) ? 0 : m->a.status + 1u;

	if (m->meter.status == as)
		return;
	if (m->meter.status == 0)
		judge_life(m);
	meter_forget(e, m);
	if (as > 0)
		++*count_of(e, m, as - 1);
	m->meter.status = (uint8_t)as;
}

struct meter_before meter_before(const struct member *m)
{
	return (struct meter_before){ .since = m->a.since, .state = m->a.state };
}

static uint64_t ms_since(const struct engine *e, uint64_t then)
{
	return e->now > then ? e->now - then : 0;
}

static void ended(struct provider_meter *p, const struct member *m)
{
	unsigned cause = m->a.cause < RELINK_CAUSE_COUNT ? m->a.cause : RELINK_UNKNOWN;

	if (m->meter.up)
		p->session_ends[cause]++;
	else
		p->ended[cause]++;
}

static void began(struct engine *e, struct provider_meter *p, struct member *m,
		  const struct meter_before *before, bool resume)
{
	if (before->state == ST_QUEUED)
		histogram_add(&p->wait_ms[m->queue_line / 2], &steps_state_ms,
			      ms_since(e, before->since));
	if (resume)
		p->resumed++;
	else
		p->fresh++;
	m->meter.started = m->meter.up = false;
}

static void got_on(struct engine *e, struct provider_meter *p, struct member *m)
{
	bool up = m->a.state == ST_UP;

	if (!up && m->a.state != ST_QR)
		return;
	if (!m->meter.started)
		histogram_add(up ? &p->connected_ms : &p->qr_ms, &steps_call_ms,
			      ms_since(e, m->a.minted_at));
	m->meter.started = true;
	if (up && !m->meter.up) {
		p->connected++;
		m->meter.up = true;
	}
}

void meter_step(struct engine *e, struct member *m, const struct meter_before *before,
		const struct effects *fx)
{
	struct provider *p = provider_of(m);

	if (before->state != m->a.state)
		histogram_add(&e->meter.state_ms[before->state], &steps_state_ms,
			      ms_since(e, before->since));
	if (p == NULL)
		return;
	if (fx->abandon)
		ended(&p->meter, m);
	if (fx->mint)
		began(e, &p->meter, m, before, fx->resume);
	if (m->a.open)
		got_on(e, &p->meter, m);
}

static enum op_outcome outcome_of(const struct op *op, int result)
{
	if (result == 0)
		return OUTCOME_OK;
	if (!op->sent)
		return OUTCOME_UNSENT;
	if (result == ERR_TIMEOUT)
		return OUTCOME_TIMEOUT;
	return result == ERR_CANCELLED ? OUTCOME_LOST : OUTCOME_REFUSED;
}

void meter_op(struct engine *e, const struct op *op, const struct inbox_reply *r)
{
	struct provider_meter *p = &op->instance->provider->meter;
	enum op_outcome outcome = outcome_of(op, r->result);

	p->ops[op->kind][outcome]++;
	if (outcome != OUTCOME_UNSENT && outcome != OUTCOME_LOST)
		histogram_add(&p->op_ms[op->kind], &steps_call_ms, ms_since(e, op->asked_at));
}
