/* process.c - see process.h. */
#include "proc/process.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/killpoint.h"
#include "base/obj.h"
#include "proc/child.h"
#include "proc/lines.h"

#define PROCESS_MAGIC 0xa1a12006u
#define GRACE_MS      500
#define NEVER_MS      (UINT64_MAX - 1)
#define REPORT_SHOWN  8192

/* Which file it was, so that a new one is noticed. */
struct plugin_file {
	char path[PATH_MAX];
	struct stat st; /* all zero: it was not there */
};

enum part { PART_CHILD = 1, PART_LINK = 2, PART_OUT = 4, PART_ERR = 8 };

struct process {
	unsigned magic, slot;
	struct alarms *alarms;
	struct process_port port;
	struct child child;
	struct link link;
	struct lines out, err;
	struct speech speech;
	int report_fd;
	unsigned open;    /* parts that have handles */
	unsigned missing; /* parts whose end was not seen */
	bool buried;
	struct alarm grace;
	uint64_t started_at, died_at;
	int exit_status, signal;
	uint8_t killed; /* enum killed: why we sent SIGKILL first */
	bool was_ready;
	struct plugin_file file;
};

/* --- the end --- */

/* The first reason counts.  A worker that has ended and was not reaped yet was ended by somebody else,
 * and a signal of ours is none of its story. */
static void kill_child(struct process *p, enum killed why)
{
	if (p->killed == KILLED_BY_OTHERS && child_runs(&p->child))
		p->killed = (uint8_t)why;
	child_signal(&p->child, SIGKILL);
}

static struct str read_report(int fd, char *to, size_t room)
{
	ssize_t n = pread(fd, to, room, 0);

	return (struct str){ to, n > 0 ? strnlen(to, (size_t)n) : 0 };
}

static void on_part_closed(struct process *p, enum part part)
{
	struct process_port port = p->port;

	p->open &= ~(unsigned)part;
	if (p->open != 0)
		return;
	speech_fini(&p->speech);
	close(p->report_fd);
	OBJ_FINI(p);
	free(p);
	port.released(port.ctx);
}

static struct process *process_of(void *ctx)
{
	struct process *p;

	OBJ_CAST(p, ctx, PROCESS_MAGIC);
	return p;
}

static void on_child_closed(void *ctx)
{
	on_part_closed(process_of(ctx), PART_CHILD);
}

static void on_link_closed(void *ctx)
{
	on_part_closed(process_of(ctx), PART_LINK);
}

static void on_out_closed(void *ctx)
{
	on_part_closed(process_of(ctx), PART_OUT);
}

static void on_err_closed(void *ctx)
{
	on_part_closed(process_of(ctx), PART_ERR);
}

static void close_parts(struct process *p)
{
	child_close(&p->child, on_child_closed);
	if ((p->open & PART_LINK) != 0)
		link_close(&p->link, on_link_closed);
	if ((p->open & PART_OUT) != 0)
		lines_close(&p->out, on_out_closed);
	if ((p->open & PART_ERR) != 0)
		lines_close(&p->err, on_err_closed);
}

void process_bury(struct process *p)
{
	const struct pool_port *port = p->port.pool;
	struct obituary o = { .slot = p->slot,
			      .pid = process_pid(p),
			      .started_at = p->started_at,
			      .died_at = p->died_at != 0 ? p->died_at : clock_ms(),
			      .exit_status = p->exit_status,
			      .signal = p->signal,
			      .killed = p->signal == SIGKILL ? p->killed : KILLED_BY_OTHERS,
			      .was_ready = p->was_ready,
			      .open_calls = p->link.n_calls };
	char report[REPORT_SHOWN];
	struct buf last;

	OBJ_CHECK(p, PROCESS_MAGIC);
	if (p->buried)
		return;
	p->buried = true;
	alarm_stop(p->alarms, &p->grace);
	buf_init(&last, SPEECH_LAST_BYTES);
	close_parts(p);
	KP("proc.gone.cancel");
	link_cancel(&p->link);
	o.report = read_report(p->report_fd, report, sizeof report);
	speech_last(&p->speech, &last);
	o.last_lines = buf_all(&last);
	KP("proc.gone");
	p->port.gone(p->port.ctx, p->slot);
	port->gone(port->ctx, p->slot, &o);
	buf_fini(&last);
}

