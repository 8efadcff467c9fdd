/*
 * without.c - run a program as on a kernel that lacks something.
 *
 *	without landlock|seccomp PROGRAM ARGUMENT...
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int call = SCMP_SYS(landlock_create_ruleset);

	if (argc < 3 || filter == NULL)
		return 2;
	if (strcmp(argv[1], "seccomp") == 0)
		call = SCMP_SYS(seccomp);
	if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0) < 0 ||
	    seccomp_load(filter) < 0) {
		fputs("without: no filter can be set here\n", stderr);
		return 2;
	}
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 2;
}
