/*
 * scenario.c - reads a scenario file, as core/conf reads a configuration: a wrong one is refused whole.
 */
#include "scenario.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/obj.h"
#include "conf/tree.h"

enum type { COUNT, MS, SHARE, FLAG, TEXT };
struct key {
	const char *name, *deflt; /* deflt NULL: not set (UINT64_MAX), or required for texts */
	enum type type;
	size_t at, size;
	uint64_t min, max;
};
#define KEY(s, member, name, type, deflt, min, max)                                                \
	{                                                                                          \
		name, deflt, type, offsetof(struct s, member), sizeof(((struct s *)NULL)->member), \
		    min, max                                                                       \
	}
#define ANY (UINT64_MAX - 1)

// clang-format off
static const struct key top[] = {
	KEY(scenario, name, "name", TEXT, "", 1, 63),
	KEY(scenario, about, "about", TEXT, "", 1, 255),
	KEY(scenario, seed, "seed", COUNT, "1", 0, ANY),
	KEY(scenario, accounts, "accounts", COUNT, "100", 1, LIMIT_ACCOUNTS),
	KEY(scenario, duration, "duration", MS, "1h", 1000, 366ull * 86400000),
	KEY(scenario, connected, "connected", FLAG, "true", 0, 0),
};
static const struct key policy[] = {
	KEY(scenario, backoff_base, "backoff_base", MS, "2s", 10, 3600000),
	KEY(scenario, backoff_cap, "backoff_cap", MS, "5m", 10, 86400000),
	KEY(scenario, max_attempts, "max_attempts", COUNT, "10", 1, 200),
	KEY(scenario, stable_after, "stable_after", MS, "5m", 100, 86400000),
	KEY(scenario, start_deadline, "start_deadline", MS, "2m", 100, 3600000),
	KEY(scenario, qr_deadline, "qr_deadline", MS, "5m", 100, 3600000),
	KEY(scenario, settle, "settle", MS, "30s", 100, 600000),
	KEY(scenario, list_interval, "list_interval", MS, "15s", 100, 600000),
	KEY(scenario, op_deadline, "operation_deadline", MS, "30s", 100, 600000),
	KEY(scenario, join_window, "join_window", MS, "5s", 0, 60000),
	KEY(scenario, flap_losses, "flap_losses", COUNT, "5", 0, 5),
	KEY(scenario, incident_window, "incident_window", MS, "2m", 0, 3600000),
	KEY(scenario, believe_logouts, "believe_logouts_after", MS, "30m", 0, 30ull * 86400000),
};
static const struct key fleet[] = {
	KEY(scenario, instances, "instances", COUNT, "1", 1, 1024),
	KEY(scenario, workers, "workers", COUNT, "1", 1, 256),
	KEY(scenario, capacity, "capacity", COUNT, "500", 1, 1000000),
	KEY(scenario, concurrent_starts, "concurrent_starts", COUNT, "4", 1, 1000),
	KEY(scenario, starts_at_first, "starts_at_first", COUNT, "2", 1, 1000),
	KEY(scenario, max_qr_waiting, "max_qr_waiting", COUNT, "50", 0, 1000000),
	KEY(scenario, starts_per_minute, "starts_per_minute", COUNT, "120", 1, 1000000),
	KEY(scenario, start_burst, "start_burst", COUNT, "20", 1, 100000),
	KEY(scenario, start_time, "start_time", MS, "8s", 1, 3600000),
	KEY(scenario, start_spread, "start_spread", SHARE, "40%", 0, 2),
	KEY(scenario, start_timeout, "start_timeout", MS, "2m", 1000, 86400000),
	KEY(scenario, start_failures, "start_failures", SHARE, "1%", 0, 1),
	KEY(scenario, parallel_starts, "parallel_starts", COUNT, "4", 1, 1000000),
	KEY(scenario, overload_crashes, "overload_crashes", SHARE, "5%", 0, 1),
	KEY(scenario, session_life, "session_life", MS, "0", 0, ANY),
	KEY(scenario, death_log_outs, "log_outs", SHARE, "0%", 0, 1),
	KEY(scenario, push_lost, "push_lost", SHARE, "0%", 0, 1),
	KEY(scenario, shared, "shared_credentials", FLAG, "false", 0, 0),
	KEY(scenario, move, "move_when_down", FLAG, "false", 0, 0),
	KEY(scenario, move_after, "move_after", MS, "10m", 100, 7ull * 86400000),
};
static const struct key people[] = {
	KEY(scenario, linked, "linked", SHARE, "100%", 0, 1),
	KEY(scenario, scan, "scan", SHARE, "70%", 0, 1),
	KEY(scenario, scan_after, "scan_after", MS, "1m", 1, 86400000),
	KEY(scenario, click, "click", SHARE, "60%", 0, 1),
	KEY(scenario, click_after, "click_after", MS, "15m", 1, 7ull * 86400000),
	KEY(scenario, insist, "insist", FLAG, "false", 0, 0),
	KEY(scenario, high, "high_priority", SHARE, "0%", 0, 1),
	KEY(scenario, low, "low_priority", SHARE, "0%", 0, 1),
	KEY(scenario, big_workspace, "big_workspace", SHARE, "100%", 0, 1),
};
static const struct key event[] = {
	KEY(scenario_event, at, "at", MS, "0", 0, ANY),
	KEY(scenario_event, for_ms, "for", MS, "0", 0, ANY),
	KEY(scenario_event, every, "every", MS, "1m", 1000, ANY),
	KEY(scenario_event, time, "time", MS, "90s", 1, 3600000),
	KEY(scenario_event, count, "count", COUNT, "1", 1, 1000000),
	KEY(scenario_event, account, "account", COUNT, "0", 0, 999999),
	KEY(scenario_event, instance, "instance", COUNT, NULL, 0, 1023),
	KEY(scenario_event, part, "part", SHARE, "100%", 0, 1),
};
static const struct key expect[] = {
	KEY(bounds, duplicates, "duplicates", COUNT, "0", 0, ANY),
	KEY(bounds, credentials_lost, "credentials_lost", COUNT, "0", 0, ANY),
	KEY(bounds, over_bucket, "over_bucket", COUNT, "0", 0, ANY),
	KEY(bounds, scans_max, "scans_max", COUNT, NULL, 0, ANY),
	KEY(bounds, scans_min, "scans_min", COUNT, NULL, 0, ANY),
	KEY(bounds, scans_needless_max, "scans_needless_max", COUNT, NULL, 0, ANY),
	KEY(bounds, wasted_starts_max, "wasted_starts_max", COUNT, NULL, 0, ANY),
	KEY(bounds, starts_max, "starts_max", COUNT, NULL, 0, ANY),
	KEY(bounds, starting_max, "starting_max", COUNT, NULL, 0, ANY),
	KEY(bounds, connected_99_within, "connected_99_within", MS, NULL, 0, ANY),
	KEY(bounds, connected_min, "connected_min", COUNT, NULL, 0, ANY),
	KEY(bounds, person_wait_max, "person_wait_max", MS, NULL, 0, ANY),
	KEY(bounds, small_workspace_wait_max, "small_workspace_wait_max", MS, NULL, 0, ANY),
};
// clang-format on

