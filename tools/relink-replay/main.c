/*
 * main.c - relink-replay: does this build's policy decide what a recording says was decided?
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "make.h"
#include "show.h"

enum { EXIT_SAME = 0, EXIT_DIFFERENT = 1, EXIT_USAGE = 64, EXIT_DATA = 65, EXIT_INPUT = 66 };

static const char help[] =
    "relink-replay takes the steps of a recording (record.file of relinkd) through the policy "
    "again\n"
    "and says where this build decides otherwise.\n"
    "\n"
    "  relink-replay [OPTION]... FILE...\n"
    "\n"
    "  --account ROW     only this account: its number in the recording\n"
    "  --from, --to TIME only what happened then: ms, or as 2026-01-31T12:00:00Z\n"
    "  --print           every step in words, not only those that differ\n"
    "  --all             every step that differs, not only the first\n"
    "  --json            one object a line\n"
    "  --make-test OUT   write these steps with the outcome of this build to OUT, a file for\n"
    "                    tests/unit/policy/replays\n"
    "\n"
    "Exit status: 0 identical, 1 something differs, 64 wrong usage, 65 this is no recording,\n"
    "66 a file can't be read or written.\n";

static const struct option options[] = {
	{ "account", required_argument, NULL, 'a' },
	{ "from", required_argument, NULL, 'f' },
	{ "to", required_argument, NULL, 't' },
	{ "print", no_argument, NULL, 'p' },
	{ "all", no_argument, NULL, 'A' },
	{ "json", no_argument, NULL, 'j' },
	{ "make-test", required_argument, NULL, 'm' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ 0 },
};

struct wish {
	uint64_t row, from, to;
	bool one_row, print, all, json;
	const char *test;
};

struct run {
	const struct wish *wish;
	struct show show;
	struct tally tally;
	struct make *make;
	bool failed;
};

static bool read_time(const char *text, uint64_t *ret_ms)
{
	struct tm tm = { 0 };
	const char *end;

	if (str_to_u64(str_of(text), UINT64_MAX, ret_ms))
		return true;
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (end == NULL || (strcmp(end, "Z") != 0 && *end != '\0'))
		return false;
	*ret_ms = (uint64_t)timegm(&tm) * 1000;
	return true;
}

static bool is_wished(const struct wish *w, const struct recorded *s)
{
	return (!w->one_row || s->row == w->row) && s->event.now >= w->from &&
	       s->event.now <= w->to;
}

static void take_step(struct run *run, const struct recorded *s)
{
	struct replayed r;

	replay_step(s, &r);
	run->tally.steps++;
	if (run->wish->print)
		show_step(&run->show, s);
	if (r.n > 0 && (run->wish->all || run->tally.different == 0))
		show_different(&run->show, s, &r);
	run->tally.different += r.n > 0;
	if (run->make != NULL && !make_step(run->make, s, &r))
		run->failed = true;
}

static void name_strangers(const struct run *run, const struct recording *rec)
{
	const char *name;

	for (unsigned of = 0; of < OF_COUNT; of++) {
		for (unsigned i = 0; (name = recording_stranger(rec, of, i)) != NULL; i++)
			show_stranger(&run->show, of, name);
	}
}

static void take(struct run *run, const struct recording *rec, const struct recorded *item)
{
	struct tally *t = &run->tally;
	bool shown = run->wish->print;

	switch (item->kind) {
	case RECORDED_PART:
		t->parts++;
		name_strangers(run, rec);
		break;
	case RECORDED_GAP:
		t->gaps++;
		t->missing += item->count;
		shown = true;
		break;
	case RECORDED_DAMAGE:
		t->torn += item->torn;
		t->damages += !item->torn;
		shown = shown || !item->torn;
		break;
	case RECORDED_BREAK:
		if (!is_wished(run->wish, item))
			return;
		t->breaks++;
		shown = true;
		break;
	case RECORDED_STEP:
		if (is_wished(run->wish, item))
			take_step(run, item);
		return;
	}
	if (shown)
		show_item(&run->show, item);
}

static int replay(struct run *run, struct str bytes)
{
	struct recording *rec;
	struct recorded item;
	int r = recording_open(&rec, bytes);

	if (r < 0)
		return r;
	while ((r = recording_next(rec, &item)) > 0)
		take(run, rec, &item);
	recording_close(&rec);
	return r;
}

/* relinkd may be writing to it: what is there now. */
static int lend(const char *path, struct str *ret_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = NULL;

	if (fd < 0 || fstat(fd, &st) < 0)
		return ERR_IO;
	if (st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return ERR_IO;
	*ret_bytes = (struct str){ p, (size_t)st.st_size };
	return 0;
}

static int replay_file(struct run *run)
{
	struct str bytes;
	int r;

	if (lend(run->show.file, &bytes) < 0) {
		fprintf(stderr, "relink-replay: cannot read %s: %s\n", run->show.file,
			strerror(errno));
		return EXIT_INPUT;
	}
	r = replay(run, bytes);
	if (bytes.p != NULL)
		munmap((void *)(uintptr_t)bytes.p, bytes.n);
	if (r < 0) {
		fprintf(stderr, "relink-replay: %s: %s\n", run->show.file, err_text(r));
		return EXIT_INPUT;
	}
	show_tally(&run->show, &run->tally);
	if (run->failed)
		return EXIT_INPUT;
	if (run->tally.parts == 0 && bytes.n > 0)
		return EXIT_DATA;
	return run->tally.different + run->tally.breaks + run->tally.damages > 0 ? EXIT_DIFFERENT
										 : EXIT_SAME;
}

static bool read_option(struct wish *w, int c)
{
	switch (c) {
	case 'a':
		w->one_row = true;
		return str_to_u64(str_of(optarg), UINT64_MAX, &w->row);
	case 'f':
		return read_time(optarg, &w->from);
	case 't':
		return read_time(optarg, &w->to);
	case 'p':
		return w->print = true;
	case 'A':
		return w->all = true;
	case 'j':
		return w->json = true;
	case 'm':
		w->test = optarg;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct wish wish = { .to = UINT64_MAX };
	struct make *make = NULL;
	int c, worst = EXIT_SAME;

	while ((c = getopt_long(argc, argv, "hv", options, NULL)) >= 0) {
		if (c == 'h' || c == 'v') {
			fputs(c == 'h' ? help : "relink-replay " RELINK_VERSION "\n", stdout);
			return EXIT_SAME;
		}
		if (!read_option(&wish, c)) {
			fprintf(stderr, "relink-replay: wrong usage; see relink-replay --help\n");
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		fprintf(stderr, "relink-replay: which file? see relink-replay --help\n");
		return EXIT_USAGE;
	}
	if (wish.test != NULL && !make_begin(&make, wish.test))
		return EXIT_INPUT;
	for (; optind < argc; optind++) {
		struct run run = { .wish = &wish,
				   .show = { wish.json, argv[optind] },
				   .make = make };
		int r = replay_file(&run);

		if (r > worst)
			worst = r;
	}
	if (make != NULL && !make_end(&make))
		worst = EXIT_INPUT;
	return worst;
}
