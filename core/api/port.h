/*
 * port.h - what the HTTP room wants from the rest of the core, and nothing more.
 *
 * Reads come from read models (views, lent for the call).  Changes are commands that go into the
 * engine's inbox; the answer comes back once the change is durable.  app connects this to the
 * engine, tests connect it to a fake.
 */
#ifndef RELINK_API_PORT_H
#define RELINK_API_PORT_H
#include <stdbool.h>
#include <stdint.h>

#include "api/outbox_port.h"
#include "base/err.h"
#include "base/str.h"
#include "policy/account.h"
#include "policy/attempt.h"
#include "policy/death.h"
#include "policy/explain.h"
#include "policy/health.h"
#include "policy/journal.h"
#include "policy/stages.h"

/* Where automation is paused. */
struct pause_view {
	const char *scope;           /* everything, provider, workspace, account */
	struct str name, by, reason; /* by: id of the key that asked; empty: the admin */
	uint64_t since, until;       /* until 0: until somebody resumes */
};

/* Work on many accounts.  Empty: any. */
struct bulk_view {
	struct str id, workspace, provider, instance, status, cause, label_prefix, by, last_error;
	struct str ids; /* a line each */
	const char *action, *state;
	const char *waits; /* why it does not go on; NULL: it does */
	uint64_t rate, total, done, failed, left, skipped, eta_s, created_at, ended_at;
};
#define BULK_SHOWN 100 /* accounts of a dry run */
struct bulk_count {
	uint64_t total, need_scan;
};

/* An account as the outside sees it.  Names are stable words of the API. */
struct account_view {
	uint64_t row;
	struct str id, workspace, provider, instance, label, metadata;
	struct str session_id, profile, phone, reason;
	const char *status, *phase, *cause, *user_action, *priority;
	bool want_connected;
	bool flapping; /* connected and lost too often: it starts slowly */
	bool checking; /* the status is the last known one; a look is under way */
	uint64_t generation, attempts;
	uint64_t created_at, since, connected_since, next_attempt_at; /* ms, 0: none */
	uint64_t estimated_start_at; /* while queued; 0: nobody can tell */
	struct str qr;               /* raw text of the newest code; empty: none */
	uint64_t qr_expires_at, qr_deadline_at;
	struct health health;
	uint64_t health_since;
	struct explanation explanation;
	bool resumes;         /* the next start opens `profile` */
	bool has_login;       /* ... which holds a login that may still be good */
	uint64_t incident;    /* the open incident of its instance or provider; 0: none */
	bool unhealthy;       /* from below 40 until 70 again */
	struct stages stages; /* only where one account is asked for */
	bool is_paused;       /* automation leaves it alone, because of: */
	struct pause_view pause;
};

/* How well all accounts are, as a walk over them adds it up. */
#define HEALTH_WORST 10
struct health_summary {
	uint64_t accounts, scored, sum; /* sum: of all scores */
	uint64_t bands[HEALTH_BAND_COUNT];
	unsigned n_worst;
	struct account_score {
		uint64_t row;
		unsigned score;
	} worst[HEALTH_WORST]; /* the worst first; none that has all points */
};

/* The accounts of a provider by status: counted as it happens.  NULL: of those not configured. */
struct totals_view {
	const char *provider;
	uint64_t status[STATUS_COUNT];
};

/* What a provider's accounts are treated by. */
enum set_by { SET_BY_NOBODY, SET_BY_POLICY, SET_BY_PROVIDER };
struct policy_view {
	const char *provider;
	const struct policy *policy;
	uint8_t set_by[RELINK_CAUSE_COUNT]; /* enum set_by: where the choice of a cause stands */
};

struct worker_view {
	unsigned slot;
	bool quarantine; /* for accounts that must work alone */
	bool draining;   /* gets no new operations, and is replaced soon */
	uint64_t recycled;
	const char *provider, *state;
	struct str plugin, version;
	struct str sandbox; /* what keeps the plugin to what it needs; empty: not known */
	uint64_t pid, since, next_start_at, deaths, accounts, open_ops, lag_ms, rss_kib;
	uint64_t foreign_sessions; /* listed at its instances and not ours */
	struct str last_death;     /* one sentence; empty: none */
	struct str instances;      /* names, comma-separated */
};

/* What a key may do; each role includes those before it.  Numbers are stored. */
#define API_ROLES(R)                                                                \
	R(VIEWER, 1, "viewer")     /* look, but not at QR codes: they are logins */ \
	R(OPERATOR, 2, "operator") /* everything about accounts */                  \
	R(ADMIN, 3, "admin")       /* everything */
enum api_role {
	ROLE_NONE,
#define R(id, n, name) ROLE_##id = (n),
	API_ROLES(R)
#undef R
};
/* "viewer"; "none" for a number that is no role. */
const char *api_role_name(unsigned role);
/* ROLE_NONE when there is none of that name. */
enum api_role api_role_of(struct str name);

