/*
 * fake_service.c - a service that does what its arguments say, one after the other.
 *
 *	print:TEXT  a line           part:TEXT  the same without its end     flood:N  N lines of 100 bytes
 *	facts:FILE  how it was started, into FILE      copy:FROM:TO  as files
 *	await:FILE  until there is that file           exit:N  raise:N  deaf (to SIGTERM)  wait
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void facts(const char *path)
{
	char text[4096];
	char next[4096];
	ssize_t n = readlink("/proc/self/fd/0", text, sizeof text - 1);
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	sigset_t mask;
	unsigned fds = 0, blocked = 0, ignored = 0;
	FILE *f;

	snprintf(next, sizeof next, "%s.new", path);
	f = fopen(next, "w");
	if (f == NULL || dir == NULL || n < 0)
		abort();
	text[n] = '\0';
	fprintf(f, "stdin=%s\n", text);
	while ((entry = readdir(dir)) != NULL)
		fds += entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) != dirfd(dir) &&
		       strtol(entry->d_name, NULL, 10) != fileno(f);
	closedir(dir);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int sig = 1; sig < SIGRTMAX; sig++) {
		struct sigaction now;

		blocked += sigismember(&mask, sig) == 1;
		ignored += sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
	}
	fprintf(f, "fds=%u\nblocked=%u\nignored=%u\n", fds, blocked, ignored);
	fprintf(f, "leader=%d\nuid=%u\ngid=%u\ngroups=%d\n", getsid(0) == getpid(), getuid(),
		getgid(), getgroups(0, NULL));
	fprintf(f, "cwd=%s\n", getcwd(text, sizeof text));
	for (char **e = environ; *e != NULL; e++)
		fprintf(f, "env %s\n", *e);
	if (fclose(f) != 0 || rename(next, path) != 0)
		abort();
}

static void copy(char *both)
{
	char *to = strchr(both, ':'), text[4096], next[4096];
	FILE *f;
	size_t n = 0;

	*to++ = '\0';
	f = fopen(both, "r");
	if (f != NULL) {
		n = fread(text, 1, sizeof text, f);
		fclose(f);
	}
	snprintf(next, sizeof next, "%s.new", to);
	f = fopen(next, "w");
	if (f == NULL)
		abort();
	fprintf(f, "%d %.*s", getpid(), (int)n, text);
	if (fclose(f) != 0 || rename(next, to) != 0)
		abort();
}

static void flood(long n)
{
	static char line[101];

	memset(line, 'x', 99);
	line[99] = '\n';
	while (n-- > 0) {
		if (write(1, line, 100) != 100)
			abort();
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *colon = strchr(argv[i], ':'), *rest = colon != NULL ? colon + 1 : argv[i];

		if (strncmp(argv[i], "print:", 6) == 0) {
			if (dprintf(i % 2 ? 1 : 2, "%s\n", rest) < 0)
				return 99;
		} else if (strncmp(argv[i], "part:", 5) == 0) {
			if (dprintf(1, "%s", rest) < 0)
				return 99;
		} else if (strncmp(argv[i], "flood:", 6) == 0) {
			flood(strtol(rest, NULL, 10));
		} else if (strncmp(argv[i], "facts:", 6) == 0) {
			facts(rest);
		} else if (strncmp(argv[i], "copy:", 5) == 0) {
			copy(rest);
		} else if (strncmp(argv[i], "await:", 6) == 0) {
			while (access(rest, F_OK) != 0)
				usleep(2000);
		} else if (strncmp(argv[i], "exit:", 5) == 0) {
			return (int)strtol(rest, NULL, 10);
		} else if (strncmp(argv[i], "raise:", 6) == 0) {
			raise((int)strtol(rest, NULL, 10));
		} else if (strcmp(argv[i], "deaf") == 0) {
			signal(SIGTERM, SIG_IGN);
		} else {
			for (;;)
				pause();
		}
	}
	return 0;
}
