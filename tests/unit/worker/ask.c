/* ask.c - see ask.h. */
#include "ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/obj.h"

struct rig rig;
static int log_fd = -1;
static uint64_t last_tag;

int ask_open(void **state)
{
	(void)state;
	log_fd = memfd_create("log", MFD_CLOEXEC);
	assert_true(log_fd >= 0);
	log_flush();
	log_to_fd(log_fd);
	rig_open(&rig, WORKER, 4);
	return 0;
}

int ask_close(void **state)
{
	(void)state;
	rig_close(&rig);
	log_to_fd(STDERR_FILENO);
	close(log_fd);
	return 0;
}

size_t logged(const char *part)
{
	off_t size = lseek(log_fd, 0, SEEK_END);
	char *text = malloc((size_t)size + 1), *at;
	size_t n = 0;

	assert_non_null(text);
	assert_int_equal(pread(log_fd, text, (size_t)size, 0), size);
	text[size] = '\0';
	for (at = text; (at = strstr(at, part)) != NULL; at++)
		n++;
	free(text);
	return n;
}

/* --- asking --- */

const struct seen *ask(enum msg_method method, const void *params)
{
	uint64_t tag = ++last_tag;

	assert_int_equal(rig_call(&rig, 0, method, params, tag, LATER_MS), 0);
	return rig_reply(&rig, tag);
}

uint64_t send_only(enum msg_method method, const void *params)
{
	assert_int_equal(rig_call(&rig, 0, method, params, ++last_tag, LATER_MS), 0);
	return last_tag;
}

struct msg_pair pair(const char *key, const char *value)
{
	return (struct msg_pair){ str_of(key), str_of(value) };
}

const struct seen *configure(struct msg_instance *instances, size_t n)
{
	struct msg_config config = { .slot = 0, .instances = { instances, n } };

	return ask(MSG_config, &config);
}

void start(const char *plugin)
{
	struct msg_instance instances[] = { { .id = STR("one") }, { .id = STR("two") } };

	rig_spawn(&rig, 0, plugin);
	assert_int_equal(configure(instances, 2)->config.opened, 2);
}

struct msg_create create_of(const char *session, uint64_t generation, uint64_t timeout_ms)
{
	return (struct msg_create){ .instance = STR("one"),
				    .account = STR("a1"),
				    .session = str_of(session),
				    .profile = STR("p1"),
				    .generation = generation,
				    .timeout = timeout_ms };
}

const struct seen *create(const char *session, uint64_t generation, uint64_t timeout_ms)
{
	struct msg_create params = create_of(session, generation, timeout_ms);

	return ask(MSG_create, &params);
}

struct msg_control verb_of(const char *instance, const char *verb)
{
	return (struct msg_control){ .instance = str_of(instance),
				     .verb = str_of(verb),
				     .timeout = LATER_MS };
}

const struct seen *control(const char *verb)
{
	struct msg_control params = verb_of("one", verb);

	return ask(MSG_control, &params);
}

const struct seen *stop(uint64_t grace_ms)
{
	struct msg_stop params = { .grace = grace_ms };

	return ask(MSG_stop, &params);
}

void assert_error(const struct seen *s, enum relink_cause cause, const char *part)
{
	assert_int_equal(s->result, ERR_STATE);
	assert_int_equal(s->error.cause, cause);
	if (!str_holds(s->error.text, part))
		fail_msg("\"%.*s\" does not say \"%s\"", STR_ARG(s->error.text), part);
}
