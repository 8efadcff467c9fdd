/*
 * explain.c - a line of the journal in plain English.  Pure.
 *
 * A step's text has three parts, each by a table or a switch of its own: what happened (the event, by the
 * state it came to), what that meant for the session, and what follows.
 */
#include "policy/explain.h"

#include "policy/account.h"
#include "policy/say.h"

/* ---- what happened ---- */

static void evidence(struct say *s, const struct journal_record *r)
{
	static const struct {
		unsigned bit;
		const char *first, *then;
	} voices[] = { { EVIDENCE_PUSHED, "The provider said by itself",
			 "the provider said by itself" },
		       { EVIDENCE_LISTED, "The instance's list said", "its list says so, too" },
		       { EVIDENCE_ASKED, "The provider said when it was asked",
			 "it says so when it is asked" } };
	bool absent = (r->why.evidence & EVIDENCE_ABSENT) != 0, said = false;

	if (absent) {
		say(s, "The instance's list has not had the session");
		if (r->why.lacked_ms > 0) {
			say(s, " for ");
			say_ms(s, r->why.lacked_ms);
		}
	}
	for (size_t i = 0; i < sizeof voices / sizeof voices[0]; i++) {
		if ((r->why.evidence & voices[i].bit) == 0)
			continue;
		say(s, said || absent ? ", and " : "");
		say(s, said || absent ? voices[i].then : voices[i].first);
		if (!said && (!absent || voices[i].bit == EVIDENCE_PUSHED))
			say(s, " that the session does not work");
		said = true;
	}
	if (!said && !absent)
		say(s, "The session does not work");
	if (r->cause != RELINK_NONE) {
		say(s, ": ");
		say(s, explain_cause(r->cause));
	}
	say(s, ". ");
}

static const char *timer_text(const struct journal_record *r)
{
	bool looks = r->from == r->to && (r->why.notes & NOTE_UNSURE) != 0;

	switch ((enum account_state)r->from) {
	case ST_STARTING:
		return looks ? "The start's time is over, but nobody has been able to look at it "
			       "since a "
			       "worker or Relink ended: it is looked at first. "
			     : "The start came neither to a QR code nor to a login in its time. ";
	case ST_QR:
		return looks
			   ? "The QR code's time is over, but nobody has been able to look at the "
			     "session: it is looked at first. "
			   : "Nobody scanned the QR code in its time. ";
	case ST_AUTH:
		return looks ? "The session's time to connect is over, but nobody has been able to "
			       "look at "
			       "it: it is looked at first. "
			     : "The session was logged in, but not connected in its time. ";
	case ST_UP:
		return looks ? "It is time to count it as stable, but nobody has been able to look "
			       "at it: it "
			       "is looked at first. "
		       : (r->why.notes & NOTE_FLAPPING) != 0
			   ? "It has stayed connected long enough to have all its attempts again; "
			     "it is "
			     "still watched, since it was lost too often. "
			   : "It has stayed connected long enough: all its attempts are there "
			     "again. ";
	case ST_CLOSING:
		return "The old session is not proven ended: its end is asked for again. ";
	case ST_WAITING:
		return "The wait is over. ";
	default:
		return "Its time has come. ";
	}
}

static const char *qr_text(const struct journal_record *r)
{
	return r->from == ST_AUTH || r->from == ST_UP
		   ? "The session shows a QR code though it was logged in: the phone unlinked it. "
		   : "The session shows a QR code. ";
}

static const char *auth_text(const struct journal_record *r)
{
	switch (r->from) {
	case ST_UP:
		return "The session is connected no more, says the list, and on its way to be so "
		       "again. ";
	case ST_QR:
		return "Somebody scanned the QR code. ";
	default:
		return "The session is logged in. ";
	}
}

static const char *event_text(const struct journal_record *r)
{
	switch ((enum account_event_kind)r->event) {
	case EV_CONNECT:
		return "Somebody asked for it to be connected. ";
	case EV_RECONNECT:
		return "Somebody asked for a new session. ";
	case EV_REGENERATE:
		return "Somebody asked for a new QR code. ";
	case EV_DISCONNECT:
		return "Somebody asked for it to be disconnected. ";
	case EV_DELETE:
		return "Somebody asked for it to be deleted. ";
	case EV_PERMIT:
		return "Its turn to start came. ";
	case EV_TIMER:
		return timer_text(r);
	case EV_LOST:
		return "Its worker process ended, so what is known is only the last known: the "
		       "provider is "
		       "asked. ";
	case EV_CREATED:
		return "The provider took the start. ";
	case EV_REFUSED:
		return "The provider did not start the session";
	case EV_UNKNOWN:
		return "Nobody knows whether the session was started: that is looked up before "
		       "anything "
		       "else is done. ";
	case EV_CLOSED:
		return "The old session is ended. ";
	case EV_UNCLOSED:
		return "The provider did not confirm that the old session is ended. ";
	case EV_BORN:
		return r->from == ST_UP ? auth_text(r) : "The session was seen alive. ";
	case EV_QR:
		return qr_text(r);
	case EV_AUTH:
		return auth_text(r);
	case EV_UP:
		return "The session was seen connected. ";
	case EV_LEAVE:
		return "It leaves its instance. ";
	case EV_MOVED:
		return "It belongs to another instance now. ";
	case EV_EXCUSED:
		return "It failed together with many others. That was its provider's fault, so it "
		       "is taken back. ";
	case EV_HANDS:
		return "Automation was paused for it, or goes on. ";
	case EV_DOWN:
	case EV_ABSENT:
	case EV_COUNT:
		break;
	}
	return "Something happened. ";
}