static void on_grace(struct alarm *a)
{
	struct process *p = process_of((char *)a - offsetof(struct process, grace));

	if ((p->missing & PART_CHILD) != 0) {
		kill_child(p, KILLED_CLOSED);
		return;
	}
	if ((p->missing & PART_LINK) != 0)
		wire_read(&p->link.wire); /* what was said before the end counts */
	process_bury(p);
}

static void saw_end(struct process *p, enum part part)
{
	p->missing &= ~(unsigned)part;
	if (p->missing == 0)
		process_bury(p);
	else if (part == PART_CHILD || part == PART_LINK)
		alarm_set(p->alarms, &p->grace, clock_ms() + GRACE_MS);
}

static void on_exited(void *ctx, int status, int signal)
{
	struct process *p = process_of(ctx);

	p->died_at = clock_ms();
	p->exit_status = status;
	p->signal = signal;
	saw_end(p, PART_CHILD);
}

static void on_out_ended(void *ctx)
{
	saw_end(process_of(ctx), PART_OUT);
}

static void on_err_ended(void *ctx)
{
	saw_end(process_of(ctx), PART_ERR);
}

/* A worker that broke the protocol may do anything next; one whose words we had no memory for is out of
 * step all the same. */
static void on_link_end(void *ctx, int code, const char *why)
{
	struct process *p = process_of(ctx);

	if (code != ERR_EOF) {
		speech_line(&p->speech, "link", str_of(why));
		kill_child(p, code == ERR_NOMEM ? KILLED_WANT : KILLED_BREACH);
	}
	saw_end(p, PART_LINK);
}

/* --- what it says --- */

static void on_hello(void *ctx, const struct msg_hello *hello)
{
	struct process *p = process_of(ctx);

	p->port.pool->hello(p->port.pool->ctx, p->slot, hello);
}

static void on_message(void *ctx, const struct msg_message *message)
{
	struct process *p = process_of(ctx);

	p->port.pool->message(p->port.pool->ctx, p->slot, message);
}

static void on_event(void *ctx, const struct msg_event *event)
{
	struct process *p = process_of(ctx);

	p->port.pool->event(p->port.pool->ctx, p->slot, event);
}

static void on_listed(void *ctx, uint64_t tag, const struct msg_listed *part)
{
	struct process *p = process_of(ctx);

	p->port.pool->listed(p->port.pool->ctx, p->slot, tag, part);
}

static void on_log(void *ctx, const struct msg_log *log)
{
	struct process *p = process_of(ctx);

	speech_message(&p->speech, (unsigned)log->level, log->instance, log->text);
}

static void on_reply(void *ctx, enum msg_method method, uint64_t tag, int result, const void *reply,
		     const struct msg_error *error)
{
	struct process *p = process_of(ctx);

	if (method == MSG_config && result == 0)
		p->was_ready = true;
	p->port.pool->reply(p->port.pool->ctx, p->slot, method, tag, result, reply, error);
}

/* --- the start --- */

/* A part that cannot be opened counts as ended: the worker is of no use then, and its obituary
 * follows as that of any other. */
static void open_parts(struct process *p, uv_loop_t *loop, const struct child_ends *ends,
		       struct process_counters *counters)
{
	const struct link_port port = { .ctx = p,
					.hello = on_hello,
					.event = on_event,
					.message = on_message,
					.listed = on_listed,
					.log = on_log,
					.reply = on_reply,
					.end = on_link_end };

