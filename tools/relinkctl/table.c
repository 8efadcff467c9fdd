/* table.c - see table.h. */
#include "table.h"

#include "base/obj.h"
#include "text.h"

#define TABLE_BYTES (256u << 20)
#define GAP         2

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
	}
}

static unsigned total_width(const struct table *t)
{
	unsigned total = 0;

	for (unsigned i = 0; i < t->n_columns; i++)
		total += t->widths[i] > 0 ? t->widths[i] + GAP : 0;
	return total - GAP;
}

/* Take from the widest column that may give way; false when none can any more. */
static bool narrow_one(struct table *t)
{
	unsigned *widest = NULL;

	for (unsigned i = 0; i < t->n_columns; i++) {
		unsigned least = t->columns[i].least;

		if (least > 0 && t->widths[i] > least && (widest == NULL || t->widths[i] > *widest))
			widest = &t->widths[i];
	}
	if (widest != NULL)
		--*widest;
	return widest != NULL;
}

/* Make a row fit: by narrower columns, then by fewer. */
static void fit(struct table *t)
{
	unsigned dropped = 0;
	bool fits = false;

	while (!fits) {
		bool more_to_drop = false;

		for (unsigned i = 0; i < t->n_columns; i++) {
			unsigned drop = t->columns[i].drop;

			t->widths[i] = drop > 0 && drop <= dropped ? 0 : t->natural[i];
			more_to_drop = more_to_drop || drop > dropped;
		}
		while (t->term->columns > 0 && total_width(t) > t->term->columns && narrow_one(t))
			;
		fits = t->term->columns == 0 || total_width(t) <= t->term->columns || !more_to_drop;
		dropped++;
	}
}

static void print_blanks(FILE *out, unsigned n)
{
	fprintf(out, "%*s", (int)n, "");
}

static void print_cell(const struct table *t, unsigned column, struct str text, enum paint paint,
		       FILE *out)
{
	unsigned room = t->widths[column], width = text_width(text);
	const char *cut = t->term->utf8 ? "\u2026" : "~";

	if (room == 0)
		return;
	if (column > 0)
		print_blanks(out, GAP);
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
	if (!t->columns[column].right && column + 1 < t->n_columns)
		print_blanks(out, room - width);
}

static void print_head(struct table *t, FILE *out)
{
	for (unsigned i = 0; i < t->n_columns; i++)
		print_cell(t, i, str_of(t->columns[i].head), PAINT_HEAD, out);
	putc('\n', out);
	t->head_printed = true;
}

void table_print(struct table *t, FILE *out)
{
	const struct cell *cells = (const struct cell *)t->cells.p;
	size_t n = t->cells.n / sizeof *cells;

	must(n % t->n_columns == 0 || t->cells.failed != 0);
	n -= n % t->n_columns;
	measure(t, cells, n);
	fit(t);
	if (!t->headless && !t->head_printed)
		print_head(t, out);
	for (size_t i = 0; i < n; i++) {
		unsigned column = (unsigned)(i % t->n_columns);

		print_cell(t, column, cell_text(t, &cells[i]), cells[i].paint, out);
		if (column + 1 == t->n_columns)
			putc('\n', out);
	}
	buf_reset(&t->text);
	buf_reset(&t->cells);
}
