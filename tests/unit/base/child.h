/*
 * child.h - a piece of a test that ends its process.
 *
 * child_run forks, runs the piece there and says how the child ended and what it wrote.  A child that
 * does not end is killed by its alarm, and the test fails by the signal.
 */
#ifndef RELINK_TESTS_CHILD_H
#define RELINK_TESTS_CHILD_H
#include <stddef.h>

struct child {
	int signal; /* that ended it; 0: it exited */
	int exit_status;
	char said[16384]; /* on stderr, cut, NUL-terminated */
	size_t n_said;
};

/* Run `piece(arg)` in a child; when it returns the child exits with 0. */
void child_run(struct child *ret_child, void (*piece)(void *arg), void *arg);

/* The whole content of a descriptor from its start, NUL-terminated; cut at `size`. */
size_t child_read_all(int fd, char *to, size_t size);

#endif
