/*
 * state.h - what the engine holds.  Only the files of this room include this.
 *
 * An account's state is a place: it is in the index of sessions exactly when a life is open, and, when
 * its instance is configured, in that instance's queue exactly when its state is QUEUED (unless it
 * waits for proof, see below), in the timer heap exactly when timer_at is set, and counted by what its
 * policy part says.  account_moved() in step.c keeps all that after each step; nobody else touches it.
 */
#ifndef RELINK_ENGINE_STATE_H
#define RELINK_ENGINE_STATE_H
#include <uthash.h>
#include <utlist.h>

#include "base/heap.h"
#include "base/limits.h"
#include "base/obj.h"
#include "conf/conf.h"
#include "engine/alerts.h"
#include "engine/batch.h"
#include "engine/brake.h"
#include "engine/engine.h"
#include "engine/health.h"
#include "engine/inbox.h"
#include "engine/meter.h"
#include "engine/qr_links.h"
#include "engine/starts.h"
#include "out/bus.h"
#include "policy/account.h"
#include "policy/admit.h"
#include "policy/blame.h"
#include "policy/bulk.h"
#include "policy/canary.h"
#include "policy/health.h"
#include "policy/incident.h"
#include "policy/orphan.h"
#include "policy/pause.h"
#include "policy/place.h"
#include "policy/ramp.h"
#include "policy/service.h"
#include "policy/stages.h"
#include "policy/worker.h"
#include "proc/pool.h"
#include "proc/services.h"
#include "store/store.h"

#define ENGINE_MAGIC 0x52454e47u
#define MEMBER_MAGIC 0x524d454du

#define DEFAULT_START_DEADLINE_MS 90000
#define CLOSE_RETRY_CAP_MS        30000
#define MAX_CLOSE_TRIES           8
#define EXIT_MISCONFIGURED        78  /* EX_CONFIG of sysexits.h */
#define LIMIT_WAITS               512 /* why an account does not start */

/* Calls about a worker itself carry its slot as tag; ops count from 1 and never get there. */
#define WORKER_TAG(slot)   (1ull << 63 | (slot))
#define IS_WORKER_TAG(tag) ((tag) >> 63 != 0)

enum timer_kind {
	TIMER_ACCOUNT,
	TIMER_LIST,
	TIMER_WORKER,
	TIMER_BUCKET,
	TIMER_SERVICE,
	TIMER_INCIDENT,
	TIMER_PLACES,
	TIMER_PAUSE,
	TIMER_BULK
};
struct timer {
	struct heap_node node; /* first: the heap gives this back */
	uint8_t kind;          /* enum timer_kind */
};

struct qr_code {
	uint64_t expires_at; /* 0: unknown */
	char text[];
};

/* One account as the engine holds it.  The policy part decides, the rest is names and places. */
struct member {
	unsigned magic;
	uint32_t mark; /* serial of the list that last had it */
	struct account a;
	struct blame blame;
	uint64_t row, created_at;
	struct instance *instance; /* NULL: its provider or instance is not configured */
	struct provider *home;     /* then its provider; NULL: not configured either */
	/* One block of memory, at id; the instance's name stands behind the provider's. */
	char *id, *workspace, *provider, *label, *metadata;
	char *session, *profile, *phone, *reason; /* one block each; NULL: none */
	struct qr_code *qr;                       /* newest code, in memory only; NULL: none */
	struct timer timer;
	bool dirty;        /* changed since the last submit, or about to be forgotten */
	bool queued;       /* where it stands in the counters of its instance */
	uint32_t n_strays; /* its lives that are not proven gone */
	char *lost_at;     /* not configured, and such a life on its profile is there; NULL: none */
	struct stray *strays; /* those of n_strays; utlist, m_prev/m_next */
	bool moving;          /* left its instance in order; counted by its provider */
	bool counted_open, counted_slot, counted_scan;
	bool person_slot; /* and that slot was given to a person */
	bool in_bulk; /* a job has asked for it, and it is on its way; counted by its provider */
	uint8_t queue_line; /* ADMIT_LINES */
	uint8_t n_sends;    /* messages on their way */
	struct member_meter meter;
	uint32_t message_s; /* when one last came or went, in seconds; 0: not since we started */
	uint32_t ticket;    /* of its lane: how many came before it */
	uint8_t alerts;     /* bits of enum alert_kind: it has one */
	bool sick;          /* unhealthy, as was told; see health_judge */
	bool check_bad;     /* what it answered at checked_s */
	uint32_t checked_s; /* when its session last answered a question, in seconds; 0: as above */
	struct failures *failures;      /* messages that failed lately; NULL: none */
	struct member *q_prev, *q_next; /* the queue it is in, or this turn's dirty list */
	struct member *i_prev, *i_next; /* all accounts of its instance, or the homeless */
	struct member *d_next;          /* dirty list of the turn, or `over` */
	UT_hash_handle hh_id, hh_session;
};

