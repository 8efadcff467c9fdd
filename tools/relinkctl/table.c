/* table.c - see table.h. */
#include "table.h"

#include "base/obj.h"
#include "text.h"
#include "when.h"

#define TABLE_BYTES (256u << 20)
#define GAP         2
#define NARROWEST   4 /* of a column that should not be cut at all */

struct cell {
	size_t at, n;
	unsigned width;
	enum paint paint;
};

void table_init(struct table *t, const struct column *columns, unsigned n, const struct term *term)
{
	must(n > 0 && n <= TABLE_COLUMNS);
	*t = (struct table){ .term = term, .columns = columns, .n_columns = n };
	buf_init(&t->text, TABLE_BYTES);
	buf_init(&t->cells, TABLE_BYTES);
}

void table_fini(struct table *t)
{
	buf_fini(&t->text);
	buf_fini(&t->cells);
}

static struct str cell_text(const struct table *t, const struct cell *c)
{
	return c->n > 0 ? (struct str){ t->text.p + c->at, c->n } : STR_NONE;
}

void table_cell_painted(struct table *t, struct str s, enum paint paint)
{
	struct cell c = { .at = t->text.n, .paint = s.n > 0 ? paint : PAINT_NONE };

	text_add(&t->text, s, t->term->utf8);
	c.n = t->text.n - c.at;
	c.width = text_width(cell_text(t, &c));
	buf_add(&t->cells, &c, sizeof c);
}

void table_cell(struct table *t, struct str s)
{
	table_cell_painted(t, s, PAINT_NONE);
}

void table_cell_time(struct table *t, struct str rfc3339)
{
	char brief[WHEN_MAX];

	when_brief(brief, when_ms(rfc3339));
	table_cell(t, t->term->width > 0 && brief[0] != '\0' ? str_of(brief) : rfc3339);
}

void table_cell_u64(struct table *t, uint64_t v)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
	table_cell(t, str_of(digits));
}

static void measure(struct table *t, const struct cell *cells, size_t n)
{
	for (unsigned i = 0; i < t->n_columns; i++) {
		unsigned head = text_width(str_of(t->columns[i].head));

		t->natural[i] = MAX_OF(t->natural[i], t->headless ? 1 : head);
	}
	for (size_t i = 0; i < n; i++) {
		unsigned *width = &t->natural[i % t->n_columns];

		*width = MAX_OF(*width, cells[i].width);
		t->filled[i % t->n_columns] = t->filled[i % t->n_columns] || cells[i].n > 0;
	}
}

static unsigned total_width(const struct table *t)
{
	unsigned total = 0;

	for (unsigned i = 0; i < t->n_columns; i++)
		total += t->widths[i] > 0 ? t->widths[i] + GAP : 0;
	return total - GAP;
}

/* Take from the widest column that may give way; false when none can any more.  `any`: from any. */
static bool narrow_one(struct table *t, bool any)
{
	unsigned *widest = NULL;

	for (unsigned i = 0; i < t->n_columns; i++) {
		unsigned least = any ? NARROWEST : t->columns[i].least;

		if (least > 0 && t->widths[i] > least && (widest == NULL || t->widths[i] > *widest))
			widest = &t->widths[i];
	}
	if (widest != NULL)
		--*widest;
	return widest != NULL;
}

/* Widths when all columns are left out whose `drop` is at most `dropped`; with
 * `empty_ones` also those in which no row has anything. */
static void leave_out(struct table *t, unsigned dropped, bool empty_ones)
{
	for (unsigned i = 0; i < t->n_columns; i++) {
		unsigned drop = t->columns[i].drop;
		bool out = (drop > 0 && drop <= dropped) || (empty_ones && i > 0 && !t->filled[i]);

		t->widths[i] = out ? 0 : t->natural[i];
	}
}

static bool fits(const struct table *t)
{
	return t->term->width == 0 || total_width(t) <= t->term->width;
}

/* Make a row fit: without columns that are empty, by narrower columns, by fewer; and when all that was
 * not enough, by cutting what is widest. */
static void fit(struct table *t)
{
	unsigned most = 0;

	for (unsigned i = 0; i < t->n_columns; i++)
		most = MAX_OF(most, t->columns[i].drop);
	leave_out(t, 0, false);
	for (unsigned dropped = 0; dropped <= most && !fits(t); dropped++) {
		leave_out(t, dropped, true);
		while (!fits(t) && narrow_one(t, false))
			;
	}
	while (!fits(t) && narrow_one(t, true))
		;
}

static void print_blanks(FILE *out, unsigned n)
{
	fprintf(out, "%*s", (int)n, "");
}

/* `last`: nothing follows in this line, so no blanks do. */
static void print_cell(const struct table *t, unsigned column, struct str text, enum paint paint,
		       bool last, FILE *out)
{
	unsigned room = t->widths[column], width = text_width(text);
	const char *cut = t->term->utf8 ? "\u2026" : "~";

	if (room == 0)
		return;
	if (width > room) {
		text.n = text_fit(text, room - 1);
		width = text_width(text) + 1;
	} else {
		cut = "";
	}
	if (t->columns[column].right)
		print_blanks(out, room - width);
	fputs(term_paint(t->term, paint), out);
	text_put(out, text);
	fputs(cut, out);
	fputs(paint != PAINT_NONE ? term_plain(t->term) : "", out);
	if (!t->columns[column].right && !last)
		print_blanks(out, room - width);
	if (!last)
		print_blanks(out, GAP);
}

static void print_head(struct table *t, uint64_t shown, FILE *out)
{
	for (unsigned i = 0; i < t->n_columns; i++)
		print_cell(t, i, str_of(t->columns[i].head), PAINT_HEAD, shown >> (i + 1) == 0,
			   out);
	putc('\n', out);
	t->head_of = shown;
}

/* Bits of the columns that are not left out. */
static uint64_t shown_columns(const struct table *t)
{
	uint64_t shown = 0;

	for (unsigned i = 0; i < t->n_columns; i++)
		shown |= (uint64_t)(t->widths[i] > 0) << i;
	return shown;
}

static void print_row(const struct table *t, const struct cell *cells, FILE *out)
{
	unsigned n = t->n_columns;

	while (n > 0 && (t->widths[n - 1] == 0 || cells[n - 1].n == 0))
		n--;
	for (unsigned i = 0; i < n; i++)
		print_cell(t, i, cell_text(t, &cells[i]), cells[i].paint, i + 1 == n, out);
	putc('\n', out);
}

void table_print(struct table *t, FILE *out)
{
	const struct cell *cells = (const struct cell *)t->cells.p;
	size_t n = t->cells.n / sizeof *cells;
	uint64_t shown;

	must(n % t->n_columns == 0 || t->cells.failed != 0);
	n -= n % t->n_columns;
	measure(t, cells, n);
	fit(t);
	shown = shown_columns(t);
	/* A later page may need other columns than the first. */
	if (!t->headless && t->head_of != shown)
		print_head(t, shown, out);
	for (size_t i = 0; i < n; i += t->n_columns)
		print_row(t, cells + i, out);
	buf_reset(&t->text);
	buf_reset(&t->cells);
}
