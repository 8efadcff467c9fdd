/*
 * brake.h - many accounts that fail together: what the rest of the engine asks and tells.
 *
 * Part of state.h, and included by nobody else.
 */
#ifndef RELINK_ENGINE_BRAKE_H
#define RELINK_ENGINE_BRAKE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct account;
struct account_event;
struct effects;
struct engine;
struct incident_record;
struct incident_view;
struct instance;
struct member;
struct provider;
struct scope;

void incidents_make(struct provider *);
void incidents_free(struct engine *);
int incident_loaded(struct engine *, const struct incident_record *);
void incidents_begin(struct engine *); /* after loading: now is now */
/* What an open incident does to the next event of this account: enum brake. */
unsigned incident_brake(const struct engine *, const struct member *);
/* A step of an account is done; `was`: as it was before. */
void incident_learns(struct engine *, struct member *, const struct account *was,
		     const struct account_event *, const struct effects *);
/* May somebody of this class start at the instance? */
bool incident_admits(struct engine *, struct instance *, unsigned class);
void incidents_go_on(struct engine *);
void incident_due(struct engine *, struct scope *);
uint64_t incident_of(const struct engine *, const struct member *); /* 0: none */
/* Why it does not start, for people; empty: for no incident. */
struct str incident_waits(const struct engine *, const struct member *, char *text, size_t size);
/* Newest first; `id` 0: all. */
void incidents_each(struct engine *, uint64_t id,
		    void (*each)(void *arg, const struct incident_view *), void *arg);

#endif
