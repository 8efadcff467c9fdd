/*
 * main.c - the simulation from the command line.
 *
 *	sim                       the short form: every kind of run, a few seeds
 *	sim --steps 10000000      the long form: at least so many policy steps in all
 *	sim --seed 42 --kind storm-fenced     one run again
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "sim.h"

static const struct faults storm = {
	.create_lost = 300,
	.create_reply_lost = 400,
	.create_late = 300,
	.create_refused = 800,
	.close_lost = 300,
	.close_reply_lost = 300,
	.close_lies = 300,
	.push_lost = 2000,
	.push_twice = 1000,
	.push_late = 500,
	.list_error = 500,
	.list_partial = 500,
	.list_silent = 200,
	.session_dies = 150,
	.logged_out = 800,
	.worker_dies = 800,
	.worker_hangs = 200,
	.queue_full = 5000,
	.config_refused = 3000,
	.reloads = 300,
	.core_dies = 600,
	.instance_down = 150,
	.spawn_fails = 300,
	.disk_slow = 100,
};
static const struct faults crashes = { .worker_dies = 4000, .core_dies = 3000, .disk_slow = 200 };
static const struct faults liars = {
	.close_lies = 3000,
	.create_denied = 500,
	.create_reply_lost = 3000,
	.create_late = 2000,
	.list_partial = 3000,
	.push_lost = 5000,
	.push_late = 3000,
	.push_elsewhere = 1000,
	.ledger_fails = 9000,
	.session_dies = 300,
	.core_dies = 300,
};
static const struct faults outage = { .instance_down = 1500,
				      .session_dies = 50,
				      .worker_dies = 300 };

/* A create that is applied when its session was proven gone would open the id a second time; nothing
 * that only lists sessions can protect itself from that. */
static const struct faults truthful = {
	.create_lost = 300,
	.create_reply_lost = 400,
	.create_refused = 800,
	.close_lost = 300,
	.close_reply_lost = 300,
	.close_lies = 300,
	.push_lost = 2000,
	.push_twice = 1000,
	.push_late = 500,
	.list_error = 500,
	.list_partial = 500,
	.list_silent = 200,
	.session_dies = 150,
	.logged_out = 800,
	.worker_dies = 800,
	.core_dies = 600,
	.instance_down = 150,
	.disk_slow = 100,
};

/* Operators drain and resume, and instances are away for as long as an hour. */
static const struct faults moves = {
	.create_lost = 200,
	.create_reply_lost = 300,
	.create_refused = 300,
	.close_lost = 300,
	.close_reply_lost = 300,
	.close_lies = 500,
	.push_lost = 2000,
	.push_twice = 500,
	.push_late = 500,
	.list_error = 300,
	.list_partial = 300,
	.session_dies = 150,
	.logged_out = 800,
	.worker_dies = 300,
	.core_dies = 400,
	.instance_down = 100,
	.instance_long_down = 100,
	.drains = 1500,
	.disk_slow = 200,
};

/* What befalls all at the same time, and nothing else. */
static const struct faults waves = { .waves = 2000, .push_lost = 1000, .list_error = 200 };

/* Automation is paused every now and then, for minutes or hours, while everything fails. */
static const struct faults pauses = {
	.create_lost = 200,
	.create_reply_lost = 300,
	.create_refused = 500,
	.close_lost = 500,
	.close_reply_lost = 300,
	.close_lies = 1000,
	.push_lost = 2000,
	.push_late = 300,
	.list_error = 300,
	.session_dies = 300,
	.logged_out = 800,
	.worker_dies = 500,
	.core_dies = 300,
	.instance_down = 100,
	.drains = 500,
	.pauses = 700,
	.disk_slow = 100,
};

static const struct faults slow_disk = {
	.create_late = 500,
	.create_denied = 2000,
	.close_lies = 2000,
	.push_late = 500,
	.session_dies = 200,
	.core_dies = 1500,
	.disk_slow = 5000,
};

/* Our own backends die and hang, and so does everything around them. */
static const struct faults services = {
	.create_lost = 200,
	.create_late = 200,
	.close_lost = 200,
	.push_lost = 1000,
	.list_error = 300,
	.list_partial = 300,
	.session_dies = 100,
	.worker_dies = 800,
	.worker_hangs = 300,
	.core_dies = 800,
	.spawn_fails = 1500,
	.reloads = 500,
	.disk_slow = 200,
	.service_dies = 1500,
	.service_hangs = 500,
	.service_dies_answering = 100,
};

