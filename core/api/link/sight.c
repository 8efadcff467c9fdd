/* sight.c - what there is to see; see link.h. */
#include "api/link/link.h"

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static enum sight sight_of(const struct account_view *v)
{
	if (is(v->status, "connected"))
		return SIGHT_CONNECTED;
	if (v->qr.n > 0)
		return SIGHT_CODE;
	if (is(v->status, "authenticated"))
		return SIGHT_SCANNED;
	if (is(v->status, "failed"))
		return v->has_login ? SIGHT_NOTHING : SIGHT_TROUBLE;
	if (is(v->status, "disconnected") || is(v->status, "new"))
		return v->has_login ? SIGHT_NOTHING : SIGHT_OVER;
	return SIGHT_COMING;
}

/* FNV-1a: the page must see that it is another code, and nothing else. */
static uint64_t mark_of(struct str code)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < code.n; i++)
		h = (h ^ (uint8_t)code.p[i]) * 0x100000001b3u;
	return h >> 32 | 1; /* fits a number of JavaScript */
}

static uint64_t left(uint64_t at, uint64_t now)
{
	return at > now ? at - now : 0;
}

void link_look(struct link_page *p, const struct qr_link_view *l, const struct account_view *v,
	       uint64_t now)
{
	if (l->ended == LINK_CONNECTED) {
		p->sight = SIGHT_CONNECTED;
		return;
	}
	if (l->ended == LINK_REVOKED || l->expires_at <= now) {
		p->sight = l->ended == LINK_REVOKED ? SIGHT_REVOKED : SIGHT_EXPIRED;
		return;
	}
	p->sight = sight_of(v);
	p->label = v->label;
	if (p->sight == SIGHT_CODE) {
		p->mark = mark_of(v->qr);
		p->code_ms = left(v->qr_expires_at, now);
		p->over_ms = left(v->qr_deadline_at, now);
	}
	p->renews = p->sight == SIGHT_OVER && is(v->cause, "qr_expired");
}

bool link_may_start(const struct link_page *p)
{
	return p->sight == SIGHT_OVER || p->sight == SIGHT_TROUBLE;
}
