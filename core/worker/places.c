/* places.c - see places.h. */
#include "worker/places.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/obj.h"
#include "base/str.h"

/* --- what the keys of the instances name --- */

typedef int path_fn(void *ctx, const struct msg_instance *, const struct relink_key *,
		    const char *path);

/* What the plugin will find under the key: keys.c complains about those that cannot be. */
static bool path_of(const struct msg_instance *in, const struct relink_key *k, char path[PATH_MAX])
{
	struct str value = str_of(k->def);

	for (size_t i = 0; i < in->config.n; i++) {
		if (str_is(in->config.v[i].key, k->name))
			value = in->config.v[i].value;
	}
	if (value.n == 0 || value.n >= PATH_MAX || memchr(value.p, '\0', value.n) != NULL)
		return false;
	str_copy(path, PATH_MAX, value);
	return true;
}

static int each_key(const struct relink_plugin *p, const struct msg_instance *in, path_fn *fn,
		    void *ctx)
{
	char path[PATH_MAX];
	int r = 0;

	for (const struct relink_key *k = p->keys; k != NULL && k->name != NULL && r == 0; k++) {
		if ((k->flags & (RELINK_KEY_READS | RELINK_KEY_WRITES)) != 0 &&
		    path_of(in, k, path))
			r = fn(ctx, in, k, path);
	}
	return r;
}

static int each_path(const struct relink_plugin *p, const struct msg_config *config, path_fn *fn,
		     void *ctx)
{
	int r = 0;

	for (size_t i = 0; i < config->instances.n && r == 0; i++)
		r = each_key(p, &config->instances.v[i], fn, ctx);
	return r;
}

/* --- folders --- */

static int make(void *ctx, const struct msg_instance *in, const struct relink_key *k,
		const char *path)
{
	struct why *why = ctx;
	int failed;

	if ((k->flags & RELINK_KEY_WRITES) == 0 || mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	failed = errno;
	if (access(path, F_OK) == 0)
		return 0; /* it is there, and what is around it is not ours */
	return why_set(
	    why, ERR_CONFIG,
	    "instance \"%.*s\": %s: the folder \"%.100s\" cannot be made (%s); make it, or "
	    "name another",
	    STR_ARG(in->id), k->name, path, strerror(failed));
}

int places_make(const struct relink_plugin *p, const struct msg_config *config, struct why *why)
{
	return each_path(p, config, make, why);
}

/* --- the list --- */

static int add(struct places *all, const char *path, enum right right)
{
	struct place *v = all->v;
	size_t room = MAX_OF(all->room * 2, (size_t)64);

	if (all->n == all->room) {
		v = realloc(all->v, room * sizeof *v);
		if (v == NULL)
			return ERR_NOMEM;
		all->v = v;
		all->room = room;
	}
	v[all->n] = (struct place){ .path = str_dup(str_of(path)), .right = right };
	if (v[all->n].path == NULL)
		return ERR_NOMEM;
	all->n++;
	return 0;
}

static int add_of_key(void *ctx, const struct msg_instance *in, const struct relink_key *k,
		      const char *path)
{
	int r = 0;

	(void)in;
	for (const struct capability *c = capabilities; c->name != NULL && r == 0; c++) {
		if (c->holder == HELD_BY_KEY && (k->flags & c->bit) != 0)
			r = add(ctx, path, c->right);
	}
	return r;
}

static int add_of_table(struct places *all, uint64_t needs)
{
	int r = 0;

	for (const struct capability *c = capabilities; c->name != NULL; c++) {
		if (c->paths == NULL || !capability_held(c, needs))
			continue;
		for (const struct free_path *f = c->paths; f->path != NULL && r == 0; f++)
			r = add(all, f->path, f->right);
	}
	return r;
}

/* In a build with kill points each of them is noted in a file of the test's. */
static int add_trace(struct places *all)
{
#ifdef RELINK_KILLPOINTS
	const char *trace = getenv("RELINK_KILL_TRACE");

	if (trace != NULL)
		return add(all, trace, RIGHT_APPEND);
#endif
	(void)all;
	return 0;
}

int places_gather(struct places *all, const struct relink_plugin *p,
		  const struct msg_config *config)
{
	int r = add_of_table(all, p->needs);

	if (r == 0)
		r = add_trace(all);
	if (r == 0)
		r = each_path(p, config, add_of_key, all);
	return r;
}

void places_free(struct places *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->v[i].path);
	free(all->v);
	*all = (struct places){ 0 };
}

/* --- was it replaced? --- */

/* Names are not kept from anybody, so what is there can be compared with what was.  Another one may lie
 * below a folder that is free as a whole: only the attempt tells. */
static bool is_stranger(const struct place *p)
{
	struct stat st;
	int fd;

	if (p->right == RIGHT_APPEND || stat(p->path, &st) < 0 ||
	    (st.st_dev == p->dev && st.st_ino == p->ino))
		return false;
	fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == EACCES;
	close(fd);
	return false;
}

bool places_outdated(const struct places *all)
{
	for (size_t i = 0; i < all->n; i++) {
		/* processes come and go in there, and so do numbers of files */
		if (strncmp(all->v[i].path, "/proc/", 6) != 0 && is_stranger(&all->v[i]))
			return true;
	}
	return false;
}
