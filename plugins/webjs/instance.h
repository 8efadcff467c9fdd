/*
 * instance.h - one open instance: its service, the questions on their way, the sessions it watches.
 */
#ifndef RELINK_WEBJS_INSTANCE_H
#define RELINK_WEBJS_INSTANCE_H
#include <uthash.h>

#include "browsers.h"
#include "dialect.h"

#define NAME_MAX_BYTES  128        /* of a session or account, its NUL included */
#define LIST_BYTES_MAX  (4u << 20) /* some 16,000 sessions */
#define REPLY_BYTES_MAX (256u << 10)
/* Members, elements, arrays and objects of an answer; a member counts twice. */
#define REPLY_VALUES_MAX (1u << 19)
#define WEBHOOKS_KNOWN   1024

struct call;
struct watch;

struct instance {
	const struct relink_host *host;
	const struct conf *conf;
	struct call *calls; /* operations that wait for the service */

	struct watch *watches; /* by session id */
	struct watch *turn;    /* the same as a list, who waits longest first */
	unsigned n_asking;     /* looks on their way */
	unsigned list_mark;    /* the list that is being read */
	relink_timer tick;
	struct browsers *browsers; /* NULL: not looked for */

	struct {
		uint64_t asked, failed, unreadable, untold, webhooks, webhooks_refused;
	} stats;
	uint64_t webhooks[WEBHOOKS_KNOWN]; /* hashes of what was told last, a ring */
};

/* --- reply.c: what an HTTP answer means --- */

/* Why something was not done. */
struct verdict {
	enum relink_cause cause; /* NONE: it was */
	bool maybe;              /* it may have happened */
	bool dead;               /* the session has no browser any more */
	uint64_t retry_after_ms, generation;
	char text[WORDS_MAX];
};

void verdict_set(struct verdict *, enum relink_cause, bool maybe, const char *fmt, ...)
    RELINK_PRINTF(4, 5);
/* The JSON object of a good answer, which the caller frees; NULL: see the verdict.  `acts`: the
 * question was to do something, with the browser, so that silence is the browser's. */
json_t *reply_read(struct instance *, const struct relink_http_reply *, bool acts,
		   struct verdict *);
/* Make `text` fit to be shown: one line, cut, without the key. */
void reply_words(const struct conf *, const char *text, char words[WORDS_MAX]);

/* --- call.c: an operation that waits for the service; answered exactly once --- */

struct call {
	struct call *prev, *next;
	struct instance *instance;
	relink_op op;
	relink_http http;
	bool acts; /* it changes something at the service: no answer means unknown, not undone */
	char session[NAME_MAX_BYTES], account[NAME_MAX_BYTES];
	uint64_t generation, deadline_ms; /* as in struct relink_request */
	struct browsers_wait look; /* for Chromiums of this machine, and what is done after it: */
	struct ask *ask;           /*   owned: a question that is sent then */
	json_t *doc;               /*   owned: an answer that is read then */
	relink_timer timer;
	uint64_t until;
	/* A good answer came: answer the operation with call_done or call_fail. */
	void (*good)(struct call *, const json_t *);
	/* Another did; NULL: call_fail. */
	void (*bad)(struct call *, struct verdict *);
};

/* NULL: no memory or an impossible name, and the operation was answered so. */
struct call *call_new(struct instance *, const struct relink_request *);
/* Ask; `call` is given, and from here on answered by itself. */
void call_send(struct call *, struct ask *);
/* Answer; frees the call. */
void call_done(struct call *, struct relink_result *);
void call_fail(struct call *, const struct verdict *);
/* Answer with a cause and a sentence of our own. */
void call_refuse(struct call *, enum relink_cause, const char *fmt, ...) RELINK_PRINTF(3, 4);
void call_cancel_all(struct instance *);

/* --- watch.c: look at sessions that are on their way, and tell what changes --- */

void watch_session(struct instance *, const char *session, const char *account,
		   uint64_t generation);
void watch_forget(struct instance *, const char *session);
/* The service told this by itself: once, and with the generation, so it is as good as a look. */
void watch_told(struct instance *, struct seen *);
/* It told something of unknown age: look now.  `account` may be NULL. */
void watch_again(struct instance *, const char *session, const char *account, uint64_t generation);
/* A message was not sent, for the session has no browser (`why`), or it was (NULL). */
void watch_sent(struct instance *, const struct call *, const struct verdict *why);
/* The service calls a session connected that messages have found dead. */
void watch_correct(const struct instance *, struct seen *);
/* A list is read: begin, each session in it, end (`complete`: what was not in it is gone).  What
 * watching has found out goes into a vague one. */
void watch_list_begin(struct instance *);
void watch_listed(struct instance *, struct seen *);
void watch_list_end(struct instance *, bool complete);
void watch_close(struct instance *);
/* How many are looked at, and how many are only remembered. */
void watch_count(const struct instance *, unsigned *ret_active, unsigned *ret_resting);

/* --- send.c: messages --- */

#define SEND_MS 45000u /* a file is fetched first, and a page may be slow */

/* Compose the question.  NULL, or what is wrong with the arguments. */
const char *send_compose(struct ask *, struct relink_str session, const json_t *args);
void send_failed(struct call *, struct verdict *);
/* Does the answer say that it was sent?  Else the call is answered: nobody knows. */
bool send_was_confirmed(struct call *, const json_t *doc);

/* --- ops.c, send.c, verbs.c, webhook.c: see relink/plugin.h --- */

/* A session that the service calls connected and whose Chromium is not there any more. */
void ops_correct(const struct instance *, struct seen *);
void ops_create(void *self, const struct relink_request *);
void ops_disconnect(void *self, const struct relink_request *);
void ops_health(void *self, const struct relink_request *);
void ops_list(void *self, const struct relink_request *);
void send_message(void *self, const struct relink_request *);
void verbs_control(void *self, const struct relink_request *);
void webhook_take(void *self, const struct relink_request *);

#endif
