/*
 * engine.h - the one place where things are decided and set in motion.
 *
 * Everything that happens (a command, a reply, an event, a death) is posted to the inbox; a turn takes
 * it through the policy and lets the effects out in a fixed order: remember (store), act (worker),
 * tell (bus, answers).  Nothing is sent to a provider before the intent is durable; nothing is told
 * that was not stored.
 *
 * The engine knows no libuv: app drives it with engine_turn and engine_next, and the simulator does
 * the same in virtual time with a fake store and fake workers behind the same headers.
 *
 * Everything runs on one thread.
 */
#ifndef RELINK_ENGINE_ENGINE_H
#define RELINK_ENGINE_ENGINE_H
#include <stdbool.h>
#include <stdint.h>

#include "api/port.h"
#include "base/err.h"

struct bus;
struct conf;
struct engine;
struct metrics;
struct pool;
struct pool_port;
struct recorder;
struct services;
struct services_port;
struct store;
struct store_port;

/* `conf` and `store` are kept.  Accounts are loaded from the store here; `why` says what does not
 * fit (an account whose provider is not configured is loaded and left alone, not refused). */
int engine_new(struct engine **ret_engine, const struct conf *conf, struct store *store,
	       struct why *why);
/* The newest line of the journal; the bus goes on from there. */
uint64_t engine_last_seq(const struct engine *);
/* How many worker slots the configuration needs: its workers, and a quarantine for each provider. */
unsigned engine_slots(const struct conf *conf);
/* The pool is made with this port; then engine_start wants its workers.  Both are kept. */
struct pool_port engine_pool_port(struct engine *);
struct store_port engine_store_port(struct engine *);
struct api_port engine_api_port(struct engine *);
void engine_start(struct engine *, struct pool *pool, struct bus *bus);
/* How many processes of instances the configuration needs; their port; and, before engine_start, who
 * carries that out.  Kept until engine_free. */
unsigned engine_services(const struct conf *conf);
struct services_port engine_services_port(struct engine *);
void engine_use_services(struct engine *, struct services *services);

/* Called each time that something was posted, also during a turn: app arranges for a turn soon. */
void engine_on_post(struct engine *, void (*fn)(void *ctx), void *ctx);
/* Called when the store is lost for good; the process must end. */
void engine_on_fatal(struct engine *, void (*fn)(void *ctx, const struct why *), void *ctx);

/* From now on every step of an account goes there; NULL: nowhere.  Kept. */
void engine_record(struct engine *, struct recorder *or_null);

/* Take what is in the inbox and what is due through the policy, and let the effects out. */
void engine_turn(struct engine *);
/* When the next turn is due at the latest (clock_ms); 0: at once, UINT64_MAX: never. */
uint64_t engine_next(const struct engine *);

/* Numbers may change while running (conf_can_reload has said yes).  `conf` is kept instead. */
void engine_reload(struct engine *, const struct conf *conf);

/* The end is near: start no more lives, take no more commands, and answer those that only wait for what
 * a provider has to tell.  What has an effect is still waited for. */
void engine_wind_down(struct engine *);
/* Then end the workers in good order, and behind them the services that end with us; other services and
 * all sessions are left alone.  `done` is called when none of these runs any more. */
void engine_stop(struct engine *, void (*done)(void *ctx), void *ctx);
void engine_free(struct engine **);

struct engine_stats {
	uint64_t turns, posted, inbox_full, steps, stale, foreign, mints, orphans_ended;
	uint64_t lists, lists_failed, lists_partial, commands, refused, contradictions;
	uint64_t webhooks, webhooks_refused, messages_refused;
	uint64_t sends, sends_failed, sends_refused;
	uint64_t accounts, open, queued, starting, orphans;
	uint64_t checks; /* sessions that were asked by themselves, because it was time */
	uint64_t moved;  /* accounts to another instance */
	uint64_t blamed;
};
void engine_stats(const struct engine *, struct engine_stats *ret_stats);
/* All of its figures; looks at no account. */
void engine_metrics(const struct engine *, struct metrics *);

#endif
