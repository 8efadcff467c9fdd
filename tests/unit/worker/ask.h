/*
 * ask.h - one worker in slot 0 of a rig, and short ways to ask it things.
 */
#ifndef RELINK_TEST_ASK_H
#define RELINK_TEST_ASK_H
#include <relink/plugin.h>

#include "rig.h"

#define OBEDIENT PLUGINS "/obedient.so"
#define LATER_MS 20000 /* a deadline that is not meant to be reached */

extern struct rig rig;

/* cmocka's setup and teardown: a rig of four slots, and the core's log in a file. */
int ask_open(void **state);
int ask_close(void **state);
/* How often `part` stands in the log. */
size_t logged(const char *part);

/* Send and wait for the answer; or send only and return the tag. */
const struct seen *ask(enum msg_method, const void *params);
uint64_t send_only(enum msg_method, const void *params);

struct msg_pair pair(const char *key, const char *value);
const struct seen *configure(struct msg_instance *, size_t n);
/* A worker with instances "one" and "two" of the plugin, ready. */
void start(const char *plugin);
/* Account a1, profile p1, in instance "one". */
struct msg_create create_of(const char *session, uint64_t generation, uint64_t timeout_ms);
const struct seen *create(const char *session, uint64_t generation, uint64_t timeout_ms);
struct msg_control verb_of(const char *instance, const char *verb);
const struct seen *control(const char *verb);
const struct seen *stop(uint64_t grace_ms);

/* It was answered with an error of this cause, whose text holds `part`. */
void assert_error(const struct seen *, enum relink_cause, const char *part);

#endif