struct key_view {
	struct str id, label, workspace; /* workspace: the only one it sees; empty: all */
	const uint8_t *digest;           /* SHA-256 of the key's text: 32 bytes */
	uint8_t role;                    /* enum api_role */
	uint64_t created_at, expires_at, revoked_at, last_used_at; /* ms, 0: never */
};

/* How a link to a QR code came to its end, before its time.  Numbers are stored. */
enum link_end { LINK_NOT_ENDED, LINK_CONNECTED, LINK_REVOKED };

/* A link that shows one account's QR code to somebody without a key. */
struct qr_link_view {
	struct str account;
	const uint8_t *visitor; /* SHA-256 of the cookie of who opened it; NULL: nobody has */
	uint64_t expires_at;
	enum link_end ended;
};

/* What an event looks like that is sent out.  Numbers are stored. */
enum endpoint_form {
	FORM_STANDARD = 1, /* Standard Webhooks */
	FORM_SEED = 2      /* the old service's: see dropin/README.md */
};

/* Where events are sent to. */
struct endpoint_view {
	struct str id, label, workspace, url; /* workspace: whose events; empty: all */
	struct str events;                    /* patterns, with spaces between */
	struct str secret, old_secret;        /* never shown */
	struct str why;                       /* it was disabled; empty: somebody wished it */
	uint8_t form;                         /* enum endpoint_form */
	bool enabled;
	bool stuck; /* there is an alert that it takes nothing */
	uint64_t created_at, changed_at, old_until, disabled_at; /* ms, 0: never */
};

/* The process of an instance that has a command. */
struct service_view {
	const char *state;
	uint64_t pid, since, next_start_at; /* 0: none */
	uint64_t starts, deaths;            /* since this core began */
	struct str last_death;              /* one sentence; empty: none */
};

/* A running backend.  Times in ms, 0: none. */
struct instance_view {
	struct str id, boot_id,
	    last_error; /* last_error: of the newest list; empty: it succeeded */
	const char *provider;
	const char *state; /* up, halted, down, draining, drained, not_asked */
	unsigned slot;     /* of its worker */
	bool reachable;    /* the last question was answered */
	bool given_up;     /* down for so long that its accounts move */
	uint64_t drained_at, up_since, down_since, answered_at, listed_at, list_age_ms;
	uint64_t list_failures; /* in a row */
	uint64_t canary;        /* percent of the accounts that it gets; 0: it is not on trial */
	uint64_t halted_at;     /* its trial failed: it takes no new accounts */
	struct str halted_why;
	uint64_t capacity, accounts, open, starting, queued, foreign_sessions;
	uint64_t starts_allowed;         /* under way at once, as starts go now */
	uint64_t qr_waiting, qr_allowed; /* codes shown, or about to be; 0 allowed: no limit */
	uint64_t queue_drained_in_ms;    /* when drained_is_known */
	bool drained_is_known;
	uint64_t ending;  /* sessions that were given up and are not proven gone */
	bool has_service; /* it has a command, and that process is: */
	struct service_view service;
};

/* Accounts of a provider, or of one of its instances, that failed together. */
struct incident_view {
	uint64_t id;
	const char *state;                         /* braking, probing, ramping, calm */
	struct str provider, instance;             /* instance: empty: all of the provider's */
	uint64_t opened_at, changed_at, closed_at; /* closed_at: 0: it is open */
	uint64_t next_probe_at;                    /* 0: canaries are under way, or it ramps */
	uint64_t starts_per_minute;                /* of a ramp; 0: it is none */
	uint64_t accounts, failed_rounds;
	bool logouts_believed;
	struct str causes, text; /* causes: a JSON object of counts */
};

/* What somebody should look at. */
struct alert_view {
	uint64_t id, raised_at;
	const char *kind, *cause, *user_action;
	struct str subject, workspace, provider, text; /* workspace, provider: empty: of none */
	bool is_account;                               /* the subject is one's id */
};

/* What lists can be sorted by; see walk_find.  ID: as they were made. */
enum account_sort { SORT_ID, SORT_STATUS, SORT_HEALTH, SORT_CHANGED, SORT_COUNT };
struct account_filter {
	struct str workspace, provider, status, instance, label_prefix; /* empty: any */
	struct str search;  /* in id or label, whatever the case; its own is lower; empty: any */
	uint8_t sort;       /* enum account_sort */
	uint64_t after_row; /* cursor: rows above this one */
	uint32_t limit;
};

