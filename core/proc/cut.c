/* cut.c - see cut.h. */
#include "proc/cut.h"

#include "base/obj.h"

void cut_rest(struct cut *c, struct speech *speech, const char *stream)
{
	if (c->n > 0)
		speech_line(speech, stream, (struct str){ c->line, c->n });
	c->n = 0;
	c->skip = false;
}

static void add(struct cut *c, const char *p, size_t n)
{
	size_t room = sizeof c->line - c->n, part = MIN_OF(n, room);

	if (c->skip)
		return;
	memcpy(c->line + c->n, p, part);
	c->n += part;
	c->skip = part < n;
}

void cut_lines(struct cut *c, struct speech *speech, const char *stream, const char *p, size_t n)
{
	while (n > 0) {
		const char *nl = memchr(p, '\n', n);
		size_t part = nl != NULL ? (size_t)(nl - p) : n;

		add(c, p, part);
		if (nl == NULL)
			return;
		cut_rest(c, speech, stream);
		p += part + 1;
		n -= part + 1;
	}
}
