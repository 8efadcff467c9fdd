/*
 * wire.h - the service at the other end, as far as a test plays it: what the plugin asks over HTTP is
 * kept, and answered when and how the test says.
 *
 * The host behind it is the one of the mock's tests (../mock/host.h).  A key that shows up in any text
 * which the plugin says fails the test at that place.
 */
#ifndef RELINK_TEST_WEBJS_WIRE_H
#define RELINK_TEST_WEBJS_WIRE_H
#include "../mock/host.h"

#define KEY        "k3y-of-the-tests"
#define URL        "http://127.0.0.1:3001"
#define CONFIG     "url=" URL ",api_key=" KEY
#define WIRE_ASKED 256

struct asked_http {
	relink_http id; /* 0: free */
	void (*fn)(void *arg, const struct relink_http_reply *);
	void *arg;
	char text[2048]; /* METHOD URL BODY, the key in it written as KEY */
	char headers[512], ca_file[64];
	uint64_t total_ms, connect_ms, body_max;
	int fresh;
};

struct wire {
	struct rig rig; /* first: the plugin hands it back to us */
	struct asked_http asked[WIRE_ASKED];
	char last[2048]; /* the text of the question that came last */
	char why[512];   /* the text of the last answer or event */
	char log[512];   /* the last line */
	unsigned n_asked;
	bool is_full; /* takes no question */
	void (*done)(const struct relink_host *, relink_op, const struct relink_result *);
	void (*event)(const struct relink_host *, const struct relink_session *);
};

/* An HTTP answer; one with a cause is none. */
struct said {
	enum relink_cause cause;
	int sent, timeout;
	unsigned status;
	uint64_t retry_after_ms;
	const char *body;
	size_t n; /* of the body; 0: up to its NUL */
};

void wire_open(struct wire *, const char *so, const char *config);
/* Close; nothing is left on the wire, and nobody listens. */
void wire_close(struct wire *);
/* How many questions wait for an answer. */
unsigned wire_open_questions(const struct wire *);
/* Answer the question that waits longest. */
void wire_answer(struct wire *, struct said);
void wire_json(struct wire *, unsigned status, const char *body);
/* Answer the one for which `part` is in its text. */
void wire_answer_to(struct wire *, const char *part, struct said);
/* The question that waits longest. */
const struct asked_http *wire_first(const struct wire *);

/* The operations on account a1, session s1 of generation 3, profile p1. */
void wire_create(struct wire *);
void wire_disconnect(struct wire *);
void wire_health(struct wire *);

#endif