/* A life that the ledger has given up and that is not proven gone. */
struct life {
	uint64_t row, generation;
};
struct stray {
	struct orphan o;
	struct life life;
	struct instance *instance;
	struct op *end, *look;   /* calls under way about it; NULL: none */
	char *session, *account; /* one block: session */
	char *workspace;
	char *told; /* its account, when only the provider still knows it; NULL: nobody does */
	uint32_t mark;
	struct stray *prev, *next;
	struct stray *m_prev, *m_next; /* of its account */
	struct stray *i_prev, *i_next; /* of its instance */
	UT_hash_handle hh, hh_life;
};

/* A listed session that the ledger does not know, so that it is asked about once. */
struct stranger {
	UT_hash_handle hh;
	bool foreign; /* answered: not ours.  Else the question is under way. */
	char session[];
};

struct listing {
	uint64_t tag;        /* of the call under way; 0: none */
	uint64_t n_sessions; /* told so far */
	uint64_t n_foreign;  /* of them not ours */
	bool again;          /* somebody wants a newer one as soon as this one is answered */
	struct member *last; /* account of the session that was told last; NULL: none yet */
};

/* An incident of a provider, or of one of its instances; calm: none.  See incidents.c. */
struct scope {
	struct incident i;
	struct provider *provider;
	struct instance *instance; /* NULL: of all of them */
	struct timer timer;
	uint64_t id;          /* 0: there is none, or it is not told yet */
	uint64_t permit_at;   /* the ramp has a permit again; 0: nobody waits for it */
	uint64_t accounts;    /* that have failed in it */
	uint64_t merged_into; /* the incident that it has become a part of */
	uint32_t causes[RELINK_CAUSE_COUNT];
};

struct instance {
	const struct conf_instance *conf;
	struct provider *provider;
	unsigned slot;
	struct timer timer; /* the next list is due */
	struct listing listing;
	uint64_t listed_at;     /* when the last complete list was asked for; 0: none yet */
	uint64_t list_asked_at; /* when any list was last asked for */
	uint64_t list_due;      /* when the timer is set for; 0: not */
	uint32_t serial, list_fails;
	bool reachable;            /* the last question was answered */
	bool silent;               /* it was not, since nobody is there to answer */
	bool given_up;             /* silent for so long that its accounts move */
	uint64_t down_since;       /* no answer, or no process, since then; 0: there is */
	uint64_t up_since;         /* the first of those that were; 0: none */
	uint64_t answered_at;      /* the last that was; 0: none since we started */
	char *last_error;          /* of the newest question that failed; NULL: none did */
	uint64_t drained_at;       /* an operator wants it empty since then; 0: it takes accounts */
	bool emptied;              /* and it is, as was said */
	struct canary_tally tally; /* what happened there lately */
	uint64_t halted_at;        /* its trial failed; 0: it did not */
	char *halted_why;
	uint64_t strays;              /* lives there that were given up and are not proven gone */
	struct stray *stray_list;     /* those; utlist, i_prev/i_next: a list concerns no others */
	uint64_t pass_left;           /* how many of its accounts are to be looked at: places.c */
	uint64_t check_at;            /* no account is asked by itself before */
	uint64_t check_row;           /* the last that was considered */
	struct service_slot *service; /* its process; NULL: somebody else starts it */
	bool partial;                 /* its last list was incomplete */
	char boot_id[65];
	unsigned boots;             /* lists in a row that had a new boot id */
	struct stranger *strangers; /* uthash, by session */
	uint64_t foreign;           /* sessions in the last complete list that are not ours */
	struct member *members;     /* utlist, i_prev/i_next */
	uint64_t accounts, open, starting, queued;
	uint64_t starting_persons; /* of `starting` */
	uint64_t scans;            /* of its accounts that show a code, or are on the way to one */
	struct ramp ramp;
	struct line lines[ADMIT_LINES];
	struct lane *lanes; /* uthash, by key */
	struct scope scope;
	struct fault_mark *marks, *mark_list; /* accounts that failed lately: uthash, utlist */
	struct fault_mark *excuse_next;       /* the excuse goes on there; NULL: nobody is left */
	uint64_t n_start_marks, n_open_marks; /* of failed starts; of lives that are still open */
	uint64_t good_at; /* starts that came up since then, and in as long before */
	uint32_t good_now, good_before;
};