static const char *const happenings[] = {
#define H(id, name) name,
	HAPPENINGS(H)
#undef H
};

const char *happening_name(unsigned kind)
{
	return kind < HAPPENINGS_COUNT ? happenings[kind] : "?";
}

static bool read_ms(struct str t, uint64_t *ret_v)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }
	};
	char *end;
	unsigned long long v;

	if (t.n == 0 || t.p[0] < '0' || t.p[0] > '9')
		return false;
	v = strtoull(t.p, &end, 10);
	if (*end == '\0' && v == 0) {
		*ret_v = 0;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(end, units[i].unit) == 0 && v < UINT64_MAX / units[i].ms) {
			*ret_v = v * units[i].ms;
			return true;
		}
	}
	return false;
}

static bool read_share(struct str t, double *ret_v)
{
	char *end;

	if (t.n == 0 || t.p[0] < '0' || t.p[0] > '9')
		return false;
	*ret_v = strtod(t.p, &end) / 100;
	return strcmp(end, "%") == 0;
}

static int read_one(const struct source *src, const struct node *n, const struct key *k,
		    struct str t, void *to)
{
	char *member = (char *)to + k->at;
	uint64_t v = 0;
	double share;

	switch (k->type) {
	case TEXT:
		if (t.n >= k->size)
			return source_complain(src, n, "is longer than %zu bytes", k->size - 1);
		str_copy(member, k->size, t);
		return 0;
	case FLAG:
		if (!str_is(t, "true") && !str_is(t, "false"))
			return source_complain(src, n, "must be true or false, not %s",
					       quote(t).text);
		*(bool *)member = str_is(t, "true");
		return 0;
	case SHARE:
		if (!read_share(t, &share) || share > (double)k->max)
			return source_complain(src, n, "must be 0%% to %llu%%, not %s",
					       (unsigned long long)k->max * 100, quote(t).text);
		memcpy(member, &share, sizeof share);
		return 0;
	case MS:
		if (!read_ms(t, &v) || v < k->min || v > k->max)
			return source_complain(
			    src, n,
			    "must be a duration as 250ms, 8s, 5m, 1h or 2d, at least "
			    "%llums, not %s",
			    (unsigned long long)k->min, quote(t).text);
		break;
	case COUNT:
		if (!str_to_u64(t, k->max, &v) || v < k->min)
			return source_complain(src, n, "must be a number from %llu to %llu, not %s",
					       (unsigned long long)k->min,
					       (unsigned long long)k->max, quote(t).text);
		break;
	}
	memcpy(member, &v, sizeof v);
	return 0;
}

