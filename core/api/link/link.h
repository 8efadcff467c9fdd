/*
 * link.h - the page behind a link: one account's QR code for the person with the phone, who has no key.
 *
 *	visit.c  who may see it, and what a visit does
 *	sight.c  what there is to see: the link's and the account's state in words for people
 *	page.c   the same as HTML and as JSON
 */
#ifndef RELINK_API_LINK_LINK_H
#define RELINK_API_LINK_LINK_H
#include <stdbool.h>
#include <stdint.h>

#include "api/port.h"
#include "base/buf.h"

#define LINK_ROOT  "/qr/"
#define LINK_TOKEN 43 /* 256 bits as base64url */

/*	id         name         status title, text, button ("": none) */
#define SIGHTS(S)                                                                                  \
	S(UNKNOWN, "unknown", 404, "This link does not work",                                      \
	  "It is not complete, or it is too old. Ask whoever sent it to you for a new one.", "")   \
	S(LIMITED, "limited", 429, "Please wait a minute",                                         \
	  "Too many links that do not work were tried from your address.", "")                     \
	S(USED, "used", 403, "This link was opened already",                                       \
	  "It works in the browser that opened it first. If that was this one, go on. If it was "  \
	  "neither you nor somebody you know, tell whoever sent you the link.",                    \
	  "Go on")                                                                                 \
	S(EXPIRED, "expired", 410, "This link has expired",                                        \
	  "Ask whoever sent it to you for a new one.", "")                                         \
	S(REVOKED, "revoked", 410, "This link was withdrawn",                                      \
	  "Ask whoever sent it to you whether there is a new one.", "")                            \
	S(OFFER, "offer", 200, "Link WhatsApp on your phone",                                      \
	  "This page shows a code that you scan with WhatsApp. Open it on another screen than "    \
	  "the "                                                                                   \
	  "phone, and have the phone at hand. Only the first browser that shows the code can do "  \
	  "so.",                                                                                   \
	  "Show the code")                                                                         \
	S(CODE, "code", 200, "Scan this code with WhatsApp", "", "")                               \
	S(COMING, "coming", 200, "The code is on its way",                                         \
	  "It will be here in a moment. When many are being linked it may take some minutes.", "") \
	S(SCANNED, "scanned", 200, "Scanned",                                                      \
	  "WhatsApp is being connected. Leave the phone on and online.", "")                       \
	S(CONNECTED, "connected", 200, "Done: it is connected", "You can close this page.", "")    \
	S(OVER, "over", 200, "No code is shown now",                                               \
	  "A code is shown only for some minutes. If you are ready to scan, ask for a new one.",   \
	  "Show a new code")                                                                       \
	S(NOTHING, "nothing", 200, "There is nothing to scan now",                                 \
	  "The phone seems to be linked still. If it is not, tell whoever sent you this link.",    \
	  "")                                                                                      \
	S(TROUBLE, "trouble", 200, "No code can be shown",                                         \
	  "Something went wrong. Try again; if that does not help, tell whoever sent you this "    \
	  "link.",                                                                                 \
	  "Try again")

enum sight {
#define S(id, name, status, title, text, button) SIGHT_##id,
	SIGHTS(S)
#undef S
};

struct link_page {
	enum sight sight;
	struct str token; /* as it is in the URL */
	struct str label; /* the account's; empty: it has none, or it is not to be told */
	uint64_t mark;    /* another for another code; 0: there is none */
	uint64_t code_ms,
	    over_ms; /* until another code follows, and until the last; 0: not known */
	bool renews; /* a new code may be asked for without a click */
};

/* What a visitor sees whom the link is bound to.  `page` gets all but the token. */
void link_look(struct link_page *, const struct qr_link_view *, const struct account_view *,
	       uint64_t now);
/* A new code can be asked for. */
bool link_may_start(const struct link_page *);

unsigned link_page_status(const struct link_page *);
void link_page_html(struct buf *, const struct link_page *);
void link_page_json(struct buf *, const struct link_page *);

#endif
