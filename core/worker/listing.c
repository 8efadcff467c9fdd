/* listing.c - see listing.h. */
#include "worker/listing.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/obj.h"

#define TEXT_ROOM (64u << 10)
#define TEXT_MAX \
	(LIMIT_SESSION_ID + LIMIT_ACCOUNT_ID + LIMIT_REASON + LIMIT_PHONE) /* a session's */

struct listing {
	struct uplink *uplink;
	uint32_t call;
	uint64_t total;
	size_t n;
	struct fit_room room;
	struct msg_session part[LIMIT_LIST_PART];
	char text[TEXT_ROOM];
};

struct listing *listing_new(struct uplink *uplink, uint32_t call)
{
	struct listing *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	l->uplink = uplink;
	l->call = call;
	l->room = (struct fit_room){ .p = l->text, .size = sizeof l->text };
	return l;
}

void listing_free(struct listing **l)
{
	free(TAKE(*l));
}

void listing_flush(struct listing *l)
{
	struct msg_listed part = { .call = l->call, .sessions = { l->part, l->n } };

	if (l->n > 0)
		uplink_notify(l->uplink, MSG_listed, &part);
	l->n = 0;
	l->room.n = 0;
}

void listing_add(struct listing *l, const struct relink_session *s)
{
	if (l->n == LIMIT_LIST_PART || l->room.size - l->room.n < TEXT_MAX)
		listing_flush(l);
	l->part[l->n++] = (struct msg_session){
		.session = fit_copy(&l->room, s->session, LIMIT_SESSION_ID),
		.account = fit_copy(&l->room, s->account, LIMIT_ACCOUNT_ID),
		.generation = s->generation,
		.state = fit_state(s->state),
		.cause = fit_cause(s->cause),
		.text = fit_copy(&l->room, s->text, LIMIT_REASON),
		.phone = fit_copy(&l->room, s->phone, LIMIT_PHONE),
	};
	l->total++;
}

uint64_t listing_total(const struct listing *l)
{
	return l->total;
}
