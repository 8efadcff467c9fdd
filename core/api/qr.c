/*
 * qr.c - GET qr: an account's newest code, as raw text, as a picture or drawn with characters.
 *
 * `format` in the query counts before Accept, so that a link can say what it wants.
 */
#include "api/accept.h"
#include "api/answer.h"
#include "api/exchange.h"
#include "api/handlers.h"
#include "api/view_json.h"
#include "api/wait.h"
#include "base/obj.h"
#include "qr/picture.h"
#include "qr/text.h"

enum qr_format { QR_JSON, QR_SVG, QR_PNG, QR_TEXT };

static const char *const names[] = { "json", "svg", "png", "text" };
static const char *const accepted[] = { "application/json", "image/svg+xml", "image/png",
					"text/plain" };
static const char *const types[] = { TYPE_JSON, TYPE_SVG, TYPE_PNG, TYPE_TEXT };

static void answer_json_code(struct conn *c, struct response *r, const struct account_view *view)
{
	struct jw j = answer_json(c);

	qr_json(&j, NULL, view);
	answer_send(c, r);
}

/* For a light background and a dark one alike nothing can be drawn without colours: this is for dark
 * ones, as relinkctl does it. */
static const struct qr_text drawn = { .rim = SYMBOL_RIM, .utf8 = true };

static void answer_drawn(struct conn *c, struct response *r, const struct wait_order *order,
			 const struct account_view *view)
{
	struct buf *out = &c->face->content;
	struct symbol s;
	int made = symbol_make(&s, view->qr);

	if (made < 0) {
		answer_failure(c, PROBLEM_overloaded,
			       made == ERR_NOMEM ? "Out of memory. Try again later."
						 : "No QR code holds the provider's text; "
						   "format=json has it as it is.");
		return;
	}
	answer_json(c);
	if (order->format == QR_SVG)
		picture_svg(out, &s, order->size);
	else if (order->format == QR_PNG)
		picture_png(out, &s, order->size);
	else
		qr_text_draw(out, &s, &drawn);
	symbol_fini(&s);
	r->type = types[order->format];
	answer_send(c, r);
}

static void answer_qr(struct conn *c, const struct wait_order *order,
		      const struct account_view *view)
{
	struct response r = { .status = 200 };
	char waited[WAIT_TEXT];

	if (view == NULL) {
		answer_failure(c, PROBLEM_account_not_found,
			       "There is no such account. List them with GET /v1/accounts.");
		return;
	}
	if (view->qr.n == 0) {
		answer_failure(c, PROBLEM_no_qr,
			       "The account \"%.*s\" is %s%s%s and shows no QR code. POST "
			       "/v1/accounts/%.*s/qr makes one.",
			       STR_ARG(view->id), view->status,
			       strcmp(view->cause, "none") != 0 ? ", cause " : "",
			       strcmp(view->cause, "none") != 0 ? view->cause : "",
			       STR_ARG(view->id));
		return;
	}
	wait_say(&r, order, waited);
	if (order->format == QR_JSON)
		answer_json_code(c, &r, view);
	else
		answer_drawn(c, &r, order, view);
}

static int read_format(struct exchange *x, uint8_t *ret_format)
{
	struct str name = query_get(&x->query, "format");

	if (name.p == NULL) {
		*ret_format = (uint8_t)accept_choose(x->request->header[HEADER_ACCEPT], accepted,
						     ARRAY_LEN(accepted));
		return 0;
	}
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		if (str_is(name, names[i])) {
			*ret_format = (uint8_t)i;
			return 0;
		}
	}
	return problem_set(&x->problem, PROBLEM_invalid_field,
			   "\"format\" must be json, svg, png or text.");
}

void get_qr(struct exchange *x)
{
	struct wait_order order = {
		.what = WAIT_SETTLED,
		.seconds = wait_wish(x->request),
		.answer = answer_qr,
	};
	uint64_t size = 0;

	if (read_format(x, &order.format) < 0 ||
	    query_u64(&x->query, "size", PICTURE_SIZE_MIN, PICTURE_SIZE_MAX, PICTURE_SIZE, &size,
		      &x->problem) < 0) {
		answer_problem(x->conn, &x->problem, NULL);
		return;
	}
	order.size = (uint16_t)size;
	wait_start(x->conn, x->match.id, &order);
}
