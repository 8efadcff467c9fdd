/*
 * health.h - how well an account is: one number, and why.  Pure.
 *
 * The score tells people; it starts nothing by itself.  What makes it low goes into the account's state
 * machine as evidence, and whether a session is given up is decided there, on two pieces of it.
 *
 * What is not known lowers the confidence, never the score.  Whoever waits for a person, or is not
 * wanted, has no score at all: waiting is not sick.
 */
#ifndef RELINK_POLICY_HEALTH_H
#define RELINK_POLICY_HEALTH_H
#include <stdbool.h>
#include <stdint.h>

#include "policy/account.h"

/* What takes points off, and (0 points) what takes confidence.  Names go into the API. */
#define HEALTH_COMPONENTS(C)                                                                    \
	C(NOT_FOUND, "session_not_found", -100, "the provider does not know the session")       \
	C(NOT_CONNECTED, "not_connected", -50, "the account is not connected")                  \
	C(FAILED_SENDS, "failed_sends", -30, "5 or more messages failed within the last hour")  \
	C(DIFFERS, "status_differs", -40,                                                       \
	  "the provider says otherwise; a second piece of evidence is awaited")                 \
	C(CRASHED, "crash_evidence", -50, "its browser or engine died since it last connected") \
	C(IDLE, "idle", 0, "no message came or went for health.idle_after")                     \
	C(UNREACHABLE, "instance_unreachable", 0,                                               \
	  "its worker or instance does not answer: the score is the last known")                \
	C(UNSURE, "status_unsure", 0, "the status is the last known one; a look is under way")  \
	C(OLD_NEWS, "old_evidence", 0, "the provider has not spoken of it for a while")

enum health_component {
#define C(id, name, points, text) HEALTH_##id,
	HEALTH_COMPONENTS(C)
#undef C
	    HEALTH_COMPONENT_COUNT
};

#define HEALTH_BANDS(B)               \
	B(EXCELLENT, "excellent", 90) \
	B(GOOD, "good", 70)           \
	B(WARNING, "warning", 50)     \
	B(CRITICAL, "critical", 30)   \
	B(FAILED, "failed", 0)
enum health_band {
#define B(id, name, from) HEALTH_##id,
	HEALTH_BANDS(B)
#undef B
	    HEALTH_BAND_COUNT
};

#define HEALTH_SENDS_MANY 5 /* failed ones within the hour: so many count */
#define HEALTH_HOUR_MS    3600000u

/* What is known of an account at the moment. */
struct health_facts {
	bool wanted, person; /* somebody wants it connected; a person must act first */
	bool connected;
	bool not_found, differs, crashed;
	bool unreachable, unsure, old_news;
	bool idle;
	uint8_t failed_sends; /* within the last hour, at most HEALTH_SENDS_MANY */
	uint8_t idle_points;  /* 0: idle does not count */
};

struct health {
	bool scored;        /* false: there is no score */
	uint8_t score;      /* 0 to 100 */
	uint8_t confidence; /* 0 to 100 */
	uint8_t band;       /* enum health_band */
	uint8_t n;
	struct {
		uint8_t component;            /* enum health_component */
		int8_t points;                /* 0 or below */
	} components[HEALTH_COMPONENT_COUNT]; /* those that apply, in the order of the list */
};

void health_of(const struct health_facts *, struct health *ret_health);

#define HEALTH_SICK_BELOW 40
#define HEALTH_WELL_FROM  70
/* Does it count as unhealthy?  From below 40 until it has 70 again.  What has no score, and what is only
 * the last known, leaves that as it `was`. */
bool health_is_sick(bool was, const struct health_facts *, const struct health *);
/* One piece of evidence against its session stands, and the second is awaited: too early to say. */
bool health_awaits(const struct account *);

/* The part of the facts that the account's own state tells; the rest is zero. */
struct health_facts health_facts_of(const struct account *);

/* The score that follows from a line of its history alone, to draw a curve of what is past.  False: the
 * line says nothing of it. */
struct journal_record;
bool health_of_line(const struct journal_record *, struct health *ret_health);

/* Does a message that failed for this cause say something about its session?  Not so when the message
 * itself was wrong, or the provider could not be reached or was too busy. */
bool health_counts_send(unsigned cause);
/* And does it say that the engine is broken? */
bool health_is_engine(unsigned cause);

const char *health_component_name(unsigned component);
const char *health_component_text(unsigned component);
const char *health_band_name(unsigned band);

#endif
