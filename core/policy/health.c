/* health.c - from facts to score, band and confidence.  Pure. */
#include "policy/health.h"

#include "policy/journal.h"

#define CONFIDENCE_UNREACHABLE 50
#define CONFIDENCE_UNSURE      30
#define CONFIDENCE_OLD         20

static const struct {
	const char *name, *text;
	int8_t points;
} components[HEALTH_COMPONENT_COUNT] = {
#define C(id, name, points, text) [HEALTH_##id] = { name, text, points },
	HEALTH_COMPONENTS(C)
#undef C
};

static const struct {
	const char *name;
	uint8_t from;
} bands[HEALTH_BAND_COUNT] = {
#define B(id, name, from) [HEALTH_##id] = { name, from },
	HEALTH_BANDS(B)
#undef B
};

static int add(struct health *h, enum health_component component, int points)
{
	h->components[h->n].component = (uint8_t)component;
	h->components[h->n].points = (int8_t)points;
	h->n++;
	return points;
}

static int add_if(struct health *h, bool applies, enum health_component component)
{
	return applies ? add(h, component, components[component].points) : 0;
}

void health_of(const struct health_facts *f, struct health *ret_health)
{
	struct health h = { .scored = f->wanted && !f->person };
	int score = 100, confidence = 100;

	if (!h.scored) {
		*ret_health = h;
		return;
	}
	score += add_if(&h, f->not_found, HEALTH_NOT_FOUND);
	score += add_if(&h, !f->connected, HEALTH_NOT_CONNECTED);
	score += add_if(&h, f->failed_sends >= HEALTH_SENDS_MANY, HEALTH_FAILED_SENDS);
	score += add_if(&h, f->differs, HEALTH_DIFFERS);
	score += add_if(&h, f->crashed, HEALTH_CRASHED);
	if (f->idle && f->idle_points > 0)
		score += add(&h, HEALTH_IDLE, f->idle_points <= 100 ? -f->idle_points : -100);
	confidence +=
	    f->unreachable ? add_if(&h, true, HEALTH_UNREACHABLE) - CONFIDENCE_UNREACHABLE : 0;
	confidence += f->unsure ? add_if(&h, true, HEALTH_UNSURE) - CONFIDENCE_UNSURE : 0;
	confidence += f->old_news ? add_if(&h, true, HEALTH_OLD_NEWS) - CONFIDENCE_OLD : 0;
	h.score = (uint8_t)(score > 0 ? score : 0);
	h.confidence = (uint8_t)(confidence > 0 ? confidence : 0);
	while (h.score < bands[h.band].from)
		h.band++;
	*ret_health = h;
}

bool health_is_sick(bool was, const struct health_facts *f, const struct health *h)
{
	if (!h->scored || f->unreachable)
		return was;
	return h->score < HEALTH_SICK_BELOW || (was && h->score < HEALTH_WELL_FROM);
}

bool health_awaits(const struct account *a)
{
	return a->open && (a->suspect != RELINK_NONE || a->absent_since != 0);
}

/* A line holds the state after it, and why; what was only suspected left no line. */
bool health_of_line(const struct journal_record *line, struct health *ret_health)
{
	struct account a = { .want =
				 line->status != STATUS_NEW && line->status != STATUS_DISCONNECTED,
			     .state = line->to,
			     .cause = line->cause,
			     .action = line->action };
	struct health_facts f = health_facts_of(&a);

	health_of(&f, ret_health);
	return line->kind == JOURNAL_STEP || line->kind == JOURNAL_STATUS ||
	       line->kind == JOURNAL_CREATED;
}

bool health_is_engine(unsigned cause)
{
	return cause == RELINK_ENGINE_CRASH || cause == RELINK_ENGINE_HANG;
}

bool health_counts_send(unsigned cause)
{
	return health_is_engine(cause) || cause == RELINK_GONE || cause == RELINK_UNKNOWN ||
	       cause == RELINK_INTERNAL;
}

/* The account's cause stands until it is connected again, so crash evidence dies with that.  A
 * suspicion is one piece of evidence: the provider says otherwise than we. */
struct health_facts health_facts_of(const struct account *a)
{
	bool up = a->state == ST_UP;
	bool suspected = a->open && a->suspect != RELINK_NONE;
	bool absent = a->open && a->absent_since != 0;

	return (struct health_facts){
		.wanted = a->want != 0,
		.person = a->state == ST_QR || a->state == ST_PARKED ||
			  (a->state != ST_UP && a->action == ACTION_SCAN_QR),
		.connected = up,
		.not_found = absent || (suspected && a->suspect == RELINK_GONE) ||
			     (!up && a->cause == RELINK_GONE),
		.differs = suspected && a->suspect != RELINK_GONE,
		.crashed = (suspected && health_is_engine(a->suspect)) ||
			   (!up && health_is_engine(a->cause)),
		.unsure = a->open && !a->sure,
	};
}

const char *health_component_name(unsigned component)
{
	return component < HEALTH_COMPONENT_COUNT ? components[component].name : "?";
}

const char *health_component_text(unsigned component)
{
	return component < HEALTH_COMPONENT_COUNT ? components[component].text : "?";
}

const char *health_band_name(unsigned band)
{
	return band < HEALTH_BAND_COUNT ? bands[band].name : "?";
}