enum command_kind {
	COMMAND_CREATE,
	COMMAND_PATCH,
	COMMAND_DELETE,
	COMMAND_CONNECT,
	COMMAND_DISCONNECT,
	COMMAND_RECONNECT,
	COMMAND_REGENERATE,
	COMMAND_CHECK,
	COMMAND_VERB,
	COMMAND_SEND,
	COMMAND_WEBHOOK,
	COMMAND_DRAIN, /* of an instance, as RESUME */
	COMMAND_RESUME,
	COMMAND_PAUSE, /* automation, as UNPAUSE */
	COMMAND_UNPAUSE,
	COMMAND_BULK,
	COMMAND_BULK_CANCEL, /* name: the job's id */
	COMMAND_KEY_CREATE,
	COMMAND_KEY_REVOKE,
	COMMAND_LINK_CREATE,
	COMMAND_LINK_REVOKE,
	COMMAND_LINK_OPEN,
	COMMAND_ENDPOINT_CREATE,
	COMMAND_ENDPOINT_PATCH,
	COMMAND_ENDPOINT_ROTATE,
	COMMAND_ENDPOINT_DELETE,
	COMMAND_ENDPOINT_STUCK, /* ours: enable 1: it takes nothing, and why in args; 2: it does again */
	COMMAND_ENDPOINT_DISABLE /* ours: its receiver says that it is gone */
};

/* What came of a command.  Strings are lent. */
struct command_result {
	int code;            /* 0 or ERR_* */
	const char *problem; /* stable code for problem+json, when code < 0 */
	struct str text;     /* for people: what is wrong and what to do */
	struct str
	    account; /* public id; of DRAIN and RESUME the instance's, of KEY_* the key's, and so on */
	struct str body;         /* VERB, CHECK and SEND: JSON */
	uint64_t retry_after_ms; /* with code < 0: the provider's wish; 0: none */
	bool replayed;           /* this Idempotency-Key was answered before */
	bool created;            /* CREATE: a new account (not a replay) */
};

/* A header of a webhook, name in lower case.  malloc'ed strings. */
struct command_header {
	char *name, *value;
};
#define COMMAND_HEADERS_MAX 8

/* A change.  The engine frees it with command_free.  All strings are malloc'ed, NULL is absent. */
struct command {
	struct command *prev, *next;
	enum command_kind kind;
	char *
	    account; /* CREATE: wished id or NULL; KEY_*: the key's id; ENDPOINT_*: the endpoint's */
	char *scope; /* the account must be of this workspace; NULL: of any */
	char *workspace, *provider, *label, *metadata, *priority; /* CREATE, PATCH */
	char *verb, *args; /* VERB, SEND: args are JSON; WEBHOOK: args are the body */
	char *recipient;   /* SEND: for the journal; the same stands in args */
	char *instance;    /* WEBHOOK: of `provider`; NULL: whoever it is for.  DRAIN, RESUME */
	char *name,
	    *by; /* PAUSE, UNPAUSE: of what ("": everything), and whose key; label: the reason */
	uint8_t pause_scope; /* enum pause_scope of policy/pause.h */
	uint64_t until;      /* PAUSE: 0: until somebody resumes */
	/* BULK, with by, workspace, provider, instance and label (a prefix): which accounts; NULL: any */
	char *status, *cause, *ids;
	uint8_t bulk_action; /* enum bulk_action of policy/bulk.h */
	uint64_t rate;       /* accounts a minute */
	bool undecided;      /* the engine's: an instance that it may be for did not answer */
	struct command_header headers[COMMAND_HEADERS_MAX];
	size_t n_headers;
	uint8_t key_digest[32], key_role; /* KEY_CREATE, with workspace ("": all) and label */
	uint64_t key_expires_at;          /* 0: never */
	uint8_t visitor_digest[32];       /* LINK_OPEN; a link's own is key_digest */
	/* ENDPOINT_*, with workspace and label; PATCH: NULL and 0 leave it as it is.  DISABLE: why in args. */
	char *url, *events, *secret;
	uint8_t form, enable; /* enable: 1: on, 2: off */
	uint64_t overlap_ms;  /* ROTATE: how long the old secret signs, too */
	char request_id[33];  /* SEND, with idem_key: the engine's: what the backend knows it by */
	uint64_t row, bytes;  /* SEND: the engine's: of what account, and how much room it takes */
	unsigned slot;        /* and of which worker */
	bool connect;         /* CREATE: connect at once */
	bool force;           /* REGENERATE: although it costs a living login */
	char *idem_key;       /* scoped by the caller; NULL: none */
	uint8_t idem_hash[32];
	uint32_t idem_status; /* HTTP status that the first answer had */
	bool key_held;        /* the engine's: nobody else may use idem_key at the moment */
	/* Called exactly once, on the loop thread, when the change is durable or refused. */
	void (*reply)(void *ctx, const struct command_result *);
	void *ctx;
};
struct command *command_new(enum command_kind);
void command_free(struct command **);

