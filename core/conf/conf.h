/*
 * conf.h - the operator's configuration as a struct.
 *
 * The file is YAML.  Every key stands once in conf/keys.def with type, default, bounds, reload rule
 * and text; the parser, `relinkd --check-config`, etc/relink.full.yaml and the tests come from that
 * table.  A wrong file is refused whole, with file, line, key and remedy.
 */
#ifndef RELINK_CONF_CONF_H
#define RELINK_CONF_CONF_H
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "conf/causes.h"

/* A key of a plugin's own configuration, as text: 1 to 64 and at most 4096 bytes, at most 64 pairs.
 * The worker checks it against the plugin's table. */
struct conf_pair {
	char *key, *value;
	unsigned line;
};

struct conf_pairs {
	struct conf_pair *v;
	size_t n;
};

/* A program and its arguments, ended by NULL as exec wants it; at most 64 words of 4096 bytes. */
struct conf_command {
	char **v;
	size_t n; /* 0: there is none */
};

struct conf_instance {
	char *id;                   /* unique over all providers */
	uint64_t capacity;          /* sessions it may hold */
	uint64_t concurrent_starts; /* starts under way at once */
	uint64_t starts_at_first;   /* how many of them before any has gone well */
	uint64_t max_qr_waiting;    /* QR codes shown at once; 0: no limit */
	uint64_t canary;          /* percent of the accounts that it gets; 0: it is not on trial */
	struct conf_pairs config; /* the provider's pairs, overridden by the instance's */

	struct conf_command command;           /* what we start and supervise ourselves */
	struct conf_pairs command_environment; /* secrets may be among them */
	char *command_directory;               /* NULL: / */
	char *command_user;                    /* NULL: ours */
	uint64_t command_start_ms, command_stop_ms;
	uint64_t command_hang_ms; /* 0: never */
	bool command_ends_with_relinkd;
};

/* What keeps a plugin's process to what it needs; the numbers of messages.def. */
enum conf_sandbox {
	CONF_SANDBOX_AUTO,    /* what the system has */
	CONF_SANDBOX_REQUIRE, /* all of it, or no worker */
	CONF_SANDBOX_OFF
};

struct conf_provider {
	char *name;                 /* what accounts say: provider "mock" */
	char *plugin;               /* name of a file in plugin_dir, without ".so", or a path */
	uint64_t workers;           /* processes; instance i is served by worker i % workers */
	uint64_t starts_per_minute; /* token bucket: rate ... */
	uint64_t start_burst;       /* ... and size */
	bool shared_credentials;    /* all instances see the same credentials */
	enum conf_sandbox sandbox;  /* of its workers */
	bool when_down_move;        /* accounts of an instance that is long down move */
	uint64_t move_after_ms;
	struct conf_causes causes; /* goes before those of all providers */
	struct conf_pairs config;
	struct conf_instance *instances;
	size_t n_instances;
};

struct conf {
	char *file;                     /* where it was read from; NULL: defaults only */
	char *state_dir;                /* database, lock, admin key, unix socket */
	char *plugin_dir, *worker_path; /* NULL: beside the program, or where it was installed */

	char *http_listen;      /* "127.0.0.1:8840", an IP address; port 0: any free one */
	bool http_allow_remote; /* http_listen may be reachable from other machines */
	char *http_socket;      /* unix socket; NULL: relink.sock in state_dir */
	uint64_t http_header_ms, http_body_ms, http_write_ms, http_idle_ms;
	uint64_t http_connections, http_connections_per_peer, http_body_bytes;
	bool http_metrics_open;
	char *http_hosts; /* names with spaces between; NULL: see conf/keys.def */

	char *dropin_key, *dropin_key_file; /* both NULL: there is no drop-in face */
	char *dropin_provider;              /* of accounts made there; NULL: the first provider */
	char *dropin_workspace_prefix;      /* NULL: none */
	uint64_t dropin_wait_ms;
	char *dropin_webhook_url; /* where events are forwarded to; NULL: nowhere */
	char *dropin_webhook_secret,
	    *dropin_webhook_secret_file; /* with the URL one of them is set */
	uint64_t dropin_webhook_ms;

	char *webhooks_allow_private;
	bool webhooks_allow_http;
	uint64_t alerts_outbox_ms;
	uint64_t webhooks_ms, webhooks_retry_ms, webhooks_give_up_ms, webhooks_overlap_ms;

	enum log_level log_level;
	bool log_json;
	enum log_level log_levels[LOG_SUB_COUNT]; /* log_level unless set apart */

	uint64_t store_window_us, store_retention_ms, store_journal_rows;

	char *record_file; /* NULL: nothing is recorded */
	uint64_t record_max_bytes;
	bool record_ids;

	uint64_t backoff_base_ms, backoff_cap_ms, max_attempts, stable_ms;
	uint64_t start_deadline_ms; /* 0: what the plugin declares */
	uint64_t qr_deadline_ms, settle_ms, list_interval_ms, op_deadline_ms, join_ms;
	uint64_t send_deadline_ms;
	uint64_t slow_first_ms, slow_second_ms, slow_last_ms;
	uint64_t flap_window_ms, flap_losses, flap_wait_ms, flap_stable_ms; /* 0 losses: off */
	struct conf_causes causes;
	uint64_t incident_window_ms; /* 0: there is no brake */
	uint64_t incident_accounts, incident_share, incident_canaries;
	uint64_t incident_probe_ms, incident_probe_cap_ms, incident_quiet_ms, incident_believe_ms;
	uint64_t health_check_ms;                    /* 0: no session is asked by itself */
	uint64_t health_idle_ms, health_idle_points; /* 0 points: being idle is well */

	uint64_t ping_interval_ms, ping_misses, hello_ms, ready_ms, stop_ms;
	uint64_t restart_base_ms, restart_cap_ms, restart_burst, restart_window_ms, cool_ms;
	uint64_t worker_open_files, worker_address_space, worker_memory; /* 0: no limit */
	char *worker_user;                                               /* NULL: relinkd's own */

	struct conf_provider *providers;
	size_t n_providers;
};

/* Read and check `path`; blocks, any thread.  ERR_CONFIG: `why` says file, line, key and remedy;
 * ERR_NOTFOUND, ERR_DENIED, ERR_IO: the file could not be read; ERR_NOMEM.  The result is the
 * caller's, for conf_free. */
int conf_load(struct conf **ret_conf, const char *path, struct why *why);
/* The same from memory; `text` and `name` are lent, `name` stands for the file in messages (NULL:
 * there is none).  An empty text gives the defaults. */
int conf_parse(struct conf **ret_conf, const char *name, struct str text, struct why *why);
/* NULL inside is fine. */
void conf_free(struct conf **);

/* May `next` replace `now` while running?  0, or ERR_STATE with the first key whose rule is
 * "restart" and which differs: the whole reload is refused then. */
int conf_can_reload(const struct conf *now, const struct conf *next, struct why *why);

/* Append etc/relink.full.yaml: every key with its default, bounds, rule and text. */
int conf_write_full(struct buf *out);
/* Append relink.yaml(5), the same as a manual page. */
int conf_write_man(struct buf *out);

#endif