struct provider {
	const struct conf_provider *conf;
	struct policy policy;
	struct bucket bucket;
	struct timer timer; /* the bucket has a token again */
	struct instance *instances;
	size_t n_instances;
	unsigned first_slot, n_slots;
	unsigned quarantine; /* its slot for accounts that must be alone; see quarantine.c */
	unsigned turn;       /* where admission begins, so that instances take turns */
	uint64_t turns; /* places at the end of a line that were given; workspaces take turns */
	struct scope scope;
	uint64_t caps, start_deadline; /* from the worker's hello */
	uint64_t queued;
	uint64_t moving;              /* accounts between two instances */
	uint64_t in_bulk;             /* accounts that jobs have set on their way */
	uint64_t stirred_at, stir_at; /* all its accounts were, will be looked at; places.c */
	struct member *homeless;      /* whose instance is not configured; utlist, i_prev/i_next */
	struct provider_meter meter;
	uint64_t n_homeless, homeless_left;
};

/* An operation that was open when its worker died, or had run out of time since it last gave a sign. */
struct lost_op {
	uint8_t kind; /* enum op_kind */
	uint64_t row; /* of the account; 0: none */
	char account[LIMIT_ACCOUNT_ID + 1];
};
#define LOST_OPS_MAX 32

struct slot {
	struct worker w;
	struct worker_rules rules;
	struct provider *provider;
	unsigned number;
	struct timer timer;
	char plugin[65], version[65];    /* from its hello */
	char sandbox[LIMIT_SANDBOX + 1]; /* from its config; empty: there is none yet */
	uint64_t lag_ms, ops, rss_kib, deaths;
	uint64_t n_sends, send_bytes; /* messages on their way */
	uint64_t ping_seq, spawned_at, ponged_at;
	char *blame;      /* why we ended it, for its obituary; NULL: not yet */
	char *last_death; /* one sentence */
	uint64_t last_death_at;
	struct lost_op
	    lost[LOST_OPS_MAX]; /* of the process that is going; its obituary takes them */
	unsigned n_lost;
	bool draining; /* gets no new operations, and is replaced when the open ones are answered */
	const char *outdated; /* why it is drained when its turn comes; NULL: it is not */
	char drain_why[128];
	uint64_t drain_until, n_open, recycled;
	bool quarantine; /* of accounts that must be alone: wanted only while there are some */
	uint64_t guest;  /* row of the account whose operations are open there */
	unsigned n_guests;
};

/* The process of an instance that has a command. */
struct service_slot {
	struct service s;
	struct service_rules rules;
	struct instance *instance;
	unsigned number;
	struct timer timer;
	uint64_t started_at; /* or found */
	uint64_t starts, deaths;
	const char *blame; /* why we end it; NULL: we don't */
	char *last_death;  /* one sentence */
};

