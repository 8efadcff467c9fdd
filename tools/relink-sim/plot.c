/*
 * plot.c - the report as one HTML file: SVG drawings, nothing to fetch.
 */
#include <errno.h>

#include "sim.h"

#define WIDTH  860
#define HEIGHT 260
#define LEFT   80
#define RIGHT  20
#define TOP    20
#define BOTTOM 45
#define POINTS (SAMPLES + 1)

static const char *const colours[] = { "#0a6", "#c33", "#c80", "#36c", "#888" };

struct curve {
	const char *name;
	unsigned n;
	double x[POINTS], y[POINTS];
};

static void chart_begin(FILE *to, const char *title, const char *x_name, const char *y_name,
			double x_max, double y_max)
{
	fprintf(to, "<h2>%s</h2>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
		title, WIDTH, HEIGHT + 20, title);
	for (int i = 0; i <= 5; i++) {
		double x = LEFT + (WIDTH - LEFT - RIGHT) * i / 5.0;
		double y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * i / 5.0;

		fprintf(to, "<line x1=\"%.0f\" y1=\"%d\" x2=\"%.0f\" y2=\"%d\" class=\"g\"/>", x,
			TOP, x, HEIGHT - BOTTOM);
		fprintf(to, "<line x1=\"%d\" y1=\"%.0f\" x2=\"%d\" y2=\"%.0f\" class=\"g\"/>\n",
			LEFT, y, WIDTH - RIGHT, y);
		fprintf(to, "<text x=\"%.0f\" y=\"%d\" text-anchor=\"middle\">%.4g</text>", x,
			HEIGHT - BOTTOM + 16, x_max * i / 5);
		fprintf(to, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"end\">%.4g</text>\n", LEFT - 6,
			y + 4, y_max * i / 5);
	}
	fprintf(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>", (WIDTH + LEFT) / 2,
		HEIGHT - BOTTOM + 34, x_name);
	fprintf(
	    to,
	    "<text transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
	    HEIGHT / 2, y_name);
}

static void chart_curve(FILE *to, const struct curve *c, unsigned number, double x_max,
			double y_max)
{
	const char *colour = colours[number % ARRAY_LEN(colours)];

	fprintf(to, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" points=\"", colour);
	for (unsigned i = 0; i < c->n; i++)
		fprintf(to, "%.1f,%.1f ", LEFT + (WIDTH - LEFT - RIGHT) * c->x[i] / x_max,
			HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * c->y[i] / y_max);
	fprintf(to, "\"/><text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n", LEFT + 150 * (int)number,
		HEIGHT + 12, colour, c->name);
}

static void chart(FILE *to, const char *title, const char *x_name, const char *y_name,
		  const struct curve *c, unsigned n)
{
	double x_max = 0, y_max = 0;

	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < c[i].n; k++) {
			x_max = c[i].x[k] > x_max ? c[i].x[k] : x_max;
			y_max = c[i].y[k] > y_max ? c[i].y[k] : y_max;
		}
	}
	x_max = x_max > 0 ? x_max : 1;
	y_max = y_max > 0 ? y_max : 1;
	chart_begin(to, title, x_name, y_name, x_max, y_max);
	for (unsigned i = 0; i < n; i++)
		chart_curve(to, &c[i], i, x_max, y_max);
	fprintf(to, "</svg>\n");
}

enum series { CONNECTED, STARTS_PER_S, QUEUED, SCANS, WAITING };

static void series_of(struct curve *c, const struct result *r, enum series which,
		      const struct scenario *s)
{
	uint64_t step_ms = s->duration / SAMPLES;
	double step_s = (double)step_ms / 1000;

	c->name = r->who;
	c->n = r->f.n_samples;
	for (unsigned i = 0; i < c->n; i++) {
		const struct sample *a = &r->f.samples[i],
				    *before = &r->f.samples[i > 0 ? i - 1 : 0];

		c->x[i] = step_s * i / 60;
		c->y[i] = which == CONNECTED ? (double)a->connected
			  : which == QUEUED  ? (double)a->queued
			  : which == SCANS   ? (double)a->scans
			  : which == WAITING ? (double)a->waiting
					     : (double)(a->starts - before->starts) / step_s;
	}
}

/* The part that was done within x seconds. */
static void spread_of(struct curve *c, const char *name, const struct hist *h)
{
	c->name = name;
	c->n = 0;
	for (unsigned i = 0; i <= 100 && h->n > 0; i++) {
		c->x[c->n] = (double)hist_at(h, i < 100 ? i / 100.0 : 0.9999) / 1000;
		c->y[c->n++] = i;
	}
}

static void all_charts(FILE *to, const struct scenario *s, const struct result *r, unsigned n)
{
	static const struct {
		enum series which;
		const char *title, *y_name;
	} over_time[] = { { CONNECTED, "Connected over time", "accounts" },
			  { STARTS_PER_S, "Starts per second", "starts per s" },
			  { QUEUED, "Waiting for a start (Relink only)", "accounts" },
			  { SCANS, "Scans by people, in all", "scans" },
			  { WAITING, "Accounts that wait for a person's click", "accounts" } };
	static struct curve c[5];
	static const char *const classes[] = { "a person waits", "was connected", "others" };

	n = n < ARRAY_LEN(c) ? n : ARRAY_LEN(c);
	for (size_t i = 0; i < ARRAY_LEN(over_time); i++) {
		for (unsigned k = 0; k < n; k++)
			series_of(&c[k], &r[k], over_time[i].which, s);
		chart(to, over_time[i].title, "minutes since the beginning", over_time[i].y_name, c,
		      n);
	}
	for (unsigned k = 0; k < n; k++)
		spread_of(&c[k], r[k].who, &r[k].f.recovery);
	chart(to, "Recovery time: from connected lost to connected again", "seconds",
	      "% of recoveries", c, n);
	for (unsigned k = 0; k < WAIT_KINDS; k++)
		spread_of(&c[k], classes[k], &r[0].f.wait[k]);
	chart(to, "Queue wait by class (Relink)", "seconds", "% of starts", c, WAIT_KINDS);
}

static void escaped(FILE *to, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '<' || *text == '&')
			fprintf(to, "&#%d;", *text);
		else
			fputc(*text, to);
	}
}

/* 0, or an errno. */
int plot_html(const char *path, const struct scenario *s, const struct result *r, size_t n)
{
	FILE *to = fopen(path, "we");
	bool failed;

	if (to == NULL)
		return errno;
	fprintf(to, "<!doctype html><meta charset=\"utf-8\"><title>relink-sim: ");
	escaped(to, s->name);
	fprintf(to, "</title><style>body{font:15px sans-serif;max-width:900px;margin:2em "
		    "auto;padding:0 1em}"
		    "svg{width:100%%;background:#fff}svg text{font:11px sans-serif}.g{stroke:#ddd}"
		    "pre{background:#f4f4f4;padding:1em;overflow-x:auto}</style>\n<h1>");
	escaped(to, s->name);
	fprintf(to, "</h1>\n<p>");
	escaped(to, s->about);
	fprintf(to, "</p>\n");
	for (size_t i = 0; i < n; i++) {
		fprintf(to, "<pre>");
		report_text(to, s, &r[i]);
		fprintf(to, "</pre>\n");
	}
	all_charts(to, s, r, (unsigned)n);
	failed = ferror(to) != 0;
	return fclose(to) != 0 ? errno : failed ? EIO : 0;
}