	if (link_open(&p->link, loop, ends->link, p->alarms, &port, &counters->link) == 0)
		p->open |= PART_LINK;
	if (lines_open(&p->out, loop, ends->out, "stdout", &p->speech, on_out_ended, p) == 0)
		p->open |= PART_OUT;
	if (lines_open(&p->err, loop, ends->err, "stderr", &p->speech, on_err_ended, p) == 0)
		p->open |= PART_ERR;
	p->missing = p->open;
	if ((p->open & PART_LINK) == 0)
		kill_child(p, KILLED_WANT);
}

static int start_child(struct process *p, uv_loop_t *loop, const struct process_spec *spec,
		       struct child_ends *ret_ends, struct why *why)
{
	char slot[16];
	const struct child_spec child = { .program = spec->worker_path,
					  .args = { slot, spec->plugin, spec->name },
					  .limits = spec->limits,
					  .may_be_killed = spec->may_be_killed };

	snprintf(slot, sizeof slot, "%u", spec->slot);
	/* Set far away now, so that it can be moved later without needing memory. */
	if (alarm_set(p->alarms, &p->grace, NEVER_MS) < 0)
		return why_set(why, ERR_UNAVAILABLE, "no memory to start %s", spec->worker_path);
	return child_start(&p->child, loop, &child, on_exited, p, ret_ends, why);
}

int process_start(struct process **ret_process, uv_loop_t *loop, struct alarms *alarms,
		  const struct process_spec *spec, const struct process_port *port,
		  struct process_counters *counters, struct why *why)
{
	struct process *p = calloc(1, sizeof *p);
	struct child_ends ends;

	if (p == NULL)
		return why_set(why, ERR_UNAVAILABLE, "no memory to start %s", spec->worker_path);
	OBJ_INIT(p, PROCESS_MAGIC);
	p->slot = spec->slot;
	p->alarms = alarms;
	p->port = *port;
	p->grace = ALARM(on_grace);
	p->started_at = clock_ms();
	snprintf(p->file.path, sizeof p->file.path, "%s", spec->plugin);
	stat(p->file.path, &p->file.st);
	if (start_child(p, loop, spec, &ends, why) < 0) {
		alarm_stop(alarms, &p->grace);
		free(p);
		return ERR_UNAVAILABLE;
	}
	p->report_fd = ends.report;
	p->open = PART_CHILD;
	speech_init(&p->speech, spec->slot, spec->name, &counters->lines_dropped);
	open_parts(p, loop, &ends, counters);
	*ret_process = p;
	return 0;
}

int process_call(struct process *p, enum msg_method method, const void *params, uint64_t tag,
		 uint64_t deadline_ms)
{
	OBJ_CHECK(p, PROCESS_MAGIC);
	if ((p->open & PART_LINK) == 0)
		return ERR_UNAVAILABLE;
	return link_call(&p->link, method, params, tag, deadline_ms);
}

bool process_plugin_changed(const struct process *p)
{
	const struct stat *was = &p->file.st;
	struct stat st;

	if (stat(p->file.path, &st) < 0)
		return false; /* gone: nothing better is there to be loaded */
	return st.st_ino != was->st_ino || st.st_dev != was->st_dev || st.st_size != was->st_size ||
	       st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	       st.st_mtim.tv_nsec != was->st_mtim.tv_nsec;
}

/* Then a kill is due soon anyway. */
static bool link_is_lost(const struct process *p)
{
	return (p->open & PART_LINK) != 0 && wire_is_dead(&p->link.wire);
}

uint64_t process_pid(const struct process *p)
{
	return (uint64_t)p->child.pid;
}

void process_signal(struct process *p, int sig)
{
	OBJ_CHECK(p, PROCESS_MAGIC);
	if (sig == SIGKILL)
		kill_child(p, link_is_lost(p) ? KILLED_CLOSED : KILLED_ON_ORDER);
	else
		child_signal(&p->child, sig);
}

void process_pause(struct process *p, bool paused)
{
	OBJ_CHECK(p, PROCESS_MAGIC);
	if ((p->open & PART_LINK) != 0)
		wire_pause(&p->link.wire, paused);
}