enum op_kind {
	OP_CREATE,
	OP_CLOSE,
	OP_END, /* disconnect of a stray */
	OP_LIST,
	OP_HEALTH, /* of an account's session */
	OP_CHECK,  /* the same, because somebody asked */
	OP_LOOK,   /* health of a stray, where the plugin can't list */
	OP_VERB,
	OP_SEND,
	OP_WEBHOOK,
	OP_KINDS
};
/* A call under way at a worker, found by its tag. */
struct op {
	uint64_t tag;
	uint8_t kind;
	uint64_t row, generation, asked_at;
	unsigned slot; /* where it is sent */
	bool sent;     /* it is counted in its slot's n_open */
	bool guest;    /* it is counted in a quarantine's n_guests */
	struct instance *instance;
	struct stray *stray;     /* OP_END, OP_LOOK; NULL when it ended meanwhile */
	struct command *command; /* OP_CHECK, OP_VERB, OP_SEND, OP_WEBHOOK: owned */
	UT_hash_handle hh;
};

/* Commands that hold an Idempotency-Key at the moment. */
struct key_hold {
	char *key;
	UT_hash_handle hh;
};

struct engine {
	unsigned magic;
	const struct conf *conf;
	struct store *store;
	struct pool *pool;
	struct bus *bus;
	uint64_t now; /* one time for the whole turn */
	uint64_t rng; /* spreads and backoffs of instances and strays */

	struct inbox inbox;
	struct batch *batch;     /* of this turn; NULL: nothing to remember yet */
	struct batch *in_flight; /* not durable; utlist in order */
	struct batch *held;      /* the first of them that the store had no room for; NULL: none */
	uint64_t n_in_flight;
	struct heap timers;

	struct member **rows; /* by row; NULL: none */
	uint64_t n_rows, last_row, last_seq;
	struct member *by_id, *by_session;
	struct member *dirty, **dirty_last; /* changed since the last submit, in order */
	uint64_t n_dirty;
	struct member *over; /* deleted and proven gone: forgotten at the end of the turn; d_next */
	struct stray *strays, *strays_by_life; /* by session; by row and generation */
	struct stray *stray_list;              /* all of them, utlist */

	struct provider *providers;
	size_t n_providers;
	struct slot *slots;
	unsigned n_slots;

	struct services *services; /* NULL: none */
	struct service_slot *service_slots;
	unsigned n_services;
	bool services_ending;

	struct op *ops;
	uint64_t last_tag;
	struct key_hold *keys;
	struct api_key *api_keys; /* by id */
	struct qr_link *links, *links_by_digest;
	struct endpoint *endpoints; /* by id */
	uint64_t endpoints_version;
	struct asking *askings;     /* look-ups of keys under way, utlist */
	struct question *questions; /* look-ups of sessions under way, utlist */
	unsigned n_questions;
	struct orphan_rules orphan_rules;
	struct kept_incident *incidents; /* open and recent ones, oldest first; utlist */
	uint64_t last_incident, n_incidents;
	struct timer place_timer; /* a pass over an instance's accounts goes on */
	struct bulk_job *bulk;    /* utlist, the oldest first */
	struct pause *pauses;     /* uthash; NULL: automation acts everywhere */
	unsigned n_pauses[PAUSE_SCOPES];
	struct timer pause_timer;          /* the next that ends by itself */
	struct alert *alerts, *alert_list; /* uthash; utlist, oldest first */
	uint64_t n_alerts[ALERT_KIND_END];
	uint64_t alerts_row, alerts_left; /* the pass over accounts after an incident */
	uint64_t hands_row, hands_left;   /* the pass over accounts after a change: hands_off.c */
	char waits_text[LIMIT_WAITS];     /* of the view that was given last */
	struct {
		uint64_t now, before, oldest_at;
		unsigned pages, lines;
	} recall;            /* the look for failed messages in the journal, at the start */
	unsigned n_webhooks; /* under way at workers */
	size_t webhook_bytes;

