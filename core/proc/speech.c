/* speech.c - see speech.h. */
#include "proc/speech.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/obj.h"

#define LINES_PER_SECOND 100
#define BYTES_PER_SECOND (64u << 10)

void speech_init(struct speech *s, unsigned slot, const char *name, uint64_t *dropped)
{
	*s = (struct speech){ .slot = slot,
			      .rate = { .things = LINES_PER_SECOND, .bytes = BYTES_PER_SECOND } };
	s->dropped = dropped;
	str_copy(s->name, sizeof s->name, str_of(name));
}

void speech_init_service(struct speech *s, const char *instance, uint64_t *dropped)
{
	speech_init(s, 0, instance, dropped);
	s->service = true;
}

static void tell_dropped(const struct speech *s, uint64_t n)
{
	if (n > 0 && s->service)
		LOG(WARN, WORKER, "service.too_many_lines", f_text("instance", s->name),
		    f_u64("dropped", n));
	else if (n > 0)
		LOG(WARN, WORKER, "worker.too_many_lines", f_u64("slot", s->slot),
		    f_text("worker", s->name), f_u64("dropped", n));
}

void speech_fini(struct speech *s)
{
	tell_dropped(s, s->rate.refused);
	for (unsigned i = 0; i < SPEECH_LAST_LINES; i++)
		free(s->last[i]);
	*s = (struct speech){ 0 };
}

static bool may_pass(struct speech *s, size_t n)
{
	uint64_t now = clock_ms();
	bool pass;

	tell_dropped(s, rate_refused(&s->rate, now));
	pass = rate_pass(&s->rate, now, n);
	if (!pass)
		++*s->dropped;
	return pass;
}

/* A line that cannot be kept for want of memory is missing in the obituary, no more. */
static void keep(struct speech *s, struct str line)
{
	free(s->last[s->next]);
	s->last[s->next] = str_dup(line);
	s->next = (s->next + 1) % SPEECH_LAST_LINES;
}

void speech_line(struct speech *s, const char *stream, struct str line)
{
	keep(s, line);
	if (!may_pass(s, line.n))
		return;
	if (s->service)
		LOG(INFO, WORKER, "service.says", f_text("instance", s->name), f_str("text", line));
	else
		LOG(INFO, WORKER, "worker.says", f_u64("slot", s->slot), f_text("worker", s->name),
		    f_text("stream", stream), f_str("text", line));
}

void speech_message(struct speech *s, unsigned level, struct str instance, struct str text)
{
	const struct log_field fields[] = { f_u64("slot", s->slot),
					    f_text("worker", s->name),
					    f_str("instance", instance),
					    f_str("text", text),
					    { 0 } };

	if (log_wants((enum log_level)level, LOG_SUB_PLUGIN) && may_pass(s, text.n))
		log_fields((enum log_level)level, LOG_SUB_PLUGIN, "plugin.says", fields);
}

/* The i-th of the lines that are kept, oldest first; NULL when there were not so many. */
static const char *kept(const struct speech *s, unsigned i)
{
	return s->last[(s->next + i) % SPEECH_LAST_LINES];
}

void speech_last(const struct speech *s, struct buf *out)
{
	unsigned first = SPEECH_LAST_LINES;
	size_t bytes = 0;

	while (first > 0 && kept(s, first - 1) != NULL) {
		bytes += strlen(kept(s, first - 1)) + 1;
		if (bytes > SPEECH_LAST_BYTES)
			break;
		first--;
	}
	for (unsigned i = first; i < SPEECH_LAST_LINES; i++) {
		buf_text(out, kept(s, i));
		buf_byte(out, '\n');
	}
}
