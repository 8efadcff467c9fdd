/*
 * fake.h - a core of a few lines behind the API's port: accounts in memory, a journal, a bus.
 *
 * Commands and journal reads are answered by fake_turn(), one turn later, as the real engine and
 * store do; or at once where `at_once` is set.  The test moves accounts along with fake_status().
 */
#ifndef RELINK_TEST_API_FAKE_H
#define RELINK_TEST_API_FAKE_H
#include "api/port.h"
#include "out/bus.h"

#define FAKE_TEXT 128

struct fake_account {
	uint64_t row;
	char id[65], workspace[33], provider[33], label[129], status[32];
	char *metadata; /* NULL: {} */
	char priority[16], qr[64];
	bool want, deleted;
	uint64_t generation;
	uint64_t key; /* what it is sorted by */
	struct health_facts health;
};

struct fake_line {
	struct journal_record record;
	char account[65], text[FAKE_TEXT], workspace[33];
};

struct fake_key {
	char id[9], label[129], workspace[33];
	uint8_t digest[32], role;
	uint64_t created_at, expires_at, revoked_at, last_used_at;
};

struct fake_read {
	struct fake_read *prev, *next;
	uint64_t row, after, before;
	uint32_t limit;
	void (*each)(void *, int, const struct journal_record *);
	void *arg;
};

struct fake {
	struct bus *bus;
	struct fake_account *accounts;
	size_t n_accounts, room;
	uint32_t piece;  /* rows in a piece of a walk; 0: as many as are asked for */
	unsigned pieces; /* that were walked */
	struct fake_line *lines;
	size_t n_lines, line_room;
	uint64_t first_seq; /* lines below were pruned */
	struct fake_key keys[16];
	unsigned n_keys, n_key_uses;
	struct command *inbox;
	struct fake_read *reads;
	struct {
		char key[160], account[65];
		uint8_t hash[32];
	} remembered[8];
	unsigned n_remembered;

	/* what the test wants to see */
	bool at_once;            /* answer inside submit and journal */
	bool hold;               /* fake_turn answers no command */
	bool hold_reads;         /* fake_turn answers no read */
	bool full;               /* the inbox is full */
	bool store_busy;         /* journal reads are refused */
	const char *broken;      /* ready() says this is missing */
	const char *refuse;      /* refuse the next command with this problem code */
	uint64_t retry_after_ms; /* and this wish */
	const char *said;        /* what verbs and checks answer */
	bool drained;            /* the instance mock-1, by command */
	uint64_t open;           /* its sessions */
	const char *data;        /* what each line of the journal carries; NULL: nothing */

	/* what the test looks at */
	unsigned n_commands, n_reads;
	enum command_kind last_kind;
	char last_verb[64], last_args[512], last_recipient[140];
	size_t last_args_bytes;
	char last_provider[64], last_instance[80], last_headers[256];
	uint32_t last_idem_status;
	bool last_force, last_connect;
};

void fake_open(struct fake *, unsigned ring);
void fake_close(struct fake *);
struct api_port fake_port(struct fake *);

/* fake_fixed.c: members of its port. */
int fake_deaths(void *ctx, unsigned slot, uint32_t limit,
		void (*each)(void *, int, const struct death_record *), void *arg);
void fake_policies(void *ctx, void (*each)(void *, const struct policy_view *), void *arg);
int fake_attempts(void *ctx, uint64_t row, uint64_t before, uint32_t limit,
		  void (*each)(void *, int, const struct attempt_record *), void *arg);
void fake_totals(void *ctx, void (*each)(void *, const struct totals_view *), void *arg);
bool fake_instance(void *ctx, struct str id, struct instance_view *);
unsigned fake_workers(void *ctx, void (*each)(void *, const struct worker_view *), void *arg);
void fake_pauses(void *ctx, void (*each)(void *, const struct pause_view *), void *arg);
void fake_bulk(void *ctx, void (*each)(void *, const struct bulk_view *), void *arg);
void fake_bulk_count(void *ctx, const struct command *, struct bulk_count *ret_count,
		     void (*each)(void *arg, struct str id), void *arg);
/* Pauses and jobs on many: done, whatever is asked. */
bool fake_is_about_many(const struct command *, struct command_result *ret_result);
/* There are no webhooks: nothing is sent out here. */
bool fake_endpoint(void *ctx, struct str id, struct endpoint_view *ret_view);
void fake_endpoints(void *ctx, void (*each)(void *, const struct endpoint_view *), void *arg);
/* Keys: fake_keys.c. */
bool fake_port_key(void *ctx, struct str id, struct key_view *ret_view);
void fake_port_keys(void *ctx, void (*each)(void *, const struct key_view *), void *arg);
void fake_port_key_used(void *ctx, struct str id);
struct command_result fake_change_key(struct fake *, const struct command *);
const char *fake_webhook(void *ctx, struct str provider, struct str id, struct why *why);

struct fake_account *fake_add(struct fake *, const char *id);
/* A key is there; its text is `text` (59 bytes, see api/key_text.h). */
struct fake_key *fake_key(struct fake *, const char *text, enum api_role role,
			  const char *workspace);
struct fake_account *fake_find(struct fake *, const char *id);
/* Move an account, write it into the journal, tell the bus and wake its subscribers. */
void fake_status(struct fake *, const char *id, const char *status, const char *qr);
/* Write `n` lines that are told, and one that is not after each of them. */
void fake_noise(struct fake *, unsigned n);
/* Forget the journal below `seq`. */
void fake_prune(struct fake *, uint64_t seq);
/* Answer what waits. */
void fake_turn(struct fake *);

#endif