static void happened(struct say *s, const struct journal_record *r)
{
	if (r->event == EV_DOWN || (r->event == EV_ABSENT && r->from != ST_CLOSING)) {
		evidence(s, r);
		return;
	}
	if (r->event == EV_ABSENT) {
		say(s, "The old session is not in the instance's list any more: it is ended. ");
		return;
	}
	say(s, event_text(r));
	if (r->event != EV_REFUSED)
		return;
	if (r->cause != RELINK_NONE) {
		say(s, ": ");
		say(s, explain_cause(r->cause));
	}
	say(s, ". ");
}

/* ---- what follows ---- */

static void login(struct say *s, const struct journal_record *r)
{
	say(s, (r->why.notes & NOTE_FRESH_NEXT) != 0 ? " on a new login" : " on the same login");
}

/* "Attempt 2 of 10 follows at 14:03:20 UTC on the same login." */
static void next_attempt(struct say *s, const struct journal_record *r, const char *verb)
{
	unsigned notes = r->why.notes;
	bool counted = (notes & (NOTE_SLOW | NOTE_FREE)) == 0 && r->why.fails < r->why.max_fails;

	if ((notes & NOTE_BRAKED) != 0)
		say(s, "Many accounts fail together at the moment: nothing is held against this "
		       "one. ");
	else if ((notes & NOTE_FLAPPING) != 0)
		say(s, "It was connected and lost too often lately, so it is started slowly. ");
	else if ((notes & NOTE_SLOW) != 0)
		say(s, "To hurry would make it worse. ");
	if (counted) {
		say(s, "Attempt ");
		say_u64(s, r->why.fails + 1u);
		say(s, " of ");
		say_u64(s, r->why.max_fails);
	} else {
		say(s, "The next attempt");
	}
	say(s, verb);
	if (r->to == ST_WAITING && r->why.timer_at != 0) {
		say(s, " at ");
		say_time(s, r->why.timer_at, r->at);
	}
	login(s, r);
	say(s, counted ? ". " : "; this failure counts as none. ");
}

static void park_or_hold(struct say *s, const struct journal_record *r, bool hold)
{
	if (hold && r->why.fails >= r->why.max_fails && r->why.max_fails > 0) {
		say_u64(s, r->why.fails);
		say(s, r->why.fails == 1 ? " attempt has" : " attempts in a row have");
		say(s, " failed, so it is not tried again until somebody asks. ");
	} else if (hold) {
		say(s, "Trying again would not help, so it is given up until somebody asks. ");
	} else if ((r->why.notes & NOTE_SUSPECT) != 0) {
		say(s, "Two starts in a row failed on this login, which may be locked or corrupt: "
		       "it waits "
		       "for a person. ");
	} else {
		say(s, "It waits for a person, at no cost. ");
	}
	say(s, explain_action(r->action));
}

static void closing(struct say *s, const struct journal_record *r)
{
	if (r->from != ST_CLOSING)
		say(s, "The session is given up and ended at the provider first. ");
	switch ((enum after)r->why.after) {
	case AFTER_IDLE:
		say(s, "Then it stays disconnected; its login is kept.");
		return;
	case AFTER_START:
		say(s, "Then a new one is started");
		login(s, r);
		say(s, ".");
		return;
	case AFTER_WAIT:
		next_attempt(s, r, " follows after that and a wait,");
		return;
	case AFTER_PARK:
	case AFTER_HOLD:
		park_or_hold(s, r, r->why.after == AFTER_HOLD);
		return;
	case AFTER_DELETE:
		say(s, "Then it is forgotten.");
		return;
	}
	say(s, "What follows is decided then.");
}

static void started(struct say *s, const struct journal_record *r)
{
	say(s, (r->why.notes & NOTE_FRESH) != 0
		   ? "A session is started on a new login, which needs a scan"
		   : "A session is started on the login that there is");
	if (r->why.timer_at != 0) {
		say(s, "; it has until ");
		say_time(s, r->why.timer_at, r->at);
	}
	say(s, ".");
}

static void until(struct say *s, const struct journal_record *r, const char *what)
{
	say(s, what);
	if (r->why.timer_at != 0) {
		say(s, " until ");
		say_time(s, r->why.timer_at, r->at);
	}
	say(s, ".");
}