	struct recorder *recorder; /* of the steps of accounts; NULL: nobody records */
	bool stopping, paused, store_ok;
	struct why store_why;
	void (*on_post)(void *ctx);
	void *on_post_ctx;
	void (*on_fatal)(void *ctx, const struct why *);
	void *on_fatal_ctx;
	void (*on_stopped)(void *ctx);
	void *on_stopped_ctx;
	struct engine_stats stats;
	struct engine_meter meter;
};

/* members.c: the table of accounts */
struct member *member_new(struct engine *, const struct account_record *, struct why *);
int member_add(struct engine *, struct member *);
void member_free(struct engine *, struct member **);
struct member *member_by_row(struct engine *, uint64_t row);
struct member *member_by_id(struct engine *, struct str id);
struct member *member_by_session(struct engine *, struct str session);
bool member_is_deleted(const struct member *);
/* Replace one of the separately held texts; false: no memory, nothing changed. */
bool member_set(char **text, struct str v);
/* Its instance's id, also when that is not configured. */
const char *member_instance(const struct member *);
/* Replace label or metadata (NULL: keep). */
bool member_describe(struct engine *, struct member *, const char *label, const char *metadata);
/* Take it out of its instance's accounts, and put it into those of `i` (NULL: not configured). */
void member_leave(struct member *);
void member_join(struct engine *, struct member *, struct instance *i);
/* Give it to another instance: the name, and the list that it is in. */
bool member_rehouse(struct engine *, struct member *, struct instance *);
void member_to_record(const struct member *, struct account_record *ret_record);
void member_forget_id(struct engine *, struct member *);

/* step.c: one event into one account, and everything that follows */
struct happening {
	struct account_event e;
	struct str text; /* the provider's words; lent */
};
void account_happens(struct engine *, struct member *, struct happening *);
/* Put the account where its policy part says it is (queue, heap, index, counters). */
void account_moved(struct engine *, struct member *);
/* Where a session's id also names its credentials, opening them again means the same id again; and one
 * id must never be alive twice.  So such a start waits until each older life is proven gone. */
bool account_waits_for_proof(const struct member *);
/* What it is treated by, also without an instance. */
void engine_policy_of(const struct engine *, const struct member *, struct policy *ret_policy);
void account_changed(struct engine *, struct member *);
/* Its policy part was changed without a step: a recording tells it anew. */
void account_changed_apart(struct engine *, const struct member *);
void account_journal(struct engine *, struct member *, unsigned kind, bool tell, struct str text,
		     struct str data);

/* calls.c: what is asked of workers, and their answers */
void act_now(struct engine *, const struct act *);
void call_list(struct engine *, struct instance *);
void call_end(struct engine *, struct stray *);
void call_look(struct engine *, struct stray *);
void call_health(struct engine *, struct member *, struct command **or_null);
void call_verb(struct engine *, struct member *, struct command **);
/* Its args are given up once they are on their way. */
void call_send(struct engine *, struct member *, struct command **);
void call_webhook(struct engine *, struct instance *, struct command **);
void call_answered(struct engine *, struct inbox_reply *);
/* What the provider said, or why nothing came. */
struct str words_for(const struct inbox_reply *);
/* Answer those who only want to know something. */
void checks_end(struct engine *);
void ops_free(struct engine *);
/* The evidence that a session's state (enum relink_state) is; -1: none. */
int event_of(unsigned state);

/* listing.c: what instances say about their sessions */
void list_want(struct engine *, struct instance *, uint64_t at);
void list_due(struct engine *, struct instance *);
void list_part(struct engine *, const struct listed_part *);
void list_answered(struct engine *, struct instance *, const struct op *,
		   const struct inbox_reply *);
void session_pushed(struct engine *, unsigned slot, const struct inbox_session *);
/* A worker speaks for its own instances only; whatever else it says is counted. */
bool speaks_for(const struct instance *, unsigned slot, struct str name);
void note_contradiction(struct engine *, unsigned slot, struct str name, struct str session);
/* An answer about one session came, or did not: where the plugin can't list, that tells whether the
 * instance can be reached. */
void instance_heard(struct engine *, struct instance *, uint64_t asked_at,
		    const struct inbox_reply *);