struct api_port {
	void *ctx;
	bool (*account)(void *ctx, struct str id, struct account_view *ret_view);
	/* Calls `each` for up to filter.limit accounts in the order of their rows; returns the row to
	 * go on from, or 0 when there are no more. */
	uint64_t (*accounts)(void *ctx, const struct account_filter *,
			     void (*each)(void *arg, const struct account_view *), void *arg);
	/* A piece of a walk over all accounts, so that no turn takes long: looks at `rows` rows from
	 * filter.after_row on and calls `each` for who fits, with what it is sorted by (the lowest is
	 * first).  Returns the row to go on from, 0 when there are no more. */
	uint64_t (*find)(void *ctx, const struct account_filter *, uint32_t rows,
			 void (*each)(void *arg, uint64_t key, uint64_t row), void *arg);
	bool (*account_at)(void *ctx, uint64_t row, struct account_view *ret_view);
	/* In the same way: adds up `rows` rows behind `after_row`. */
	uint64_t (*health)(void *ctx, uint64_t after_row, uint32_t rows, struct health_summary *);
	void (*totals)(void *ctx, void (*each)(void *arg, const struct totals_view *), void *arg);
	void (*policies)(void *ctx, void (*each)(void *arg, const struct policy_view *), void *arg);
	unsigned (*workers)(void *ctx, void (*each)(void *arg, const struct worker_view *),
			    void *arg);
	/* Keys by public id, also revoked and expired ones. */
	bool (*key)(void *ctx, struct str id, struct key_view *ret_view);
	void (*keys)(void *ctx, void (*each)(void *arg, const struct key_view *), void *arg);
	/* The key was used; kept to the hour. */
	void (*key_used)(void *ctx, struct str id);
	/* The link with this digest of its token. */
	bool (*qr_link)(void *ctx, const uint8_t digest[32], struct qr_link_view *ret_view);
	/* Endpoints by id; `version` is another one after each change of any of them. */
	bool (*endpoint)(void *ctx, struct str id, struct endpoint_view *ret_view);
	void (*endpoints)(void *ctx, void (*each)(void *arg, const struct endpoint_view *),
			  void *arg);
	uint64_t (*endpoints_version)(void *ctx);
	bool (*instance)(void *ctx, struct str id, struct instance_view *ret_view);
	void (*instances)(void *ctx, void (*each)(void *arg, const struct instance_view *),
			  void *arg);
	/* Open and recent incidents, newest first; `id` 0: all of them. */
	void (*incidents)(void *ctx, uint64_t id,
			  void (*each)(void *arg, const struct incident_view *), void *arg);
	void (*pauses)(void *ctx, void (*each)(void *arg, const struct pause_view *), void *arg);
	/* Open alerts below `before` (0: all), newest first, until `each` says false. */
	void (*alerts)(void *ctx, uint64_t before,
		       bool (*each)(void *arg, const struct alert_view *), void *arg);
	void (*bulk)(void *ctx, void (*each)(void *arg, const struct bulk_view *), void *arg);
	/* Whom would COMMAND_BULK ask?  `each` for the first of them. */
	void (*bulk_count)(void *ctx, const struct command *, struct bulk_count *ret_count,
			   void (*each)(void *arg, struct str id), void *arg);
	/* Is there anybody for a webhook to this provider, and instance of it (empty: any)?  NULL, or a
	 * problem's code, and *why says whom it was meant for. */
	const char *(*webhook)(void *ctx, struct str provider, struct str instance,
			       struct why *why);
	/* Lives of an account below a generation, newest first: as deaths, with ERR_FULL only. */
	int (*attempts)(void *ctx, uint64_t row, uint64_t before, uint32_t limit,
			void (*each)(void *arg, int result, const struct attempt_record *),
			void *arg);
	/* The newest deaths of a slot: `each` runs per death, newest first, then once with NULL.
	 * ERR_NOTFOUND: there is no such slot; ERR_FULL: too much is asked; no callback follows. */
	int (*deaths)(void *ctx, unsigned slot, uint32_t limit,
		      void (*each)(void *arg, int result, const struct death_record *), void *arg);
	/* Given: the engine answers through command->reply.  ERR_FULL: the inbox is full; the command
	 * is freed and no reply follows. */
	int (*submit)(void *ctx, struct command **);
	/* Journal lines: `each` runs per line, then once with NULL. */
	int (*journal)(void *ctx, uint64_t row, uint64_t after, uint64_t before, bool told_only,
		       uint32_t limit,
		       void (*each)(void *arg, int result, const struct journal_record *),
		       void *arg);
	/* Can commands be carried out now?  False fills `why` with what is missing and the remedy. */
	bool (*ready)(void *ctx, struct why *why);
};

#endif
