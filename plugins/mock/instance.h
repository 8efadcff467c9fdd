/*
 * instance.h - one open instance: its configuration, its way to the service, its open operations.
 *
 * The plugin's functions are in mock.c (open, close, dump), ops.c (create, disconnect, health,
 * list), send.c (send) and verbs.c (control).  A request is decided when it comes; only its answer takes time.
 */
#ifndef RELINK_MOCK_INSTANCE_H
#define RELINK_MOCK_INSTANCE_H
#include "backend.h"

/* The configuration as the host fills it in; mock.c has the table. */
struct conf {
	const char *dir, *script, *logins;
	int64_t create_ms, disconnect_ms, health_ms, list_ms, send_ms;
	int64_t qr_ms, qr_refresh, scan_ms, auth_ms, resume_ms;
	int64_t jitter, capacity, push, seed;
};

struct answer;
struct instance {
	const struct relink_host *host;
	struct backend backend;
	struct script config;    /* the lowest layer of behaviours */
	struct answer *open;     /* answers on their way */
	struct answer *withheld; /* answers that a script suppresses, the oldest first */
	unsigned n_withheld;
	relink_timer tick; /* at the next change that happens by itself */
	uint64_t tick_at;  /* on the service's clock; AGENDA_NEVER: no timer runs */
	uint64_t rng;      /* state of our own generator, when `seed` is set */
	bool seeded;
	bool fenced;
	bool greeted;
	char *logins; /* folder of the logins that others see, too; NULL: none */
};

/* --- instance.c --- */

/* Tell, once and before anything else, the codes on show since before we attached: nobody else has
 * remembered them for our host. */
void instance_greet(struct instance *);
/* Let the timer follow the agenda; after everything that may have changed it. */
void instance_wake(struct instance *);
/* A latency in force for the account (NULL: the instance), with its jitter. */
uint64_t instance_delay(struct instance *, struct account *, enum knob);
/* What the profile holds for a session that begins now. */
enum login instance_login(const struct instance *, struct relink_str profile);
/* Receives world.keep. */
void instance_on_login(void *instance, const struct profile *);
#define PHONE_BYTES 24
/* The account's number, "" when scripted so. */
void instance_phone(struct instance *, struct account *, char phone[PHONE_BYTES]);
/* Receives world.tell. */
void instance_on_change(void *instance, const struct life *);

/* --- plan.c: the rest of the line under way, with every time worked out --- */

/* Of a create on `profile` that begins at `begins`; `a` may be NULL. */
void plan_create(struct instance *, struct account *a, struct relink_str profile, uint64_t begins);
/* Of a scan that happens now. */
void plan_scan(struct instance *, const struct life *);

/* --- answer.c --- */

/* The answer to an operation, on its way; it owns what `result` points to. */
struct answer {
	struct answer *prev, *next;
	struct instance *instance;
	relink_op op;
	relink_timer timer;
	struct relink_result result;
	bool again; /* answered twice (wreck.c) */
	char text[256], boot_id[20], body[192];
};

/* Every operation gets one; NULL: no memory, and the operation was answered with that. */
struct answer *answer_new(struct instance *, relink_op);
void answer_set(struct answer *, enum relink_cause, const char *fmt, ...) RELINK_PRINTF(3, 4);
/* Answer in `ms`, or now.  Given. */
void answer_send(struct answer *, uint64_t ms);
/* Given: say nothing until the instance is closed, or so many others are kept back after it. */
#define ANSWERS_WITHHELD_MAX 10000u
void answer_withhold(struct answer *);
/* Answer everything that is open or withheld with CANCELLED. */
void answer_cancel_all(struct instance *);

/* --- ops.c: an operation from its request to its answer; see there --- */

struct turn {
	struct instance *in;
	struct backend *backend;
	struct world *world;
	const struct relink_request *req;
	struct account *account; /* NULL: the service has never heard of it */
	struct answer *answer;
	enum op op;
	enum fault fault;
	enum wreck wreck;   /* with FAULT_WRECK */
	const char *result; /* what really happened, in the journal's words */
};

/* False: the operation was answered. */
bool turn_begin(struct turn *, enum op, void *self, const struct relink_request *);
/* Does the request come through?  Otherwise the result and the answer are set. */
bool turn_arrives(struct turn *);
/* Begin the operation's own line, after any lines that must stand before it. */
void turn_line(struct turn *);
/* Write the lines.  False: that failed, and the operation was answered so. */
bool turn_write(struct turn *);
void turn_answer(struct turn *, uint64_t ms);
/* The life that the request names; who cannot fence knows sessions by their id alone. */
struct life *turn_life(const struct turn *);

/* --- ops.c, send.c, verbs.c: see relink/plugin.h --- */
void ops_create(void *self, const struct relink_request *);
void ops_disconnect(void *self, const struct relink_request *);
void ops_health(void *self, const struct relink_request *);
void ops_list(void *self, const struct relink_request *);
void send_message(void *self, const struct relink_request *);
void verbs_control(void *self, const struct relink_request *);

#endif