void look(struct engine *, struct member *, unsigned how);
bool instance_serves(const struct engine *, const struct instance *);

/* strays.c: abandoned lives until they are gone */
struct stray *stray_new(struct engine *, uint64_t row, uint64_t generation, struct str session,
			struct str account, struct str workspace, struct instance *,
			uint64_t minted_at, bool closing);
struct stray *stray_by_session(struct engine *, struct str session);
/* Whose session it is, also when that life is over, and where it is: an account may have moved since. */
struct member *session_owner(struct engine *, struct str session, struct instance **ret_at);
struct stray *stray_by_life(struct engine *, uint64_t row, uint64_t generation);
/* Its account may be forgotten by now, and is needed to end it: the provider says whose it is. */
void stray_told(struct stray *, struct str account);
void stray_seen(struct engine *, struct stray *, uint64_t at);
void stray_absent(struct engine *, struct stray *, uint64_t at);
void stray_free(struct engine *, struct stray **);
/* A listed session that we hold nothing about: ours from long ago, or (true) as far as we know somebody
 * else's. */
bool stranger_seen(struct engine *, struct instance *, struct str session);
void stranger_known(struct engine *, struct inbox_ledger *);
void strangers_free(struct engine *);

/* places.c: which instance an account belongs to */
struct instance *place_for_new(const struct engine *,
			       const struct provider *); /* NULL: none takes one */
/* It waits for a start, or is asked to (`fresh`: on a new login): elsewhere, when its instance can't
 * take it. */
void place_anew(struct engine *, struct member *);
/* It has no configured instance: give it one if it may start elsewhere. */
bool place_homeless(struct engine *, struct member *, bool fresh);
/* Something about this provider's instances is new: look at the accounts of those that have a fault. */
void places_stir(struct engine *, struct provider *);
/* An instance answered; `news`: after a silence. */
void places_answered(struct engine *, struct provider *, bool news);
void places_go_on(struct engine *);
/* Counted no more among those between two instances, if it has arrived, or will not, or waits. */
void place_settled(struct engine *, struct member *);
/* It is deleted.  If its instance is not configured, nobody can be asked to end its life: it is forgotten
 * at once, and the ledger keeps what is to be ended when that instance is configured again. */
void place_forgotten(struct engine *, struct member *);
/* What is wrong with its instance. */
enum place_fault place_fault_of(const struct engine *, const struct member *);
/* Why it does not start, for people; empty: nothing of the kind.  *ret_action: what to do about it. */
struct str place_waits(const struct engine *, const struct member *, char *text, size_t size,
		       unsigned *ret_action);

/* instances.c: what operators and questions say about instances */
struct instance *instance_by_id(struct engine *, struct str id); /* NULL: not configured */
void instance_answered(struct engine *, struct instance *);
void instance_failed(struct engine *, struct instance *, const struct inbox_reply *);
/* Its process is gone, or could not be started: nobody is there to answer. */
void instance_lost(struct engine *, struct instance *);
/* Is it known that it does not answer?  Questions failed, or there is no process that could be asked. */
bool instance_is_down(const struct engine *, const struct instance *);
/* And is nobody there, as opposed to somebody who refuses? */
bool instance_is_silent(const struct engine *, const struct instance *);
/* Is it time to give it up?  After each failure and each reload, and while there is no process to be
 * asked, when its time comes. */
void instance_judge(struct engine *, struct instance *);
void instance_command(struct engine *, struct command *given); /* COMMAND_DRAIN, COMMAND_RESUME */
/* Say it when one that is to be empty has become so. */
void instances_go_on(struct engine *);
bool instance_view_of(const struct engine *, const struct instance *, struct instance_view *);

/* workers.c: the slots */
void worker_happens(struct engine *, struct slot *, unsigned event, bool misconfigured);
void worker_said_hello(struct engine *, struct slot *, const struct inbox_hello *);
void worker_answered(struct engine *, struct slot *, struct inbox_reply *);
void worker_gone(struct engine *, struct slot *, struct inbox_gone *);
void workers_start(struct engine *); /* also those that wait or are held */
void workers_stop(struct engine *);
void workers_rules(struct engine *);
/* Those whose plugin's file was replaced are restarted, one after the other. */
void workers_renew(struct engine *);
bool slot_serves(const struct engine *, unsigned slot);
/* An operation of the slot was answered. */
void slot_answered(struct engine *, struct slot *);