static void follows(struct say *s, const struct journal_record *r)
{
	bool stays = r->from == r->to;

	switch ((enum account_state)r->to) {
	case ST_IDLE:
		say(s, stays ? "It stays disconnected."
			     : "It is disconnected, and its login is kept.");
		return;
	case ST_QUEUED:
		say(s, stays ? "It waits for its turn to start."
		       : (r->why.notes & NOTE_PERSON) != 0
			   ? "A start is queued, before those that nobody waits for."
			   : "A start is queued.");
		return;
	case ST_STARTING:
		if (stays)
			until(s, r, "The start goes on");
		else
			started(s, r);
		return;
	case ST_QR:
		until(s, r, "It waits for somebody to scan the code");
		return;
	case ST_AUTH:
		until(s, r, "It may take its time to connect");
		return;
	case ST_UP:
		say(s, stays ? "It stays connected." : "It is connected.");
		return;
	case ST_CLOSING:
		closing(s, r);
		return;
	case ST_WAITING:
		next_attempt(s, r, " follows");
		return;
	case ST_PARKED:
	case ST_HELD:
		park_or_hold(s, r, r->to == ST_HELD);
		return;
	case ST_DELETED:
		say(s, "It is forgotten as soon as its sessions are proven gone.");
		return;
	case ST_COUNT:
		break;
	}
	say(s, "It is in a state that this version does not know.");
}

/* ---- other lines ---- */

static const char *kind_text(unsigned kind)
{
	switch ((enum journal_kind)kind) {
	case JOURNAL_QR:
		return "A new QR code can be scanned.";
	case JOURNAL_CREATED:
		return "The account was made.";
	case JOURNAL_CHANGED:
		return "Its label, metadata or priority was changed.";
	case JOURNAL_DELETED:
		return "The account was deleted.";
	case JOURNAL_ORPHAN:
		return "A session that had been given up was seen alive, and is being ended.";
	case JOURNAL_GONE:
		return "A session that had been given up is proven gone.";
	case JOURNAL_VERB:
		return "A verb of the provider was carried out";
	case JOURNAL_RECEIVED:
		return "A message came.";
	case JOURNAL_SENT:
		return "A message was sent.";
	case JOURNAL_ACK:
		return "A message got further.";
	case JOURNAL_FAILED:
		return "A message was not sent, or nobody knows whether it was";
	case JOURNAL_MOVED:
		return "The account moved to another instance";
	case JOURNAL_FLAPPING:
		return "It was connected and lost too often lately: from now on it is started "
		       "slowly, and "
		       "not given up. It ends when it has stayed connected for long enough, or "
		       "when "
		       "somebody asks for a connect.";
	case JOURNAL_STEADY:
		return "It is flapping no more, and started as any other.";
	case JOURNAL_QR_LINK:
		return "A link to its QR code";
	case JOURNAL_BLAMED:
		return "A worker process died while an operation of this account was open";
	case JOURNAL_HEALTH:
		return "Its health has changed";
	case JOURNAL_INCIDENT:
		return "Many accounts fail together";
	case JOURNAL_CALM:
		return "The incident is over";
	case JOURNAL_PAUSED:
		return "Automation is paused";
	case JOURNAL_RESUMED:
		return "Automation goes on";
	case JOURNAL_BULK:
		return "Work on many accounts began or ended";
	case JOURNAL_HALTED:
		return "The trial of its instance has failed: it takes no new accounts";
	case JOURNAL_ALERT:
		return "Somebody should look";
	case JOURNAL_RELIEF:
		return "Nobody needs to look any more";
	case JOURNAL_ENDPOINT:
		return "A webhook was made, changed or deleted";
	case JOURNAL_DISABLED:
		return "A webhook was disabled, since its receiver says that it is gone";
	case JOURNAL_STEP:
	case JOURNAL_STATUS:
		break;
	}
	return NULL;
}

static void other_line(struct say *s, const struct journal_record *r)
{
	const char *words = kind_text(r->kind);

	if (words == NULL && r->text.n > 0) { /* a newer kind: its own words are all there is */
		say_str(s, r->text);
		return;
	}
	if (words == NULL) {
		words = journal_kind_name(r->kind);
		words = words != NULL ? words : "Something of a newer version of Relink.";
	}
	say(s, words);
	if (s->n > 0 && s->p[s->n - 1] == '.')
		return;
	if (r->text.n > 0) {
		say(s, ": ");
		say_str(s, r->text);
	}
	say(s, ".");
}

void explain_line(const struct journal_record *r, char *out, size_t room)
{
	struct say s = say_to(out, room);

	if (r->kind != JOURNAL_STEP && r->kind != JOURNAL_STATUS) {
		other_line(&s, r);
	} else if ((r->why.notes & NOTE_QUEUE) != 0) {
		say(&s, "It is not started yet: ");
		say_str(&s, r->text);
		say(&s, ". ");
		say(&s, explain_action(r->action));
	} else {
		happened(&s, r);
		follows(&s, r);
	}
	while (s.n > 0 && out[s.n - 1] == ' ')
		out[--s.n] = '\0';
}
