/* main.c - relinkd: arguments and exit statuses; everything else is app's. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/app.h"
#include "base/log.h"
#include "base/must.h"
#include "conf/conf.h"

static const char help[] =
    "relinkd keeps WhatsApp accounts linked.\n"
    "\n"
    "  relinkd [--config FILE]        run in the foreground; logs go to stderr\n"
    "  relinkd --check-config [...]   read the configuration, say what is wrong, exit\n"
    "  relinkd --version\n"
    "\n"
    "FILE is /etc/relink/relink.yaml unless named.  SIGHUP reads it again; SIGTERM stops in good\n"
    "order and leaves the sessions at the providers alone.\n"
    "\n"
    "Exit status: 0 stopped, 64 wrong usage, 65 database damaged or newer, 71 no resources,\n"
    "74 database lost while running, 75 another program has the state directory or an address, 78 "
    "wrong\n"
    "configuration.\n";

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, 'C' },
	{ "version", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

int main(int argc, char **argv)
{
	const char *file = "/etc/relink/relink.yaml";
	struct conf *conf = NULL;
	struct why why = { 0 };
	bool check = false;
	int o;

	while ((o = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (o) {
		case 'c':
			file = optarg;
			break;
		case 'C':
			check = true;
			break;
		case 'v':
			printf("relinkd %s\n", RELINK_VERSION);
			return APP_OK;
		case 'h':
			fputs(help, stdout);
			return APP_OK;
		default:
			fputs("relinkd: see relinkd --help\n", stderr);
			return APP_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "relinkd: unexpected argument \"%s\"; see relinkd --help\n",
			argv[optind]);
		return APP_USAGE;
	}
	must_catch_signals();
	log_program("relinkd");
	if (conf_load(&conf, file, &why) < 0) {
		fprintf(stderr, "relinkd: %s\n", why.text);
		return APP_CONFIG;
	}
	if (check) {
		bool good = app_check(conf, &why) == 0;

		conf_free(&conf);
		if (good)
			printf("%s: configuration OK\n", file);
		else
			fprintf(stderr, "relinkd: %s\n", why.text);
		return good ? APP_OK : APP_CONFIG;
	}
	return app_run(&conf, file);
}
