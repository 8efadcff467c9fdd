/* wreck.c - see wreck.h. */
#include "wreck.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINK_FD       3 /* core/proc/child.h: how a worker is laid out */
#define CHILD_LIVES_S 5 /* what is forked does not outlive a test for long */
#define LATE_MS       200
#define HUGE_BYTES    (1u << 20)

static const struct {
	bool deadly, answer;
	uint64_t size;
} wrecks[WRECK_COUNT] = {
	[WRECK_HANG] = { .deadly = true },       [WRECK_SPIN] = { .deadly = true },
	[WRECK_DEAF] = { .deadly = true },       [WRECK_FREEZE] = { .deadly = true },
	[WRECK_ABORT] = { .deadly = true },      [WRECK_SEGV] = { .deadly = true },
	[WRECK_OVERFLOW] = { .deadly = true },   [WRECK_KILL] = { .deadly = true },
	[WRECK_EXIT] = { .deadly = true },       [WRECK_FORK_EXIT] = { .deadly = true },
	[WRECK_LINK_CLOSE] = { .deadly = true }, [WRECK_LINK_GARBAGE] = { .deadly = true },
	[WRECK_LINK_CLAIM] = { .deadly = true }, [WRECK_LEAK] = { .size = 64 },
	[WRECK_FD_LEAK] = { .size = 100000 },    [WRECK_FORK] = { .size = 1 },
	[WRECK_OUTPUT] = { .size = 4 },          [WRECK_OUTPUT_CLOSE] = { .size = 1 },
	[WRECK_LOG_FLOOD] = { .size = 20000 },   [WRECK_EVENT_FLOOD] = { .size = 20000 },
	[WRECK_EVENT_HUGE] = { .size = 10 },     [WRECK_EVENT_WRONG] = { .size = 10 },
	[WRECK_TWICE] = { .answer = true },      [WRECK_STRANGER] = { .answer = true },
	[WRECK_LATE] = { .answer = true },       [WRECK_HUGE] = { .answer = true },
};

uint64_t wreck_size(enum wreck w)
{
	return wrecks[w].size;
}

bool wreck_is_deadly(enum wreck w)
{
	return wrecks[w].deadly;
}

bool wreck_is_answer(enum wreck w)
{
	return wrecks[w].answer;
}

/* --- the end --- */

static void sleep_for(unsigned s)
{
	struct timespec left = { .tv_sec = s };

	while (nanosleep(&left, &left) < 0)
		;
}

