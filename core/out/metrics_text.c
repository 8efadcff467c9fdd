/* metrics_text.c - see metrics_text.h. */
#include "out/metrics_text.h"

#include <stdio.h>

#include "base/must.h"

static const struct metric_info infos[METRIC_COUNT] = {
#define METRIC(id, type, name, labels, help) [METRIC_##id] = { METRIC_##type, name, labels, help },
#include "out/metrics.def"
};

const struct metric_info *metric_info(enum metric metric)
{
	must(metric < METRIC_COUNT);
	return &infos[metric];
}

void metrics_init(struct metrics *m, struct buf *out)
{
	*m = (struct metrics){ .out = out, .open = METRIC_COUNT };
}

/* Quotes are escaped in values only; a help text may hold them. */
static void escaped(struct buf *out, const char *text, bool quoted)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\\')
			buf_text(out, "\\\\");
		else if (*p == '\n')
			buf_text(out, "\\n");
		else if (*p == '"' && quoted)
			buf_text(out, "\\\"");
		else
			buf_byte(out, *p);
	}
}

static const struct metric_info *begin(struct metrics *m, enum metric metric)
{
	static const char *const types[] = { "counter", "gauge", "histogram" };
	const struct metric_info *info = metric_info(metric);

	if (m->open == metric)
		return info;
	must(!m->done[metric]);
	m->done[metric] = true;
	m->open = metric;
	buf_text(m->out, "# HELP ");
	buf_text(m->out, info->name);
	buf_byte(m->out, ' ');
	escaped(m->out, info->help, false);
	buf_printf(m->out, "\n# TYPE %s %s\n", info->name, types[info->type]);
	return info;
}

/* {provider="mock",status="connected"}; `le` NULL: without. */
static void labels_text(struct buf *out, const char *names, const char *const *values,
			const char *le)
{
	char open = '{';

	while (*names != '\0') {
		size_t n = strcspn(names, " ");

		must(*values != NULL);
		buf_byte(out, open);
		buf_str(out, (struct str){ names, n });
		buf_text(out, "=\"");
		escaped(out, *values++, true);
		buf_byte(out, '"');
		names += n + (names[n] == ' ');
		open = ',';
	}
	must(*values == NULL);
	if (le != NULL)
		buf_printf(out, "%cle=\"%s\"", open, le);
	if (open == ',' || le != NULL)
		buf_byte(out, '}');
}

#define DECIMAL 48

static void decimal(char to[DECIMAL], uint64_t v, uint64_t per_unit)
{
	int n = snprintf(to, DECIMAL, "%llu", (unsigned long long)(v / per_unit));
	uint64_t rest = v % per_unit;

	if (rest == 0)
		return;
	to[n++] = '.';
	for (uint64_t unit = per_unit / 10; rest > 0; unit /= 10) {
		to[n++] = (char)('0' + rest / unit);
		rest %= unit;
	}
	to[n] = '\0';
}

static void line(struct metrics *m, const struct metric_info *info, const char *suffix,
		 const char *const *values, const char *le, const char *v)
{
	buf_text(m->out, info->name);
	buf_text(m->out, suffix);
	labels_text(m->out, info->labels, values, le);
	buf_byte(m->out, ' ');
	buf_text(m->out, v);
	buf_byte(m->out, '\n');
}

void metrics_parts(struct metrics *m, enum metric metric, const char *const *labels, uint64_t v,
		   uint64_t per_unit)
{
	const struct metric_info *info = begin(m, metric);
	char text[DECIMAL];

	must(info->type != METRIC_HISTOGRAM);
	decimal(text, v, per_unit);
	line(m, info, "", labels, NULL, text);
}

void metrics_u64(struct metrics *m, enum metric metric, const char *const *labels, uint64_t v)
{
	metrics_parts(m, metric, labels, v, 1);
}

void metrics_histogram(struct metrics *m, enum metric metric, const char *const *labels,
		       const struct histogram_steps *steps, const struct histogram *h)
{
	const struct metric_info *info = begin(m, metric);
	char le[DECIMAL], text[DECIMAL];
	uint64_t below = 0;

	must(info->type == METRIC_HISTOGRAM);
	for (unsigned i = 0; i < steps->n; i++) {
		below += h->n[i];
		decimal(le, steps->upto[i], steps->per_unit);
		decimal(text, below, 1);
		line(m, info, "_bucket", labels, le, text);
	}
	decimal(text, histogram_count(h), 1);
	line(m, info, "_bucket", labels, "+Inf", text);
	line(m, info, "_count", labels, NULL, text);
	decimal(text, h->sum, steps->per_unit);
	line(m, info, "_sum", labels, NULL, text);
}
