/*
 * browsers.c - see browsers.h.
 *
 * The library starts a Chromium with --user-data-dir=FOLDER/session-ID.  Its children have a --type,
 * and some of them that folder too: they are not what is looked for.
 */
#include "browsers.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>
#include <utlist.h>

#define STEP         256u    /* processes a turn: 3 to 5 ms */
#define PAUSE_MS     1u      /* between two turns */
#define SEEN_MAX     131072u /* entries of /proc in a look; a machine with more proves nothing */
#define FOUND_MAX    16384u  /* browsers */
#define KNOWN_MAX    65536u  /* sessions of lists */
#define CMDLINE_MAX  16384u  /* bytes; Chromium's has about 2500 */
#define NAME_MAX_LEN 128u    /* of a session */
#define LISTS_TO_DIE 2u

/* A Chromium that was found. */
struct found {
	UT_hash_handle hh;
	long pid;
	char session[];
};

/* A session that a list has shown. */
struct known {
	UT_hash_handle hh;
	unsigned misses, mark;
	bool seen; /* its browser was */
	char session[];
};

struct browsers {
	const struct relink_host *host;
	const char *root;
	struct browsers_wait *waiting, *served; /* for the next look; for this one */
	DIR *dir;                               /* open during a look */
	relink_timer timer;
	unsigned n_seen;
	bool whole, told;
	struct found *found;
	struct known *known;
	unsigned mark;
	bool sighted; /* of the list that is read: browsers of its sessions could be seen */
	struct {
		long pid;
		uint64_t start;
	} witness; /* the process that started one of them */
};

static void step(void *arg);

struct browsers *browsers_new(const struct relink_host *host, const char *root)
{
	struct browsers *b = calloc(1, sizeof *b);

	if (b != NULL) {
		b->host = host;
		b->root = root;
	}
	return b;
}

static void forget_found(struct browsers *b)
{
	struct found *f, *next;

	HASH_ITER(hh, b->found, f, next)
	{
		HASH_DEL(b->found, f);
		free(f);
	}
}

static void forget_known(struct browsers *b, bool all)
{
	struct known *k, *next;

	HASH_ITER(hh, b->known, k, next)
	{
		if (!all && k->mark == b->mark)
			continue;
		HASH_DEL(b->known, k);
		free(k);
	}
}

void browsers_free(struct browsers *b)
{
	if (b == NULL)
		return;
	b->host->timer_stop(b->host, b->timer);
	if (b->dir != NULL)
		closedir(b->dir);
	forget_found(b);
	forget_known(b, true);
	free(b);
}

/* --- reading a process --- */

/* A small file of /proc as text; its bytes, 0 when there is nothing. */
static size_t slurp(const struct browsers *b, long pid, const char *name, char *to, size_t size)
{
	char path[512];
	size_t n = 0;
	ssize_t r;
	int fd;

	snprintf(path, sizeof path, "%s/%ld/%s", b->root, pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return 0; /* it has ended, or is not ours to see */
	while (n < size - 1 && (r = read(fd, to + n, size - 1 - n)) > 0)
		n += (size_t)r;
	close(fd);
	to[n] = '\0';
	return n;
}

/* Parent and start time (in ticks; with the pid it names a process for ever).  False: there is no
 * such process any more. */
static bool stat_of(const struct browsers *b, long pid, long *ret_parent, uint64_t *ret_start)
{
	char text[1024];
	const char *at;
	unsigned field;

	if (slurp(b, pid, "stat", text, sizeof text) == 0)
		return false;
	at = strrchr(text, ')'); /* the name before it may hold anything */
	if (at == NULL || strncmp(at, ") ", 2) != 0 || at[2] == 'Z')
		return false;
	for (field = 0, at += 2; field < 19; field++) {
		at = strchr(at, ' ');
		if (at == NULL)
			return false;
		at++;
		if (field == 0)
			*ret_parent = strtol(at, NULL, 10);
	}
	*ret_start = strtoull(at, NULL, 10);
	return true;
}

/* The session whose Chromium this command line starts, or NULL. */
static const char *session_of(const char *line, size_t n)
{
	static const char folder[] = "--user-data-dir=", type[] = "--type=", prefix[] = "session-";
	const char *session = NULL, *name;

	for (const char *arg = line; arg < line + n; arg += strlen(arg) + 1) {
		if (strncmp(arg, type, sizeof type - 1) == 0)
			return NULL;
		if (strncmp(arg, folder, sizeof folder - 1) != 0)
			continue;
		name = strrchr(arg, '/');
		name = name != NULL ? name + 1 : arg + sizeof folder - 1;
		session =
		    strncmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : NULL;
	}
	return session != NULL && session[0] != '\0' && strlen(session) <= NAME_MAX_LEN ? session
											: NULL;
}

static void note(struct browsers *b, long pid)
{
	char line[CMDLINE_MAX];
	size_t n = slurp(b, pid, "cmdline", line, sizeof line);
	const char *session = n > 0 ? session_of(line, n) : NULL;
	struct found *f;

	if (session == NULL)
		return;
	HASH_FIND_STR(b->found, session, f);
	if (f != NULL)
		return;
	f = HASH_COUNT(b->found) < FOUND_MAX ? calloc(1, sizeof *f + strlen(session) + 1) : NULL;
	if (f == NULL) {
		b->whole = false;
		return;
	}
	f->pid = pid;
	memcpy(f->session, session, strlen(session) + 1);
	HASH_ADD_STR(b->found, session, f);
	if (f->hh.tbl == NULL) {
		free(f);
		b->whole = false;
	}
}

/* --- a look --- */

static void look_over(struct browsers *b)
{
	struct browsers_wait *w;

	if (b->dir != NULL)
		closedir(b->dir);
	b->dir = NULL;
	while ((w = b->served) != NULL) {
		DL_DELETE(b->served, w);
		w->waits = false;
		w->fn(w->arg);
	}
}

static void look_begin(struct browsers *b)
{
	struct browsers_wait *w;

	while ((w = b->waiting) != NULL) {
		DL_DELETE(b->waiting, w);
		DL_APPEND(b->served, w);
	}
	forget_found(b);
	b->n_seen = 0;
	b->dir = opendir(b->root);
	b->whole = b->dir != NULL;
}

static void step(void *arg)
{
	struct browsers *b = arg;
	const struct dirent *entry;
	unsigned n = 0;

	b->timer = 0;
	if (b->dir == NULL)
		look_begin(b);
	while (b->dir != NULL && n < STEP && (entry = readdir(b->dir)) != NULL) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (pid <= 0 || *end != '\0')
			continue;
		n++;
		note(b, pid);
	}
	b->n_seen += n;
	b->whole &= b->n_seen <= SEEN_MAX;
	if (b->dir != NULL && n == STEP && b->whole) {
		b->timer = b->host->timer_start(b->host, PAUSE_MS, step, b);
		if (b->timer != 0)
			return;
		b->whole = false;
	}
	look_over(b);
	if (b->waiting == NULL || b->timer != 0 || b->dir != NULL)
		return;
	b->timer = b->host->timer_start(b->host, PAUSE_MS, step, b);
	if (b->timer == 0)
		step(b);
}