/* They cannot be started for so long that their accounts go to others. */
static const struct faults no_services = {
	.create_lost = 200,
	.close_lost = 200,
	.push_lost = 1000,
	.list_error = 300,
	.session_dies = 100,
	.worker_dies = 300,
	.core_dies = 200,
	.spawn_fails = 7000,
	.disk_slow = 200,
	.drains = 500,
	.service_dies = 600,
	.service_hangs = 100,
};

/* Sessions that connect and die, again and again, each for itself. */
static const struct faults flapping = {
	.push_lost = 1000,
	.push_twice = 500,
	.session_dies = 2500,
	.worker_dies = 100,
	.core_dies = 100,
	.disk_slow = 100,
};

static const struct kind {
	const char *name;
	struct setting s;
} kinds[] = {
	{ "storm-fenced",
	  { .accounts = 60,
	    .instances = 3,
	    .workers = 2,
	    .fenced = true,
	    .listable = true,
	    .wishes = 6,
	    .faults = storm } },
	{ "storm-listable",
	  { .accounts = 60,
	    .instances = 3,
	    .workers = 2,
	    .listable = true,
	    .wishes = 6,
	    .faults = storm } },
	{ "storm-unlistable",
	  { .accounts = 40,
	    .instances = 2,
	    .workers = 2,
	    .fenced = true,
	    .wishes = 4,
	    .faults = storm } },
	{ "crash-only-fenced",
	  { .accounts = 50,
	    .instances = 2,
	    .workers = 2,
	    .fenced = true,
	    .listable = true,
	    .crash_only = true,
	    .tick_ms = 4000,
	    .faults = crashes } },
	{ "crash-only-listable",
	  { .accounts = 50,
	    .instances = 2,
	    .workers = 2,
	    .listable = true,
	    .crash_only = true,
	    .tick_ms = 4000,
	    .faults = crashes } },
	{ "liars-fenced",
	  { .accounts = 40,
	    .instances = 2,
	    .workers = 1,
	    .fenced = true,
	    .listable = true,
	    .wishes = 3,
	    .faults = liars } },
	{ "liars-listable",
	  { .accounts = 40,
	    .instances = 2,
	    .workers = 1,
	    .listable = true,
	    .wishes = 3,
	    .faults = liars } },
	{ "same-id",
	  { .accounts = 40,
	    .instances = 2,
	    .workers = 2,
	    .listable = true,
	    .same_id = true,
	    .wishes = 6,
	    .faults = truthful } },
	{ "slow-disk",
	  { .accounts = 50,
	    .instances = 2,
	    .workers = 2,
	    .listable = true,
	    .wishes = 60,
	    .tick_ms = 10000,
	    .faults = slow_disk } },
	{ "services",
	  { .accounts = 60,
	    .instances = 3,
	    .workers = 2,
	    .fenced = true,
	    .listable = true,
	    .services = true,
	    .wishes = 3,
	    .faults = services } },
	{ "moves-fenced",
	  { .accounts = 40,
	    .instances = 4,
	    .workers = 2,
	    .fenced = true,
	    .listable = true,
	    .shared = true,
	    .move = true,
	    .wishes = 4,
	    .faults = moves } },
	{ "moves-listable",
	  { .accounts = 40,
	    .instances = 3,
	    .workers = 2,
	    .listable = true,
	    .shared = true,
	    .move = true,
	    .wishes = 4,
	    .faults = moves } },
	{ "moves-same-id",
	  { .accounts = 40,
	    .instances = 3,
	    .workers = 2,
	    .listable = true,
	    .same_id = true,
	    .shared = true,
	    .move = true,
	    .wishes = 4,
	    .faults = moves } },
	{ "moves-services",
	  { .accounts = 40,
	    .instances = 3,
	    .workers = 2,
	    .fenced = true,
	    .listable = true,
	    .services = true,
	    .shared = true,
	    .move = true,
	    .wishes = 4,
	    .faults = no_services } },
	{ "drains-listable",
	  { .accounts = 40,
	    .instances = 3,
	    .workers = 2,
	    .listable = true,
	    .shared = true,
	    .wishes = 4,
	    .faults = moves } },
	{ "moves-unshared",
	  { .accounts = 40,
	    .instances = 3,
	    .workers = 2,
	    .listable = true,
	    .move = true,
	    .wishes = 4,
	    .faults = moves } },
	{ "flapping",
	  { .accounts = 30,
	    .instances = 2,
	    .workers = 2,
	    .fenced = true,
	    .listable = true,
	    .wishes = 1,
	    .faults = flapping } },
	{ "waves-fenced",
	  { .accounts = 60,
	    .instances = 3,
	    .workers = 2,
	    .fenced = true,
	    .listable = true,
	    .faults = waves } },
	{ "waves-listable",
	  { .accounts = 40, .instances = 1, .workers = 1, .listable = true, .faults = waves } },
	{ "pauses-fenced",
	  { .accounts = 40,
	    .instances = 3,
	    .workers = 2,
	    .fenced = true,
	    .listable = true,
	    .shared = true,
	    .wishes = 2,
	    .faults = pauses } },
	{ "pauses-same-id",
	  { .accounts = 40,
	    .instances = 2,
	    .workers = 2,
	    .listable = true,
	    .same_id = true,
	    .wishes = 2,
	    .faults = pauses } },
	{ "outage",
	  { .accounts = 80,
	    .starts_per_minute = 6, /* so that the bucket is what they wait for */
	    .instances = 4,
	    .workers = 2,
	    .fenced = true,
	    .listable = true,
	    .wishes = 2,
	    .faults = outage } },
};

