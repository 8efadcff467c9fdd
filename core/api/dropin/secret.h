/*
 * secret.h - a secret that two sides share: from the configuration, or from a file that it names.
 */
#ifndef RELINK_API_DROPIN_SECRET_H
#define RELINK_API_DROPIN_SECRET_H
#include "base/err.h"
#include "base/str.h"

#define SECRET_MAX 256
/* The keys of the configuration that name a file. */
#define SECRET_OF_KEY     "dropin.api_key_file"
#define SECRET_OF_WEBHOOK "dropin.webhook_secret_file"

struct secret {
	char *p; /* malloc'ed; wiped when it is freed */
	size_t n;
};

/* `value`, or the one line in `file` where it is NULL; `key` is the file's key, for messages.
 * ERR_CONFIG: the file cannot be read, others can use it, or no key is in it; ERR_NOMEM. */
int secret_read(struct secret *ret_secret, const char *value, const char *file, const char *key,
		struct why *why);
/* Could it be read?  Without a file (NULL) there is nothing to read. */
int secret_check(const char *file, const char *key, struct why *why);
void secret_free(struct secret *);

static inline struct str secret_str(const struct secret *s)
{
	return (struct str){ s->p, s->n };
}

#endif