static void set_defaults(const struct key *keys, size_t n, void *to)
{
	static const uint64_t unset = UINT64_MAX;
	const struct source none = { NULL, NULL };

	for (size_t i = 0; i < n; i++) {
		if (keys[i].deflt == NULL)
			memcpy((char *)to + keys[i].at, &unset, sizeof unset);
		else
			(void)read_one(&none, NULL, &keys[i], str_of(keys[i].deflt), to);
	}
}

/* The entries of a map by its keys; `skip` are read by somebody else. */
static int read_map(const struct source *src, const struct node *map, const struct key *keys,
		    size_t n, void *to, const char *const *skip)
{
	const struct node *c;
	int r = 0;

	if (map->kind == NODE_NONE)
		return 0;
	if (map->kind != NODE_MAP)
		return source_complain(src, map, "must be a map");
	for (c = map->children; c != NULL && r == 0; c = c->next) {
		size_t i = 0;
		bool skipped = false;

		for (const char *const *s = skip; *s != NULL; s++)
			skipped = skipped || str_is(c->key, *s);
		if (skipped)
			continue;
		while (i < n && !str_is(c->key, keys[i].name))
			i++;
		if (i == n)
			r = source_complain(src, c,
					    "is no key of a scenario; see "
					    "tools/relink-sim/README.md");
		else if (c->kind != NODE_TEXT)
			r = source_complain(src, c, "must be one value");
		else
			r = read_one(src, c, &keys[i], c->text, to);
	}
	return r;
}

static int read_event(const struct source *src, const struct node *n, struct scenario_event *ev)
{
	static const char *const skip[] = { "do", NULL };
	const struct node *what;
	unsigned kind = 0;

	set_defaults(event, ARRAY_LEN(event), ev);
	if (n->kind != NODE_MAP)
		return source_complain(src, n, "must be a map with `at` and `do`");
	what = tree_at(n, "do");
	if (what == NULL || what->kind != NODE_TEXT)
		return source_complain(src, n, "lacks `do`: what happens");
	while (kind < HAPPENINGS_COUNT && !str_is(what->text, happenings[kind]))
		kind++;
	if (kind == HAPPENINGS_COUNT)
		return source_complain(src, what,
				       "%s is nothing that can happen; see "
				       "tools/relink-sim/README.md",
				       quote(what->text).text);
	ev->kind = (uint8_t)kind;
	return read_map(src, n, event, ARRAY_LEN(event), ev, skip);
}

