/*
 * main.c - relink-sim from the command line.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sim.h"

#define RUNS_MAX 5

static const char help[] =
    "usage: relink-sim [OPTION]... SCENARIO.yaml...\n"
    "\n"
    "Run Relink's own engine and policy in virtual time on a simulated fleet, say what came of it, "
    "and\n"
    "hold it against the bounds in the scenario.\n"
    "\n"
    "  -p, --peer=NAME      also run that reconnect rule on the same fleet: fixed-2s, five-tries,\n"
    "                       immediate, none; or all of them\n"
    "  -j, --json=FILE      the figures as JSON, one line a scenario (- : standard output)\n"
    "  -o, --html=FILE      a report with drawings (of the last scenario)\n"
    "  -t, --table          one table in Markdown of all scenarios and rules, and nothing else\n"
    "  -s, --seed=N         other chance\n"
    "  -a, --accounts=N     another size; instances and starts_per_minute grow with it\n"
    "  -q, --quiet          only what is wrong\n"
    "  -h, --help           this text\n"
    "      --version        the version\n"
    "\n"
    "Exit status: 0 all bounds hold, 1 one is broken, 2 wrong usage or a wrong scenario.\n";

struct options {
	const char *peer, *json, *html;
	bool table, quiet;
	uint64_t seed, accounts;
};

static uint64_t number(const char *text)
{
	uint64_t v;

	if (!str_to_u64(str_of(text), UINT64_MAX - 1, &v)) {
		fprintf(stderr, "relink-sim: %s is not a number\n", text);
		exit(2);
	}
	return v;
}

static bool is_peer(const char *name)
{
	for (const char *const *p = peer_names; *p != NULL; p++) {
		if (strcmp(*p, name) == 0)
			return true;
	}
	return strcmp(name, "all") == 0;
}

static struct options read_options(int argc, char **argv)
{
	static const struct option names[] = { { "peer", required_argument, NULL, 'p' },
					       { "json", required_argument, NULL, 'j' },
					       { "html", required_argument, NULL, 'o' },
					       { "table", no_argument, NULL, 't' },
					       { "seed", required_argument, NULL, 's' },
					       { "accounts", required_argument, NULL, 'a' },
					       { "quiet", no_argument, NULL, 'q' },
					       { "help", no_argument, NULL, 'h' },
					       { "version", no_argument, NULL, 'V' },
					       { NULL, 0, NULL, 0 } };
	struct options o = { .seed = UINT64_MAX };
	int c;

	while ((c = getopt_long(argc, argv, "p:j:o:ts:a:qh", names, NULL)) != -1) {
		switch (c) {
		case 'p':
			o.peer = optarg;
			break;
		case 'j':
			o.json = optarg;
			break;
		case 'o':
			o.html = optarg;
			break;
		case 't':
			o.table = true;
			break;
		case 's':
			o.seed = number(optarg);
			break;
		case 'a':
			o.accounts = number(optarg);
			break;
		case 'q':
			o.quiet = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(0);
		case 'V':
			printf("relink-sim %s\n", RELINK_VERSION);
			exit(0);
		default:
			fputs("relink-sim: see relink-sim --help\n", stderr);
			exit(2);
		}
	}
	if (o.table)
		o.peer = "all";
	if (o.peer != NULL && !is_peer(o.peer)) {
		fprintf(stderr, "relink-sim: there is no rule %s; see relink-sim --help\n", o.peer);
		exit(2);
	}
	return o;
}

static void resize(struct scenario *s, uint64_t accounts)
{
	uint64_t room = (accounts + s->capacity - 1) / s->capacity;

	if (accounts > LIMIT_ACCOUNTS || room > LIMIT_INSTANCES) {
		fprintf(stderr, "relink-sim: %llu accounts in instances of %llu are too many\n",
			(unsigned long long)accounts, (unsigned long long)s->capacity);
		exit(2);
	}
	s->starts_per_minute = s->starts_per_minute * accounts / s->accounts + 1;
	s->start_burst = s->start_burst * accounts / s->accounts + 1;
	s->instances = s->instances * accounts / s->accounts;
	s->instances = s->instances > room ? s->instances : room;
	s->accounts = accounts;
}

static size_t run_all(const struct scenario *s, const struct options *o, struct result *r)
{
	size_t n = 1;

	sim_open(s);
	sim_relink();
	sim_close();
	r[0] = (struct result){ "Relink", sim.f };
	for (const char *const *p = peer_names; *p != NULL && o->peer != NULL; p++) {
		if (strcmp(o->peer, "all") != 0 && strcmp(o->peer, *p) != 0)
			continue;
		sim_open(s);
		sim_peer(*p);
		sim_close();
		r[n++] = (struct result){ *p, sim.f };
	}
	return n;
}

static void write_files(const struct scenario *s, const struct options *o, const struct result *r,
			size_t n)
{
	FILE *json;
	int error;

	if (o->json != NULL) {
		json = strcmp(o->json, "-") == 0 ? stdout : fopen(o->json, "ae");
		if (json == NULL) {
			fprintf(stderr, "relink-sim: %s cannot be written: %m\n", o->json);
			exit(2);
		}
		report_json(json, s, r, n);
		if (json != stdout)
			fclose(json);
	}
	if (o->html != NULL && (error = plot_html(o->html, s, r, n)) != 0) {
		fprintf(stderr, "relink-sim: %s cannot be written: %s\n", o->html, strerror(error));
		exit(2);
	}
}

static unsigned run_file(const char *path, const struct options *o)
{
	static struct result r[RUNS_MAX];
	static struct scenario s;
	struct why why = { 0 };
	size_t n;

	if (scenario_load(&s, path, &why) < 0) {
		fprintf(stderr, "relink-sim: %s\n", why.text);
		exit(2);
	}
	if (o->seed != UINT64_MAX)
		s.seed = o->seed;
	if (o->accounts > 0)
		resize(&s, o->accounts);
	n = run_all(&s, o, r);
	for (size_t i = 0; i < n; i++) {
		if (o->table)
			report_row(stdout, &s, &r[i]);
		else if (!o->quiet)
			report_text(stdout, &s, &r[i]);
	}
	write_files(&s, o, r, n);
	return expect_check(stderr, &s, &r[0].f);
}

int main(int argc, char **argv)
{
	struct options o = read_options(argc, argv);
	unsigned broken = 0;

	if (optind == argc) {
		fputs("relink-sim: which scenario? see relink-sim --help\n", stderr);
		return 2;
	}
	log_set_level(LOG_ERROR);
	log_to_fd(getenv("RELINK_SIM_LOG") != NULL ? 2 : -1);
	if (o.table)
		puts(
		    "| scenario | rule | scans asked | of good logins | clicks | wasted starts | "
		    "credentials lost | 99 % connected after |\n|---|---|--:|--:|--:|--:|--:|--:|");
	for (int i = optind; i < argc; i++)
		broken += run_file(argv[i], &o);
	return broken > 0;
}
