/* words.h - words of the API that relinkctl knows: how to show them, and what a person can do. */
#ifndef RELINKCTL_WORDS_H
#define RELINKCTL_WORDS_H
#include "base/str.h"
#include "term.h"

/* The statuses, those first that want somebody's eye. */
struct status_word {
	const char *name;
	enum paint paint;
};
#define N_STATUSES 8
extern const struct status_word status_words[N_STATUSES];

/* Place in status_words; N_STATUSES for a word of a newer daemon. */
unsigned status_rank(struct str status);
enum paint status_paint(struct str status);
/* Of a health score; below 0: there is none. */
enum paint health_paint(int score);
/* What a person should do, for a user_action; "" for none. */
const char *action_advice(struct str user_action);
/* The command on the account that does it; NULL: there is none. */
const char *action_command(struct str user_action);

#endif
