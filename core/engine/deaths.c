/*
 * deaths.c - obituaries: what is known of a worker process that ended, put together and remembered.
 *
 * The pool answers the calls of a lost worker before it reports the worker itself; so the operations
 * that were open are noted as their answers come, and stand in the obituary that follows; so are those
 * that ran out of time, until the worker shows that it turns.  Only the
 * last sentence stays in memory: the store keeps the rest, bounded for each slot.
 */
#include <signal.h>

#include "base/json.h"
#include "engine/state.h"

#define LINES_MAX  8192 /* of what it printed last */
#define REPORT_MAX 8192
#define BLAME_MAX  1024

static const char *const op_names[OP_KINDS] = {
	[OP_CREATE] = "create",   [OP_CLOSE] = "disconnect", [OP_END] = "disconnect",
	[OP_LIST] = "list",       [OP_HEALTH] = "health",    [OP_CHECK] = "health",
	[OP_LOOK] = "health",     [OP_VERB] = "verb",        [OP_SEND] = "send",
	[OP_WEBHOOK] = "webhook",
};

static const char *account_of(struct engine *e, const struct op *op)
{
	const struct member *m = op->row != 0 ? member_by_row(e, op->row) : NULL;

	if (m != NULL)
		return m->id;
	return op->stray != NULL ? op->stray->account : "";
}

void death_lost_op(struct engine *e, const struct op *op)
{
	struct slot *s = &e->slots[op->slot];
	struct lost_op *lost;

	if (s->n_lost == LOST_OPS_MAX)
		return; /* their number is in the obituary all the same */
	lost = &s->lost[s->n_lost++];
	lost->kind = op->kind;
	lost->row = op->row;
	str_copy(lost->account, sizeof lost->account, str_of(account_of(e, op)));
}

void death_not_yet(struct slot *s)
{
	s->n_lost = 0;
}

static void ops_json(const struct slot *s, struct buf *out)
{
	struct jw j = jw_to(out);

	jw_array(&j, NULL);
	for (unsigned n = 0; n < s->n_lost; n++) {
		jw_object(&j, NULL);
		jw_text(&j, "kind", op_names[s->lost[n].kind]);
		jw_text(&j, "account", s->lost[n].account[0] != '\0' ? s->lost[n].account : NULL);
		jw_object_end(&j);
	}
	jw_array_end(&j);
}

/* Why we ended it; NULL: it died by itself, or somebody else killed it, whatever we had in mind. */
static const char *why_ended(const struct slot *s, const struct inbox_gone *g, int kind)
{
	static const char *const words[KILLED_COUNT] = {
		[KILLED_BREACH] = "it broke the protocol of its link; see its last lines",
		[KILLED_CLOSED] = "it closed its link and ran on",
		[KILLED_WANT] = "relinkd had no memory or descriptors for its link",
	};

	if (kind == DEATH_DIED && g->signal == SIGKILL && g->killed == KILLED_BY_OTHERS)
		return NULL;
	return s->blame != NULL ? s->blame : words[g->killed];
}

static struct str trimmed(struct str s)
{
	while (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == ' '))
		s.n--;
	return s;
}

/* The first `max` bytes, without half a character. */
static struct str head_of(struct str s, size_t max)
{
	return (struct str){ s.p, s.n <= max ? s.n : str_utf8_at(s, max) };
}

/* The last lines that fit. */
static struct str tail_of(struct str s, size_t max)
{
	const char *line;

	if (s.n <= max)
		return s;
	s = (struct str){ s.p + (s.n - max), max };
	line = memchr(s.p, '\n', s.n);
	return line != NULL ? (struct str){ line + 1, s.n - (size_t)(line + 1 - s.p) } : s;
}

/* One sentence for people: why we ended it, if we did, how it ended, and its last line. */
static void sentence(struct buf *b, const char *or_blame, const struct inbox_gone *g)
{
	struct str last = trimmed(g->report.n > 0 ? g->report : g->last_lines);

	if (or_blame != NULL)
		buf_printf(b, "%s; ", or_blame);
	if (g->signal != 0)
		buf_printf(b, "killed by signal %d (%s)", g->signal, strsignal(g->signal));
	else
		buf_printf(b, "exited with status %d", g->exit_status);
	if (g->open_calls > 0)
		buf_printf(b, ", %llu operations open", (unsigned long long)g->open_calls);
	if (last.n > 0)
		buf_printf(b, "; it said: %.*s", (int)MIN_OF(last.n, 500), last.p);
}

static uint64_t accounts_of(const struct engine *e, const struct slot *s)
{
	uint64_t n = 0;

	if (s->quarantine)
		return quarantined(e, s->provider);
	for (size_t i = 0; i < s->provider->n_instances; i++) {
		if (s->provider->instances[i].slot == s->number)
			n += s->provider->instances[i].accounts;
	}
	return n;
}

static void remember(struct engine *e, struct slot *s, const struct inbox_gone *g, int kind)
{
	struct death_record r = { .slot = s->number,
				  .kind = (uint8_t)kind,
				  .pid = g->pid,
				  .started_at = s->spawned_at,
				  .exit_status = (uint32_t)g->exit_status,
				  .signal = (uint32_t)g->signal,
				  .was_ready = g->was_ready,
				  .open_calls = g->open_calls,
				  .accounts = accounts_of(e, s),
				  .provider = str_of(s->provider->conf->name),
				  .plugin = str_of(s->plugin),
				  .version = str_of(s->version),
				  .how = str_of(s->last_death),
				  .blame = head_of(str_of(why_ended(s, g, kind)), BLAME_MAX),
				  .report = head_of(g->report, REPORT_MAX),
				  .last_lines = tail_of(g->last_lines, LINES_MAX) };
	struct buf ops;

	r.at = s->last_death_at = MAX_OF(e->now, s->last_death_at + 1);
	buf_init(&ops, 8192);
	if (s->n_lost > 0)
		ops_json(s, &ops);
	r.ops = ops.failed == 0 ? buf_all(&ops) : STR_NONE;
	commit_death(batch_commit(e), &r);
	buf_fini(&ops);
}

void death_note(struct engine *e, struct slot *s, const struct inbox_gone *g, int kind)
{
	struct buf b;

	buf_init(&b, 4096);
	sentence(&b, why_ended(s, g, kind), g);
	free(s->last_death);
	s->last_death = str_dup(buf_all(&b));
	buf_fini(&b);
	if (kind >= 0)
		remember(e, s, g, kind);
	if (kind == DEATH_DIED)
		blame_the_lost(e, s, g);
	s->n_lost = 0;
}
