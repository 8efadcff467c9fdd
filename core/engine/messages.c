/*
 * messages.c - what came, went and was acknowledged, on its way to the subscribers.
 *
 * A message is a stranger's text that a plugin put into JSON.  It ends in the database and, line by line,
 * in event streams, so it is read and written anew: what leaves here is one JSON object in one line.
 */
#include <jansson.h>
#include <stdlib.h>

#include "engine/state.h"

char *message_json(struct str given)
{
	json_t *json =
	    json_loadb(given.p != NULL ? given.p : "", given.n, JSON_REJECT_DUPLICATES, NULL);
	char *text = json_is_object(json) ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (text != NULL && strlen(text) > LIMIT_MESSAGE) { /* numbers may have grown */
		free(text);
		text = NULL;
	}
	return text;
}

static unsigned journal_of(unsigned kind)
{
	return kind == RELINK_MESSAGE_RECEIVED ? JOURNAL_RECEIVED
	       : kind == RELINK_MESSAGE_SENT   ? JOURNAL_SENT
					       : JOURNAL_ACK;
}

void message_told(struct engine *e, unsigned slot, const struct inbox_message *t)
{
	struct instance *at;
	struct member *m =
	    session_owner(e, t->session, &at); /* if it is over: the message did come */
	char *json;

	if (m == NULL || member_is_deleted(m)) {
		e->stats.stale++;
		return;
	}
	if (!quarantine_may_tell(e, at, m, &slot))
		return;
	if (!speaks_for(at, slot, t->instance)) {
		note_contradiction(e, slot, t->instance, t->session);
		return;
	}
	json = message_json(t->json);
	if (json == NULL) {
		e->stats.messages_refused++;
		LOG(WARN, ENGINE, "message.unreadable", f_text("account", m->id),
		    f_str("instance", t->instance), f_u64("bytes", t->json.n));
		return;
	}
	health_message(e, m);
	account_journal(e, m, journal_of(t->kind), true, STR_NONE, str_of(json));
	free(json);
}
