/* child.c - fork, run, wait, and keep what was written to stderr. */
#include "child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

size_t child_read_all(int fd, char *to, size_t size)
{
	ssize_t n = pread(fd, to, size - 1, 0);

	assert_true(n >= 0);
	to[n] = '\0';
	return (size_t)n;
}

void child_run(struct child *ret_child, void (*piece)(void *arg), void *arg)
{
	int status, err = memfd_create("stderr", MFD_CLOEXEC);
	pid_t pid;

	assert_true(err >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit no_core = { 0, 0 };

		setrlimit(RLIMIT_CORE, &no_core);
		alarm(30);
		dup2(err, STDERR_FILENO);
		piece(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	memset(ret_child, 0, sizeof *ret_child);
	if (WIFSIGNALED(status))
		ret_child->signal = WTERMSIG(status);
	else
		ret_child->exit_status = WEXITSTATUS(status);
	ret_child->n_said = child_read_all(err, ret_child->said, sizeof ret_child->said);
	close(err);
}
