/*
 * main.c - relink-plugin-check: does a plugin keep what relink/plugin.h asks of it?
 *
 * Each check runs in a process of its own: what ends by a signal or does not end is a fault of the
 * plugin, and costs that check only.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stage.h"
#include "suite.h"
#include "worker/keys.h"
#include "worker/plugin.h"

#define BUSY_S     5 /* real seconds that a check may take */
#define CONFIG_MAX 64
#define SAID_ROOM  600

static const char help[] =
    "relink-plugin-check tries whether a plugin keeps what relink/plugin.h asks for.\n"
    "\n"
    "  relink-plugin-check [--config KEY=VALUE]... FILE.so\n"
    "\n"
    "Time is virtual, and every HTTP question of the plugin gets a bad answer of some kind; "
    "nothing\n"
    "leaves this machine.  --config gives the plugin's own keys, as an instance's config in\n"
    "relink.yaml would.\n"
    "\n"
    "Exit status: 0 all is well, 1 a check failed, 64 wrong usage, 78 this is no plugin.\n";

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ 0 },
};

static struct msg_pair pairs[CONFIG_MAX];
static size_t n_pairs;

static bool add_pair(char *text)
{
	char *value = strchr(text, '=');

	if (value == NULL || value == text || n_pairs == CONFIG_MAX)
		return false;
	pairs[n_pairs++] = (struct msg_pair){ { text, (size_t)(value - text) }, str_of(value + 1) };
	return true;
}

struct tally {
	unsigned passed, failed, skipped;
};

/* In a child: run one check; what it says goes to `out`. */
static _Noreturn void run_here(const struct check *c, const struct relink_plugin *p, void *conf,
			       int out)
{
	dup2(out, STDOUT_FILENO);
	alarm(BUSY_S);
	stage_begin(p, conf);
	c->run();
	fflush(stdout);
	_Exit(0);
}

static size_t read_all(int fd, char *to, size_t room)
{
	size_t n = 0;
	ssize_t r;

	while (n < room - 1 &&
	       ((r = read(fd, to + n, room - 1 - n)) > 0 || (r < 0 && errno == EINTR)))
		n += r > 0 ? (size_t)r : 0;
	to[n] = '\0';
	return n;
}

static void judge(const struct check *c, int status, const char *said, struct tally *t)
{
	if (WIFSIGNALED(status)) {
		bool hung = WTERMSIG(status) == SIGALRM;

		t->failed++;
		printf("FAIL  %s\n      %s\n", c->says,
		       hung ? "it does not return: a function blocks or turns in a circle"
			    : strsignal(WTERMSIG(status)));
	} else if (WEXITSTATUS(status) == STATUS_SKIPPED) {
		t->skipped++;
		printf("skip  %s\n      %s\n", c->says, said);
	} else if (WEXITSTATUS(status) != 0) {
		t->failed++;
		printf("FAIL  %s\n      %s\n", c->says,
		       said[0] != '\0' ? said : "it ended the process");
	} else {
		t->passed++;
		printf("ok    %s\n", c->says);
	}
}

static void run_check(const struct check *c, const struct relink_plugin *p, void *conf,
		      struct tally *t)
{
	char said[SAID_ROOM];
	int ends[2], status = 0;
	pid_t child;

	fflush(stdout);
	if (pipe(ends) < 0 || (child = fork()) < 0) {
		perror("relink-plugin-check: no process for a check");
		exit(71);
	}
	if (child == 0)
		run_here(c, p, conf, ends[1]);
	close(ends[1]);
	read_all(ends[0], said, sizeof said);
	close(ends[0]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	judge(c, status, said, t);
}

static int check_plugin(const char *path)
{
	struct msg_instance config = { .id = STR("check-1"), .config = { pairs, n_pairs } };
	char whole[4096];
	struct relink_plugin p;
	struct why why = { 0 };
	struct tally t = { 0 };
	void *conf = NULL;

	snprintf(whole, sizeof whole, "%s%s", strchr(path, '/') == NULL ? "./" : "", path);
	if (plugin_load(&p, whole, &why) < 0 || keys_parse(&p, &config, &conf, &why) < 0) {
		fprintf(stderr, "relink-plugin-check: %s\n", why.text);
		return 78;
	}
	printf("%s %s: %s (ABI %u.%u)\n", p.name, p.version, p.summary != NULL ? p.summary : "",
	       p.abi_major, p.abi_minor);
	for (const struct check *c = suite; c->says != NULL; c++) {
		if ((p.caps & c->caps) == c->caps)
			run_check(c, &p, conf, &t);
	}
	printf("%u ok, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
	free(conf);
	return t.failed > 0;
}

int main(int argc, char **argv)
{
	int o;

	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			if (add_pair(optarg))
				break;
			fprintf(stderr,
				"relink-plugin-check: --config takes KEY=VALUE, at most %d times\n",
				CONFIG_MAX);
			return 64;
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'v':
			printf("relink-plugin-check %s (ABI %u.%u)\n", RELINK_VERSION,
			       RELINK_ABI_MAJOR, RELINK_ABI_MINOR);
			return 0;
		default:
			return 64;
		}
	}
	if (optind + 1 != argc) {
		fputs(help, stderr);
		return 64;
	}
	return check_plugin(argv[optind]);
}
