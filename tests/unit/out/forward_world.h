/*
 * forward_world.h - a journal, a receiver and a store of a few lines around a forwarder, in virtual time.
 */
#ifndef RELINK_TEST_OUT_FORWARD_WORLD_H
#define RELINK_TEST_OUT_FORWARD_WORLD_H
#include "out/forward.h"

#define LINES_MAX 6000
#define SENT_MAX  8000

struct sent {
	uint64_t seq, row, at;
};

struct forward_world {
	struct forward *f;
	/* the journal: line i has seq i + 1 */
	struct {
		uint64_t row, at;
		bool tell, wanted, pruned, damaged;
	} lines[LINES_MAX];
	uint64_t n_lines;
	bool busy; /* the store has no time */
	unsigned n_reads;
	struct {
		forward_line_fn *fn;
		void *arg;
		uint64_t row, after;
		uint32_t limit;
	} read; /* fn NULL: none */

	/* the receiver */
	struct sent sent[SENT_MAX]; /* all tries */
	unsigned n_sent;
	struct {
		struct forward_account *account;
		uint64_t row, seq;
	} flying[FORWARD_FLYING];
	uint64_t taken[SENT_MAX]; /* seqs, in the order in which they were taken */
	unsigned n_taken;
	uint64_t sick_row; /* takes nothing of this account; UINT64_MAX: of none */
	uint64_t gone_row; /* has nothing to send any more */
	uint64_t retry_after;
	bool refuses; /* send() itself fails */

	/* the store */
	uint64_t place;
	char behind[20000];
	unsigned n_saves;
	bool saves_fail;
	void (*done)(void *arg);
	void *done_arg;

	uint64_t wake_at, now;
};
extern struct forward_world w;

/* All that happens without time going by. */
void settle(void);
bool answer_read(void);
bool answer_saves(void);
bool answer_sent(void);
void time_goes_to(uint64_t at);
/* To the next alarm, at most up to `end`; false when there is none before. */
bool step_to(uint64_t end);
void pass(uint64_t ms);
void write_line(uint64_t row, bool wanted);
/* Write a wanted line and tell the forwarder. */
void happen(uint64_t row);
void start_at(uint64_t seq, const char *behind, bool fresh);
/* Nothing is answered yet. */
void start_paused_at(uint64_t seq, const char *behind);
/* As after kill -9: what was kept is all that is known. */
void restart(void);
int open_world(void **state);
int close_world(void **state);
struct forward_stats stats(void);
/* Of each account every wanted line from `from` on was taken, in order; at most `twice` came again. */
void all_taken(uint64_t from, unsigned twice);
extern const struct forward_port port;

#endif
