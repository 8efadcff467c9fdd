/*
 * dialect.h - the difference between the two services: how one is asked, and what it answers.
 *
 * Each shared object has one dialect, chosen when it is built, since what a plugin can do stands in
 * its descriptor.  All that the services have in common is outside: sending, errors, lists, watching.
 */
#ifndef RELINK_WEBJS_DIALECT_H
#define RELINK_WEBJS_DIALECT_H
#include "ask.h"
#include "words.h"

#define WORDS_MAX 256  /* bytes of a sentence, its NUL included */
#define QR_MAX    2048 /* bytes of a QR code's text */
#define PHONE_MAX 24

/* A session as a service describes it.  `s` points into the JSON that was read and into this. */
struct seen {
	struct relink_session s;
	bool vague;   /* the answer does not say enough: a look at this session alone does */
	bool foreign; /* somebody else's: it is listed and never looked at */
	char words[WORDS_MAX], qr[QR_MAX], phone[PHONE_MAX];
};

struct dialect {
	const char *service;   /* its name in sentences */
	bool key_in_header;    /* else in the body, and in the query of a GET */
	bool can_logout;       /* it can unlink the device at WhatsApp */
	bool sends_to_chats;   /* a message can go to a chat id, such as a group's */
	bool takes_files;      /* a message can bring its file, and an id of its own */
	bool tells_generation; /* it knows them, so its answers must carry them */

	void (*create)(struct ask *, const struct conf *, const struct relink_request *);
	void (*end)(struct ask *, const struct conf *, const struct relink_request *);
	/* A new QR code. */
	void (*renew)(struct ask *, const struct conf *, struct relink_str session);
	/* The question about one session, and its answer.  False: that is no such answer. */
	void (*look)(struct ask *, struct relink_str session);
	bool (*read_look)(const struct conf *, const json_t *, struct seen *);
	/* A session in a list.  False: it cannot be read. */
	bool (*read_row)(const struct conf *, const json_t *, struct seen *);
	/* A row without an id of ours can be skipped: it is none of our sessions, for sure. */
	bool (*is_nameless)(const json_t *);
};

/* The one that this object was built with. */
extern const struct dialect dialect;

/* --- reading, for both (reading.c) --- */

/* A member as text that is lent by the document; NULL: absent, null or no text. */
const char *read_text(const json_t *, const char *key);
/* The text of a member of at most `max` bytes, not empty; p is NULL when it is not that. */
struct relink_str read_name(const json_t *, const char *key, size_t max);
/* A whole number that is not negative; false: it is not that.  An absent one is 0 and fine. */
bool read_number(const json_t *, const char *key, uint64_t *ret);
/* `seen` gets a cause and words for its state DOWN. */
void read_down(const struct conf *, struct seen *, const char *cause, const char *reason,
	       const char *text, struct meaning fallback);
/* The digits at the front of a phone number. */
void read_phone(struct seen *, const char *number);

#endif
