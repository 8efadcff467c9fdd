/*
 * page.c - what there is to see, as HTML and as JSON.
 *
 * All works without a script: the page is asked for again and again, and the button is a form.  With one
 * only what has changed is.
 */
#include "api/link/link.h"
#include "base/json.h"

/* Seconds between two looks of a browser without a script. */
#define REFRESH "4"

static const struct {
	const char *name;
	unsigned status;
	const char *title, *text, *button;
} words[] = {
#define S(id, name, status, title, text, button) { name, status, title, text, button },
	SIGHTS(S)
#undef S
};

unsigned link_page_status(const struct link_page *p)
{
	return words[p->sight].status;
}

static bool is_live(const struct link_page *p)
{
	return p->sight >= SIGHT_CODE && p->sight != SIGHT_CONNECTED && p->sight != SIGHT_NOTHING;
}

static void escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '<':
			buf_text(out, "&lt;");
			break;
		case '>':
			buf_text(out, "&gt;");
			break;
		case '&':
			buf_text(out, "&amp;");
			break;
		case '"':
			buf_text(out, "&quot;");
			break;
		case '\'':
			buf_text(out, "&#39;");
			break;
		default:
			buf_byte(out, s.p[i]);
		}
	}
}

static void head(struct buf *out, const struct link_page *p)
{
	buf_printf(out,
		   "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		   "<meta name=\"robots\" content=\"noindex, nofollow\">\n"
		   "<title>%s</title>\n<link rel=\"stylesheet\" href=\"page.css\">\n",
		   words[p->sight].title);
	if (is_live(p))
		buf_text(out, "<noscript><meta http-equiv=\"refresh\" content=\"" REFRESH
			      "\"></noscript>\n<script src=\"page.js\" defer></script>\n");
	buf_text(out, "</head>\n");
}

static void picture(struct buf *out, const struct link_page *p)
{
	bool shown = p->sight == SIGHT_CODE;

	buf_printf(out, "<img id=\"code\" width=\"320\" height=\"320\" alt=\"QR code\"%s",
		   shown ? "" : " hidden");
	if (shown)
		buf_printf(out, " src=\"%.*s/code.svg?n=%llu\"", STR_ARG(p->token),
			   (unsigned long long)p->mark);
	buf_printf(out,
		   ">\n<p id=\"count\"></p>\n<ol id=\"steps\"%s>\n"
		   "<li>Open WhatsApp on the phone.</li>\n"
		   "<li>Go to Settings (or the three dots), then Linked devices, then Link a "
		   "device.</li>\n<li>Point the phone at this code.</li>\n</ol>\n",
		   shown ? "" : " hidden");
}

static void button(struct buf *out, const struct link_page *p)
{
	const char *text = words[p->sight].button;

	if (text[0] == '\0' && !is_live(p))
		return;
	buf_printf(out,
		   "<form id=\"form\" method=\"post\" action=\"%.*s\"%s>"
		   "<button id=\"button\">%s</button></form>\n",
		   STR_ARG(p->token), text[0] == '\0' ? " hidden" : "", text);
}

void link_page_html(struct buf *out, const struct link_page *p)
{
	head(out, p);
	buf_printf(out,
		   "<body>\n<main id=\"page\" data-state=\"%s\">\n<div aria-live=\"polite\">\n"
		   "<h1 id=\"title\">%s</h1>\n<p id=\"text\">%s</p>\n</div>\n",
		   words[p->sight].name, words[p->sight].title, words[p->sight].text);
	if (is_live(p))
		picture(out, p);
	button(out, p);
	if (p->label.n > 0) {
		buf_text(out, "<p id=\"label\">This is for: <strong>");
		escaped(out, p->label);
		buf_text(out, "</strong></p>\n");
	}
	buf_text(out, "</main>\n</body>\n</html>\n");
}

static void number(struct jw *j, const char *key, uint64_t v)
{
	if (v > 0)
		jw_u64(j, key, v);
	else
		jw_null(j, key);
}

void link_page_json(struct buf *out, const struct link_page *p)
{
	struct jw j = jw_to(out);

	jw_object(&j, NULL);
	jw_text(&j, "state", words[p->sight].name);
	jw_text(&j, "title", words[p->sight].title);
	jw_text(&j, "text", words[p->sight].text);
	jw_text(&j, "button", words[p->sight].button);
	number(&j, "code", p->mark);
	number(&j, "next_code_in_ms", p->code_ms);
	number(&j, "over_in_ms", p->over_ms);
	jw_bool(&j, "renews", p->renews);
	jw_bool(&j, "live", is_live(p));
	jw_object_end(&j);
}