static void run(const struct kind *k, uint64_t seed, uint64_t steps, struct totals *sum)
{
	struct setting s = k->s;
	struct totals t;

	s.seed = seed;
	s.steps = steps;
	s.calm_ms = 3 * 3600000ull;
	if (s.tick_ms == 0)
		s.tick_ms = 60000;
	if (s.starts_per_minute == 0)
		s.starts_per_minute = 60;
	sim_run(&s, &t);
	printf("%-20s seed %-6llu %9llu steps %7llu starts %6llu deaths %5llu core crashes "
	       "%6llu stale %5llu orphans ended %5llu moved %5llu flapping %8.1f h\n",
	       k->name, (unsigned long long)seed, (unsigned long long)t.steps,
	       (unsigned long long)t.applied, (unsigned long long)t.deaths,
	       (unsigned long long)t.crashes, (unsigned long long)t.stale,
	       (unsigned long long)t.ended_orphans, (unsigned long long)t.moved,
	       (unsigned long long)t.flapping, (double)t.virtual_ms / 3600000.0);
	fflush(stdout);
	sum->steps += t.steps;
	sum->crashes += t.crashes;
	sum->applied += t.applied;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "steps", required_argument, NULL, 's' }, { "seed", required_argument, NULL, 'S' },
		{ "seeds", required_argument, NULL, 'n' }, { "kind", required_argument, NULL, 'k' },
		{ "verbose", no_argument, NULL, 'v' },     { 0 }
	};
	uint64_t steps = 400000, seed = 1, seeds = 2, per_run;
	const char *kind = NULL;
	struct totals sum = { 0 };
	int o;

	log_set_level(LOG_ERROR);
	log_set_subsystem_level(LOG_SUB_PROC, LOG_ERROR);
	log_to_fd(-1);
	must_catch_signals();
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 's':
			steps = strtoull(optarg, NULL, 10);
			break;
		case 'S':
			seed = strtoull(optarg, NULL, 10);
			break;
		case 'n':
			seeds = strtoull(optarg, NULL, 10);
			break;
		case 'k':
			kind = optarg;
			break;
		case 'v':
			log_to_fd(2);
			log_set_level(LOG_DEBUG);
			break;
		default:
			return 2;
		}
	}
	per_run = steps / (seeds * (kind != NULL ? 1 : ARRAY_LEN(kinds))) + 1;
	for (uint64_t n = 0; n < seeds; n++) {
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
			if (kind == NULL || strcmp(kind, kinds[i].name) == 0)
				run(&kinds[i], seed + n, per_run, &sum);
		}
	}
	printf("%llu steps, %llu starts, %llu core crashes, 0 violations\n",
	       (unsigned long long)sum.steps, (unsigned long long)sum.applied,
	       (unsigned long long)sum.crashes);
	return sum.steps > 0 ? 0 : 1;
}