/* Not even its watchdog ends it. */
static void go_deaf(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static void spin(void)
{
	for (volatile uint64_t n = 0;; n++)
		;
}

static void write_into_nowhere(void)
{
	volatile uintptr_t nowhere = 4096;

	*(volatile int *)nowhere = 1;
}

/* No stack is that deep. */
static int overflow(int depth)
{
	volatile char here[4096];

	here[0] = (char)depth;
	return depth == INT_MAX ? 0 : overflow(depth + 1) + here[0];
}

/* The child has all our descriptors: nobody sees an end of file before it is gone. */
static void fork_child(void)
{
	if (fork() == 0) {
		sleep_for(CHILD_LIVES_S);
		_exit(0);
	}
}

static void say_to_core(const void *bytes, size_t n)
{
	if (send(LINK_FD, bytes, n, MSG_NOSIGNAL) < 0) {
		/* it is full or gone: also a wreck */
	}
}

static void end_process(enum wreck w)
{
	static const unsigned char garbage[64] = { 0xff, 0x00, 0xde, 0xad, 0xbe, 0xef };
	static const unsigned char claim[8] = { 0xff, 0xff, 0xff, 0xff, 0xdd, 0xff, 0xff, 0xff };

	switch (w) {
	case WRECK_SPIN:
		spin();
		break;
	case WRECK_DEAF:
		go_deaf();
		spin();
		break;
	case WRECK_FREEZE:
		raise(SIGSTOP);
		break;
	case WRECK_ABORT:
		abort();
	case WRECK_SEGV:
		write_into_nowhere();
		break;
	case WRECK_OVERFLOW:
		overflow(0);
		break;
	case WRECK_KILL:
		raise(SIGKILL);
		break;
	case WRECK_FORK_EXIT:
		fork_child();
		_exit(0);
	case WRECK_EXIT:
		exit(0);
	case WRECK_LINK_CLOSE:
		shutdown(LINK_FD, SHUT_RDWR);
		break;
	case WRECK_LINK_GARBAGE:
		say_to_core(garbage, sizeof garbage);
		break;
	case WRECK_LINK_CLAIM:
		say_to_core(claim, sizeof claim);
		break;
	default:
		break;
	}
	/* Who is still here blocks. */
	for (;;)
		sleep_for(3600);
}

/* --- what it survives --- */

struct piece {
	struct piece *next;
};
static struct piece *leaked; /* reachable: a leak that a checker is not to find */

static void leak(uint64_t mib)
{
	for (uint64_t i = 0; i < mib; i++) {
		struct piece *p = malloc(1u << 20);

		if (p == NULL)
			return;
		memset(p, 0x5a, 1u << 20);
		p->next = leaked;
		leaked = p;
	}
}

static void leak_descriptors(uint64_t n)
{
	while (n-- > 0 && open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
		;
}

/* The core sees the end of both pipes, and nothing else gets their numbers. */
static void close_output(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void print_garbage(struct instance *in, uint64_t mib)
{
	char bytes[4096];

	for (uint64_t i = 0; i < mib << 8; i++) {
		for (size_t k = 0; k < sizeof bytes; k += sizeof(uint64_t)) {
			uint64_t v = in->host->random(in->host);

			memcpy(bytes + k, &v, sizeof v);
		}
		if (write(i % 2 + 1, bytes, sizeof bytes) < 0)
			return;
	}
}

static void flood_events(struct instance *in, uint64_t n, struct relink_session *s)
{
	while (n-- > 0)
		in->host->event(in->host, s);
}

/* Texts of a mebibyte, of no characters, and of none at all. */
static void huge_events(struct instance *in, uint64_t n, const struct relink_session *s)
{
	char *huge = malloc(HUGE_BYTES);

	if (huge == NULL)
		return;
	while (n-- > 0) {
		struct relink_session e = *s;
		struct relink_str text = { huge, HUGE_BYTES };

		memset(huge, n % 2 != 0 ? 'x' : 0xff, HUGE_BYTES);
		e.account = e.text = text;
		in->host->event(in->host, &e);
		e.state = RELINK_STATE_QR;
		e.qr = text; /* no QR code has so many bytes: the whole event is dropped */
		in->host->event(in->host, &e);
		e = (struct relink_session){ .size = sizeof e,
					     .session = text,
					     .state = RELINK_STATE_DOWN };
		in->host->event(in->host, &e);
	}
	free(huge);
}

/* Another life, a stranger, numbers that are none, structs that are none. */
static void wrong_events(struct instance *in, uint64_t n, const struct relink_session *s)
{
	while (n-- > 0) {
		struct relink_session e = *s;

		e.state = RELINK_STATE_DOWN;
		e.cause = RELINK_LOGGED_OUT;
		e.generation = s->generation + 7;
		in->host->event(in->host, &e);
		e.session = str_of("nobody_default_1763287200_00000000");
		in->host->event(in->host, &e);
		e.session = (struct relink_str){ NULL, 0 };
		in->host->event(in->host, &e);
		e = *s;
		e.state = (enum relink_state)77;
		e.cause = (enum relink_cause)0xffff;
		in->host->event(in->host, &e);
		e.size = SIZE_MAX;
		in->host->event(in->host, &e);
		in->host->event(in->host, NULL);
	}
}

void wreck_process(struct instance *in, enum wreck w, uint64_t n, struct relink_str session,
		   uint64_t generation)
{
	struct relink_session s = { .size = sizeof s,
				    .session = session,
				    .generation = generation,
				    .state = RELINK_STATE_UNKNOWN };

	switch (w) {
	case WRECK_LEAK:
		leak(n);
		break;
	case WRECK_FD_LEAK:
		leak_descriptors(n);
		break;
	case WRECK_FORK:
		while (n-- > 0)
			fork_child();
		break;
	case WRECK_OUTPUT:
		print_garbage(in, n);
		break;
	case WRECK_OUTPUT_CLOSE:
		close_output();
		break;
	case WRECK_LOG_FLOOD:
		while (n-- > 0)
			in->host->log(in->host, RELINK_WARN, "flood, %llu to come",
				      (unsigned long long)n);
		break;
	case WRECK_EVENT_FLOOD:
		flood_events(in, n, &s);
		break;
	case WRECK_EVENT_HUGE:
		huge_events(in, n, &s);
		break;
	case WRECK_EVENT_WRONG:
		wrong_events(in, n, &s);
		break;
	default:
		if (wrecks[w].deadly)
			end_process(w);
		break;
	}
}

/* --- answers --- */

static void answer_huge(struct answer *a)
{
	static char huge[HUGE_BYTES];

	memset(huge, 0xff, sizeof huge);
	a->result.text = (struct relink_str){ huge, sizeof huge };
	a->result.boot_id = a->result.body = a->result.text;
	a->result.retry_after_ms = UINT64_MAX;
}

uint64_t wreck_answer(struct answer *a, enum wreck w, uint64_t deadline_ms, uint64_t ms)
{
	const struct relink_host *host = a->instance->host;
	uint64_t now = host->now_ms(host);

	a->again = w == WRECK_TWICE;
	if (w == WRECK_STRANGER)
		host->done(host, a->op + 1000000, &a->result);
	else if (w == WRECK_HUGE)
		answer_huge(a);
	else if (w == WRECK_LATE && deadline_ms > now)
		return deadline_ms - now + LATE_MS;
	return ms;
}