/* deaths.c: obituaries */
/* This call was answered by its worker's end, or by its deadline, which may be because that hangs. */
void death_lost_op(struct engine *, const struct op *);
/* The worker turns: what has run out of time until now is not what it will die of. */
void death_not_yet(struct slot *);
/* Write down what ended; the sentence stays in the slot.  `kind` < 0: an end that was wished, of which
 * nothing is kept. */
void death_note(struct engine *, struct slot *, const struct inbox_gone *, int kind);

/* quarantine.c: accounts that worker processes die of */
/* Mark those whose operations were open when the slot's process died. */
void blame_the_lost(struct engine *, struct slot *, const struct inbox_gone *);
/* Is no session to be started for it any more?  Then `text` says why. */
bool is_poison(const struct engine *, const struct member *, char *text, size_t n);
/* The slot that serves an account of this instance; NULL: the instance itself. */
unsigned slot_for(const struct engine *, const struct instance *, const struct member *or_null);
/* May the operation go to its slot now?  Wants a quarantine's worker. */
bool quarantine_admits(struct engine *, const struct op *);
void quarantine_entered(struct engine *, struct op *);
void quarantine_left(struct engine *, const struct op *);
/* A quarantine is asked about those who are alone, and tells of them; of the others the worker of the
 * instance that they are at does: false.  Else *slot is that worker's. */
bool quarantine_may_tell(const struct engine *, const struct instance *at,
			 const struct member *or_null, unsigned *slot);
/* How many accounts must be alone. */
uint64_t quarantined(const struct engine *, const struct provider *);
/* Let the worker go when there are none any more. */
void quarantine_ends(struct engine *, struct slot *);

/* services.c: the processes of instances that have a command */
int services_make(struct engine *);
void services_begin(struct engine *);
void services_want(struct engine *);
void services_end(struct engine *);
bool services_are_gone(const struct engine *);
void services_drop(struct engine *);
void service_happens(struct engine *, struct service_slot *, unsigned event, bool unfit);
void service_ended(struct engine *, unsigned number, const struct inbox_ended *);
/* Its worker serves, or does no more.  This and the next two: no-ops for other instances. */
void service_asked(struct engine *, struct instance *, bool asked);
/* It gave a list, or another answer or none, when it was asked at `asked_at`. */
void service_listed(struct engine *, struct instance *, uint64_t asked_at, bool complete);
void service_refused(struct engine *, struct instance *, uint64_t asked_at,
		     const struct inbox_reply *);
/* Could the process that runs have heard a question of that time?  Its predecessor's last words may still
 * be on their way. */
bool service_is_current(const struct instance *, uint64_t asked_at);
/* Has it none at the moment? */
bool service_is_down(const struct instance *);
/* Does its first process begin, in the time that it may take?  Then that it is silent is no fault. */
bool service_is_booting(const struct engine *, const struct instance *);
const char *service_last_death(const struct instance *); /* one sentence; empty: none is known */
/* How soon to ask again one that is not ready yet; 0: as others. */
uint64_t service_poll_ms(const struct instance *);
/* Of an instance that has a service. */
void service_view_of(const struct engine *, const struct instance *, struct service_view *ret_view);