void browsers_look(struct browsers *b, struct browsers_wait *w, void (*fn)(void *arg), void *arg)
{
	w->fn = fn;
	w->arg = arg;
	w->waits = true;
	DL_APPEND(b->waiting, w);
	if (b->timer == 0 && b->dir == NULL && b->served == NULL)
		step(b);
}

void browsers_drop(struct browsers *b, struct browsers_wait *w)
{
	const struct browsers_wait *one;

	if (!w->waits)
		return;
	w->waits = false;
	DL_FOREACH(b->waiting, one)
	{
		if (one == w) {
			DL_DELETE(b->waiting, w);
			return;
		}
	}
	DL_DELETE(b->served, w);
}

long browsers_pid(const struct browsers *b, struct relink_str session)
{
	struct found *f;

	HASH_FIND(hh, b->found, session.p, session.n, f);
	return f != NULL ? f->pid : 0;
}

/* --- lists --- */

static bool witness_stands(const struct browsers *b)
{
	uint64_t start;
	long parent;

	return b->witness.pid != 0 && stat_of(b, b->witness.pid, &parent, &start) &&
	       start == b->witness.start;
}

void browsers_list_begin(struct browsers *b)
{
	b->mark++;
	b->sighted = false;
}

void browsers_listed(struct browsers *b, struct relink_str session)
{
	long pid = browsers_pid(b, session), parent, grandparent;
	uint64_t start;

	if (pid == 0 || b->sighted)
		return;
	b->sighted = true;
	/* 1 has inherited an orphan. */
	if (!stat_of(b, pid, &parent, &start) || parent <= 1 ||
	    !stat_of(b, parent, &grandparent, &start))
		return;
	b->witness.pid = parent;
	b->witness.start = start;
}

static struct known *known_of(const struct browsers *b, struct relink_str session)
{
	struct known *k;

	HASH_FIND(hh, b->known, session.p, session.n, k);
	return k;
}

static struct known *know(struct browsers *b, struct relink_str session)
{
	struct known *k = known_of(b, session);

	if (k != NULL)
		return k;
	k = HASH_COUNT(b->known) < KNOWN_MAX ? calloc(1, sizeof *k + session.n + 1) : NULL;
	if (k == NULL)
		return NULL;
	memcpy(k->session, session.p, session.n);
	HASH_ADD_KEYPTR(hh, b->known, k->session, session.n, k);
	if (k->hh.tbl != NULL)
		return k;
	free(k);
	return NULL;
}

static bool can_see(struct browsers *b)
{
	if (b->whole && (b->sighted || witness_stands(b)))
		return true;
	if (!b->told)
		b->host->log(
		    b->host, RELINK_WARN,
		    "no Chromium of the sessions can be seen on this machine (another user's "
		    "with hidepid, a container): a dead one is noticed by messages only");
	b->told = true;
	return false;
}

bool browsers_missed(struct browsers *b, struct relink_str session, bool had_one)
{
	struct known *k = know(b, session);

	if (k == NULL)
		return false;
	k->mark = b->mark;
	if (browsers_pid(b, session) != 0) {
		k->seen = true;
		k->misses = 0;
	} else if ((had_one || k->seen) && can_see(b)) {
		k->misses++;
	}
	return k->misses >= LISTS_TO_DIE;
}

void browsers_list_end(struct browsers *b, bool complete)
{
	if (complete)
		forget_known(b, false);
}

void browsers_forget(struct browsers *b, struct relink_str session)
{
	struct known *k = b != NULL ? known_of(b, session) : NULL;

	if (k == NULL)
		return;
	HASH_DEL(b->known, k);
	free(k);
}

bool browsers_is_dead(const struct browsers *b, struct relink_str session)
{
	const struct known *k = b != NULL ? known_of(b, session) : NULL;

	return k != NULL && k->misses >= LISTS_TO_DIE;
}
