/* backend.c - lock, read, decide, write, apply: the way of every change. */
#include "backend.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "fold.h"

static int fail(struct backend *b, int r, const char *what)
{
	const char *remedy = "";

	if (r == -ENOSPC || r == -EDQUOT)
		remedy = " (make room on the disk)";
	else if (r == -EFBIG)
		remedy = " (use a new directory)";
	snprintf(b->error, sizeof b->error, "the mock's journal cannot be %s: %s%s", what,
		 strerror(-r), remedy);
	return r;
}

uint64_t backend_now(const struct backend *b)
{
	return b->host->now_ms(b->host) + b->ahead_ms;
}

static int on_line(void *arg, char *line, size_t n)
{
	struct backend *b = arg;

	return fold_line(&b->world, line, n);
}

static int catch_up(struct backend *b)
{
	int r = journal_read(&b->journal, on_line, b);
	uint64_t now = backend_now(b);

	/* Another process has a clock before ours, or ours was set back since the journal was
	 * written: the service's time goes on from where it was. */
	if (b->world.now > now)
		b->ahead_ms += b->world.now - now;
	if (r < 0)
		return fail(b, r, "read");
	world_advance(&b->world, backend_now(b));
	return 0;
}

int backend_begin(struct backend *b)
{
	int r = journal_lock(&b->journal);

	if (r < 0)
		return fail(b, r, "locked");
	r = catch_up(b);
	if (r == 0) {
		r = journal_mend(&b->journal);
		if (r < 0)
			fail(b, r, "mended");
	}
	if (r < 0)
		journal_unlock(&b->journal);
	text_reset(&b->out);
	return r;
}

void backend_end(struct backend *b)
{
	journal_unlock(&b->journal);
}

void backend_line(struct backend *b, const char *verb)
{
	line_start(&b->out, b->world.now, b->world.boot, verb);
}

void backend_line_stop(struct backend *b)
{
	line_u64(&b->out, "by", b->by);
	line_stop(&b->out);
}

void backend_line_life(struct backend *b, const char *verb, const struct life *l)
{
	backend_line(b, verb);
	line_word(&b->out, "account", l->account->id);
	line_word(&b->out, "session", l->session);
	line_u64(&b->out, "gen", l->generation);
}

void backend_line_boot(struct backend *b, bool fenced)
{
	char id[20];

	snprintf(id, sizeof id, "%016llx", (unsigned long long)b->host->random(b->host));
	line_start(&b->out, b->world.now, b->world.boot + 1, "boot");
	line_word(&b->out, "class", fenced ? "fenced" : "listable");
	line_word(&b->out, "id", id);
	backend_line_stop(b);
}

void backend_line_end(struct backend *b, const struct life *l, const char *why,
		      enum relink_cause cause, enum how how)
{
	backend_line_life(b, "end", l);
	line_word(&b->out, "why", why);
	line_word(&b->out, "cause", cause_name(cause));
	line_word(&b->out, "how", how_name(how));
	backend_line_stop(b);
}

/* Our own lines are applied from the same text that a reader finds. */
static int apply_out(struct backend *b)
{
	char *p = b->out.p, *end = p + b->out.n;

	while (p < end) {
		char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)(newline - p);
		int r = fold_line(&b->world, p, n);

		if (r < 0)
			return r;
		if (b->journal.fd >= 0)
			b->journal.read_to += n + 1;
		p = newline + 1;
	}
	return 0;
}

int backend_say(struct backend *b)
{
	int r = b->out.failed ? -EMSGSIZE : 0;

	if (r == 0 && b->out.n > 0)
		r = journal_append(&b->journal, b->out.p, b->out.n);
	if (r == 0 && b->out.n > 0)
		r = apply_out(b);
	text_reset(&b->out);
	return r < 0 ? fail(b, r, "written") : 0;
}

/* --- opening --- */

static int attach(struct backend *b, const char *dir, bool fenced)
{
	int r = 0;

	if (b->world.boot == 0 && b->world.skipped > 0) {
		snprintf(
		    b->error, sizeof b->error,
		    "\"%s/journal\" is not a journal of the mock; set `dir` to another directory",
		    dir);
		return -EINVAL;
	}
	if (b->world.boot == 0) {
		backend_line_boot(b, fenced);
		r = backend_say(b);
	}
	if (r < 0)
		return r;
	if (b->world.fenced != fenced) {
		snprintf(b->error, sizeof b->error,
			 "\"%s\" holds sessions of a %s backend; give each plugin a directory of "
			 "its own",
			 dir, fenced ? "listable" : "fenced");
		return -EINVAL;
	}
	b->by = b->world.openers + 1;
	backend_line(b, "open");
	line_u64(&b->out, "pid", (uint64_t)getpid());
	line_word(&b->out, "instance", b->host->instance);
	backend_line_stop(b);
	return backend_say(b);
}

int backend_open(struct backend *b, const struct relink_host *host, const char *dir, bool fenced,
		 const struct script *config)
{
	int r;

	*b = (struct backend){ .host = host };
	world_init(&b->world, config);
	r = journal_open(&b->journal, dir);
	if (r < 0) {
		snprintf(
		    b->error, sizeof b->error,
		    "cannot open \"%s/journal\": %s (set `dir` to a directory that the worker may "
		    "write to)",
		    dir, strerror(-r));
	} else {
		r = backend_begin(b);
		if (r == 0) {
			r = attach(b, dir, fenced);
			backend_end(b);
		}
	}
	if (r < 0)
		backend_close(b);
	return r;
}

void backend_close(struct backend *b)
{
	journal_close(&b->journal);
	world_free(&b->world);
	text_free(&b->out);
}