/* commands.c: what people want */
void command_take(struct engine *, struct command *given);
struct provider *provider_by_name(struct engine *, const char *name); /* NULL: not configured */
/* Nothing is known of its Idempotency-Key, if it has one: carry it out.  Given. */
void command_begin(struct engine *, struct command *given);
void command_refuse(struct engine *, struct command **, int code, const char *problem,
		    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* repeats.c: Idempotency-Key */
/* Was it used before?  The answer goes on with the command.  Given. */
void key_look_up(struct engine *, struct command *given);
void command_key_known(struct engine *, struct inbox_key *);
void command_remember(struct engine *, const struct command *, const struct member *);
void command_remember_as(struct engine *, const struct command *, struct str subject);
/* What is known of a command that a worker carries out: it was begun and nobody knows what came of it,
 * it was surely not done and the key is as good as new, or it was.  Others have their HTTP status there. */
enum key_state { KEY_BEGUN = 0, KEY_FREE = 1, KEY_ANSWERED = 200 };
/* In this turn's commit, with a text (NULL: none) that key_kept gives back.  No key: nothing. */
void key_keep(struct engine *, const struct command *, enum key_state, const char *text);
struct str key_kept(const struct inbox_key *);
void key_answer_not_kept(struct engine *, struct command **);
void key_release(struct engine *, const char *key);
void keys_free(struct engine *);
/* After the store is closed: questions that were never answered. */
void askings_free(struct engine *);

/* api_keys.c: the keys of the API */
int api_key_add(struct engine *, const struct api_key_record *);
void api_keys_free(struct engine *);
void api_key_create(struct engine *, struct command *given);
/* Its Idempotency-Key was used before, for the key `id`. */
void api_key_repeated(struct engine *, struct command **, struct str id);
void api_key_revoke(struct engine *, struct command *given);
bool api_key_view(const struct engine *, struct str id, struct key_view *ret_view);
void api_key_used(struct engine *, struct str id);
void api_keys_each(const struct engine *, void (*each)(void *arg, const struct key_view *),
		   void *arg);

/* messages.c */
void message_told(struct engine *, unsigned slot, const struct inbox_message *);
/* One JSON object in one line, malloc'ed; NULL: it is none, or too long. */
char *message_json(struct str);

/* sends.c: messages that are sent through us, each once */
void send_take(struct engine *, struct member *, struct command *given);
/* Its key is on disk: send it, or (`refused`) not.  Given. */
void send_now(struct engine *, struct command **, bool refused);
void send_answered(struct engine *, struct op *, const struct inbox_reply *);
/* We end before its answer came.  Given. */
void send_lost(struct engine *, struct command **);
/* Its key was used before, for the same message: answer what came of that.  Given. */
void send_repeated(struct engine *, struct command **, const struct inbox_key *);
/* Its key is free, since it was surely not sent: it is called as it was then. */
void send_again(struct command *, const struct inbox_key *);

/* verbs.c: what only this plugin can do, with an Idempotency-Key at most once */
void verb_take(struct engine *, struct member *, struct command *given);
/* Its key is on disk: ask for it, or (`refused`) not.  Given. */
void verb_now(struct engine *, struct command **, bool refused);
void verb_answered(struct engine *, struct op *, const struct inbox_reply *);
/* We end before its answer came.  Given. */
void verb_lost(struct engine *, struct command **);
/* Its key was used before, for the same verb.  Given. */
void verb_repeated(struct engine *, struct command **, const struct inbox_key *);

/* webhooks.c: requests of backends to us */
/* Is there anybody for it?  NULL, or a problem's code and *why; `instance` NULL: any. */
const char *webhook_problem(struct engine *, const char *provider, const char *instance,
			    struct why *why);
void webhook_take(struct engine *, struct command *given);
void webhook_answered(struct engine *, struct op *, const struct inbox_reply *);

/* load.c */
int engine_make_provider(struct engine *, struct provider *, const struct conf_provider *);
/* After all providers: these slots are the last. */
void engine_make_quarantine(struct engine *, struct provider *);
int engine_load(struct engine *, struct why *);
/* `p` NULL: not configured. */
void engine_policy(const struct conf *, const struct conf_provider *p, uint64_t caps,
		   uint64_t start_deadline, struct policy *ret_policy);

/* engine.c */
/* Between two things that happen: submit what there is when it has become much.  Frees no account. */
void turn_breathe(struct engine *);
void timer_set(struct engine *, struct timer *, uint64_t at); /* 0: off */
void engine_post(struct engine *, struct inbox_item *given);

#include "engine/many.h"

#endif