static int read_events(const struct source *src, const struct node *list, struct scenario *s)
{
	const struct node *c;
	int r = 0;

	if (list == NULL || list->kind == NODE_NONE)
		return 0;
	if (list->kind != NODE_LIST || list->n > EVENTS_MAX)
		return source_complain(src, list, "must be a list of at most %d", EVENTS_MAX);
	for (c = list->children; c != NULL && r == 0; c = c->next) {
		struct scenario_event *ev = &s->events[s->n_events++];

		r = read_event(src, c, ev);
		ev->all = ev->instance == UINT64_MAX;
		if (r == 0 && !ev->all && ev->instance >= s->instances)
			r = source_complain(src, c,
					    "names instance %llu, and there are %llu (the first "
					    "is 0)",
					    (unsigned long long)ev->instance,
					    (unsigned long long)s->instances);
		if (r == 0 && ev->account >= s->accounts)
			r = source_complain(
			    src, c, "names account %llu, and there are %llu (the first is 0)",
			    (unsigned long long)ev->account, (unsigned long long)s->accounts);
	}
	return r;
}

static const struct section {
	const char *name;
	const struct key *keys;
	size_t n;
	size_t at;
} sections[] = {
	{ "policy", policy, ARRAY_LEN(policy), 0 },
	{ "fleet", fleet, ARRAY_LEN(fleet), 0 },
	{ "people", people, ARRAY_LEN(people), 0 },
	{ "expect", expect, ARRAY_LEN(expect), offsetof(struct scenario, expect) },
};

static int read_tree(const struct source *src, const struct node *root, struct scenario *s)
{
	static const char *const skip[] = { "policy", "fleet", "people", "expect", "events", NULL },
				 *const none[] = { NULL };
	int r = read_map(src, root, top, ARRAY_LEN(top), s, skip);

	for (size_t i = 0; i < ARRAY_LEN(sections) && r == 0; i++) {
		const struct node *n = tree_at(root, sections[i].name);

		if (n != NULL)
			r = read_map(src, n, sections[i].keys, sections[i].n,
				     (char *)s + sections[i].at, none);
	}
	if (r == 0)
		r = read_events(src, tree_at(root, "events"), s);
	if (r == 0 && s->accounts > s->instances * s->capacity)
		r = source_complain_line(
		    src, 1, "%llu accounts do not fit into %llu instances of %llu",
		    (unsigned long long)s->accounts, (unsigned long long)s->instances,
		    (unsigned long long)s->capacity);
	return r;
}

static int read_file(const char *path, char **ret_text, size_t *ret_n, struct why *why)
{
	FILE *f = fopen(path, "re");
	char *text;

	if (f == NULL)
		return why_errno(why, ERR_NOTFOUND, "%s cannot be read", path);
	text = malloc(TREE_TEXT_MAX);
	if (text == NULL) {
		fclose(f);
		return why_set(why, ERR_NOMEM, "no memory for %s", path);
	}
	*ret_n = fread(text, 1, TREE_TEXT_MAX, f);
	fclose(f);
	*ret_text = text;
	return 0;
}

int scenario_load(struct scenario *s, const char *path, struct why *why)
{
	struct source src = { path, why };
	struct node *root = NULL;
	char *text;
	size_t n;
	int r = read_file(path, &text, &n, why);

	if (r < 0)
		return r;
	memset(s, 0, sizeof *s);
	set_defaults(top, ARRAY_LEN(top), s);
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		set_defaults(sections[i].keys, sections[i].n, (char *)s + sections[i].at);
	r = tree_parse(&root, &src, (struct str){ text, n });
	if (r == 0)
		r = read_tree(&src, root, s);
	tree_free(&root);
	free(text);
	return r;
}
