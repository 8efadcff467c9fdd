/*
 * incident.h - inside incidents: marks of accounts that failed, and what is kept and told.
 *
 * Only incidents.c, incident_marks.c and incident_views.c include this.
 */
#ifndef RELINK_ENGINE_INCIDENT_H
#define RELINK_ENGINE_INCIDENT_H
#include "engine/state.h"

struct fault_mark {
	uint64_t row, at, life;
	struct account_before before;
	bool ended; /* it cost something; else there only is a sign that the session is down */
	bool start; /* what failed was a start */
	struct fault_mark *prev, *next; /* oldest first */
	UT_hash_handle hh;
};

/* One that is shown. */
struct kept_incident {
	struct incident_record r; /* its texts: in `texts` */
	char *texts;
	struct kept_incident *prev, *next; /* oldest first */
};

static inline bool scope_is_calm(const struct scope *s)
{
	return s->i.state == INCIDENT_CALM;
}

/* The incident that this instance is in; calm: none. */
static inline struct scope *scope_of(struct instance *i)
{
	return scope_is_calm(&i->scope) ? &i->provider->scope : &i->scope;
}

static inline bool scope_holds(const struct scope *s, const struct instance *i)
{
	return s->provider == i->provider && (s->instance == NULL || s->instance == i);
}

/* incident_marks.c */
void mark_drop(struct instance *, struct fault_mark *);
void marks_free(struct instance *);
/* Forget those that are older than the window. */
void marks_prune(struct engine *, struct instance *);
struct fault_mark *mark_of(const struct instance *, uint64_t row); /* NULL: none */
/* The account, which was so before, fails; NULL: no memory. */
struct fault_mark *mark_bad(struct engine *, const struct member *, const struct account *was);
/* A start came up; how many did, lately. */
void tally_add(struct engine *, struct instance *);
uint64_t good_starts(const struct engine *, const struct instance *);

/* incident_views.c */
unsigned scope_main_cause(const struct scope *);
void scope_count_accounts(struct scope *);
int incident_keep(struct engine *, const struct incident_record *);
/* Remember it as it is now; `tell`: subscribers hear of it. */
void incident_write_down(struct engine *, struct scope *, bool tell);
void incident_log(const struct scope *);

#endif
