/* explain.c - account explain: why it is as it is, what happens next, what somebody has to do. */
#include <inttypes.h>
#include <string.h>

#include "call.h"
#include "commands.h"
#include "field.h"
#include "say.h"
#include "text.h"
#include "view.h"
#include "words.h"

#define INDENT 8

/* "Why     words that go on below themselves", as wide as there is room. */
static void paragraph(const struct term *t, const char *head, struct str text)
{
	unsigned room = t->width > 2 * INDENT ? t->width - INDENT : 0;
	struct str left;
	struct buf b;

	if (text.n == 0)
		return;
	buf_init(&b, 64u << 10);
	text_add(&b, text, t->utf8);
	left = buf_all(&b);
	while (left.n > 0) {
		size_t n = room > 0 ? text_fit(left, room) : left.n;

		/* Back to a blank, unless one word fills the line. */
		if (n < left.n) {
			size_t blank = n;

			while (blank > 0 && left.p[blank] != ' ')
				blank--;
			n = blank > 0 ? blank : n;
		}
		printf("%s%-*s%s%.*s\n", term_paint(t, PAINT_HEAD), INDENT, head, term_plain(t),
		       (int)n, left.p);
		head = "";
		while (n < left.n && left.p[n] == ' ')
			n++;
		left = (struct str){ left.p + n, left.n - n };
	}
	buf_fini(&b);
}

static void print_health(const struct term *t, const json_t *health)
{
	const json_t *component;
	struct buf b;
	size_t i;

	if (!json_is_object(health))
		return;
	buf_init(&b, 8192);
	buf_printf(&b, "%" PRIu64 " %.*s", field_u64(health, "score"),
		   STR_ARG(field_str(health, "band")));
	json_array_foreach(json_object_get(health, "components"), i, component)
	{
		buf_printf(&b, "%s%.*s", i == 0 ? ": " : "; ",
			   STR_ARG(field_str(component, "text")));
	}
	paragraph(t, "Health", buf_all(&b));
	buf_fini(&b);
}

/* The command that does what is to be done, where there is one. */
static void print_command(struct cli *c, const json_t *account, const struct view *v)
{
	uint64_t incident = field_u64(account, "incident_id");
	const char *command = action_command(v->field[VIEW_ACTION]);
	struct str id = v->field[VIEW_ID];
	struct buf b;

	buf_init(&b, 512);
	if (command != NULL)
		buf_printf(&b, "relinkctl %s %.*s", command, STR_ARG(id));
	paragraph(&c->term, "", buf_all(&b));
	buf_reset(&b);
	if (incident > 0)
		buf_printf(&b, "one of many: relinkctl incident show %" PRIu64, incident);
	paragraph(&c->term, "Part of", buf_all(&b));
	buf_reset(&b);
	buf_printf(&b, "relinkctl timeline %.*s, relinkctl attempts %.*s", STR_ARG(id),
		   STR_ARG(id));
	paragraph(&c->term, "More", buf_all(&b));
	buf_fini(&b);
}

static void print(struct cli *c, const json_t *account)
{
	const json_t *explanation = json_object_get(account, "explanation");
	struct view v = view_of(account);
	struct buf b;

	buf_init(&b, 8192);
	view_line(&b, &v);
	tell_str(&c->term, buf_all(&b));
	buf_fini(&b);
	paragraph(&c->term, "Why", field_str(explanation, "why"));
	paragraph(&c->term, "Next", field_str(explanation, "next"));
	paragraph(&c->term, "Do", field_str(explanation, "do"));
	print_health(&c->term, json_object_get(account, "health"));
	print_command(c, account, &v);
}

int account_explain(struct cli *c)
{
	struct request q;
	struct answer a;
	int r;

	call_account(&q, "GET", c->args[0], NULL);
	r = call(c, &q, &a);
	request_fini(&q);
	if (r == CTL_OK && for_people(c))
		print(c, a.json);
	answer_fini(&a);
	return r;
}
