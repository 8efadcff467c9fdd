/*
 * world.h - the fake remote service: accounts, their profiles and sessions, and what is scripted.
 *
 * Nothing here reads a clock or a file.  The world changes in two ways only: a journal line is
 * applied (fold.h), or time passes (world_advance).  So the same lines and the same time give the
 * same world in every process that looks at one journal.
 */
#ifndef RELINK_MOCK_WORLD_H
#define RELINK_MOCK_WORLD_H
#include "agenda.h"
#include "life.h"
#include "script.h"

/* Out of memory is an error that is answered, never the end of the worker. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Credentials.  Kept while a session names them or they hold a login. */
struct profile {
	struct account *owner; /* who scanned it last */
	uint32_t uses;         /* sessions that name it */
	uint32_t open;         /* of them alive: a browser has it locked */
	enum login login;
	UT_hash_handle hh;
	char name[];
};

struct account {
	uint64_t highest;      /* generation that was accepted */
	struct life *lives;    /* not yet begun, alive, or listed as down */
	struct script *script; /* NULL: none */
	char *base;            /* what the metadata said last, as JSON; NULL: nothing */
	UT_hash_handle hh;
	char id[];
};

/* A message that was sent with an id of its sender's. */
struct sent {
	UT_hash_handle hh;
	uint64_t number;
	char name[]; /* session, a blank, the sender's id */
};
#define SENT_REMEMBERED 10000u

struct world {
	struct account *accounts;
	struct profile *profiles;
	struct agenda agenda;
	uint64_t now;  /* everything due until then has happened */
	uint64_t boot; /* how often the service started; 0: the journal is empty */
	char boot_id[20];
	bool fenced;
	uint64_t openers; /* how often a plugin attached */
	uint64_t n_sent;  /* messages */
	struct sent *sent;
	uint64_t down_until;  /* unreachable until then; 0: reachable */
	struct script script; /* of the instance */
	char *base;           /* what the configuration's `script` said last; NULL: nothing */
	const struct script *config;
	uint32_t next_serial;
	size_t n_lives, n_alive; /* in all; begun and not down */
	uint64_t skipped;        /* lines that could not be understood */
	/* Told of every change of a session that a remote service would push; NULL while the past
	 * is read.  Must not change the world. */
	void (*tell)(void *arg, const struct life *);
	void *tell_arg;
	/* Told of every login that is made or lost; NULL likewise. */
	void (*keep)(void *arg, const struct profile *);
};

/* `config`: the lowest layer of behaviours, all set; kept. */
void world_init(struct world *, const struct script *config);
void world_free(struct world *);

/* Let time pass.  Earlier than the world's own time is no change. */
void world_advance(struct world *, uint64_t until);
bool world_is_down(const struct world *);

void world_set_login(struct world *, struct profile *, enum login);

/* NULL: never heard of. */
struct account *world_account(const struct world *, struct relink_str id);
struct profile *world_profile(const struct world *, struct relink_str name);
/* The same, made when missing; NULL: no memory. */
struct account *world_make_account(struct world *, struct relink_str id);
/* A session that begins later (life.h); NULL: no memory, and nothing changed. */
struct life *world_make_life(struct world *, struct account *, struct relink_str profile,
			     struct relink_str session);
/* Forget the session's entry, whatever it is. */
void world_drop_life(struct world *, struct life *);

/* The number of the message that was sent from `session` as `request`; 0: none was. */
uint64_t world_was_sent(const struct world *, struct relink_str session, struct relink_str request);
/* One more was; `request` may be empty.  -ENOMEM. */
int world_send(struct world *, struct relink_str session, struct relink_str request);

/* The account's script, made when missing; NULL: no memory.  `account` NULL: the instance's. */
struct script *world_make_script(struct world *, struct account *);
/* `account` may be NULL. */
struct layers world_layers(struct world *, struct account *);

/* The next profile after `last` (NULL: the first) that holds a good login of the account, or NULL.
 * Walks over all profiles. */
struct profile *world_next_login(const struct world *, const struct account *,
				 const struct profile *last);
/* The next session of the world after `last` (NULL: the first), or NULL. */
struct life *world_next_life(const struct world *, const struct life *last);

#endif
