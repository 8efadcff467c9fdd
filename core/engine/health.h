/*
 * health.h - how well accounts are: what the rest of the engine asks and tells.
 *
 * Part of state.h, and included by nobody else.
 */
#ifndef RELINK_ENGINE_HEALTH_H
#define RELINK_ENGINE_HEALTH_H
#include <stdbool.h>
#include <stdint.h>

struct engine;
struct health;
struct instance;
struct member;
struct stages;

/* health.c */
/* A message failed that was asked for at `asked_at`, for a cause of the plugin's. */
void health_send_failed(struct engine *, struct member *, uint64_t asked_at, unsigned cause);
/* One came or went. */
void health_message(struct engine *, struct member *);
/* Is it unhealthy now, or healthy again?  Then say so, once. */
void health_judge(struct engine *, struct member *);
/* Ask the store for failed messages of before we started. */
void health_recall(struct engine *);
void health_of_member(const struct engine *, const struct member *, struct health *ret_health,
		      uint64_t *ret_since);

/* Failed messages within the hour, at most HEALTH_SENDS_MANY. */
unsigned health_failures(const struct engine *, const struct member *, uint64_t *ret_newest);

/* stages.c */
void stages_of_member(const struct engine *, const struct member *, struct stages *ret_stages);
/* A complete list was read: ask one session by itself, if it is time. */
void health_round(struct engine *, struct instance *);
/* The session of this life answered. */
void health_checked(struct engine *, struct member *, uint64_t generation, bool bad);

#endif
