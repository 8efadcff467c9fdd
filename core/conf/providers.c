/*
 * providers.c - the map of providers and their lists of instances.
 *
 * What a provider leaves out is filled in here: its plugin, its only instance, and the plugin's
 * keys that an instance takes over from it.  The totals over all providers are bounded here too.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/limits.h"
#include "base/obj.h"
#include "conf/bind.h"

/* What an instance and a pair add to the frame that brings them to their worker, at most and beside
 * their own bytes (ipc/messages.def). */
#define FRAME_HEAD_BYTES     1024
#define FRAME_INSTANCE_BYTES 32
#define FRAME_PAIR_BYTES     24
#define FRAME_HEAD_NODES     64
#define FRAME_INSTANCE_NODES 5
#define FRAME_PAIR_NODES     5

static bool has_key(const struct conf_pairs *pairs, const char *key)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->v[i].key, key) == 0)
			return true;
	}
	return false;
}

/* Give the instance those of the provider's pairs that it has not set itself. */
static int inherit(struct conf_pairs *to, const struct conf_pairs *from)
{
	int r = 0;

	for (size_t i = 0; i < from->n && r == 0; i++) {
		const struct conf_pair *p = &from->v[i];

		if (!has_key(to, p->key))
			r = bind_pair_add(to, str_of(p->key), str_of(p->value), p->line);
	}
	return r;
}

int bind_instances(struct binder *b, const struct key *k, struct conf_provider *p,
		   const struct node *list)
{
	const struct node *n;
	int r = bind_want(b, k, list, NODE_LIST);

	if (r < 0 || list->n == 0)
		return r;
	p->instances = calloc(list->n, sizeof *p->instances);
	if (p->instances == NULL)
		return source_no_memory(b->src);
	DL_FOREACH(list->children, n)
	{
		if (n->kind != NODE_MAP)
			return source_complain(b->src, n,
					       "needs keys: an instance is written \"- id: name\"");
		r = bind_struct(b, SCOPE_conf_instance, &p->instances[p->n_instances++], n);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A provider without instances has one. */
static int add_only_instance(struct binder *b, struct conf_provider *p)
{
	static const struct node nothing_set;
	struct conf_instance *in = calloc(1, sizeof *in);
	char id[LIMIT_INSTANCE + 1];

	if (in == NULL)
		return source_no_memory(b->src);
	p->instances = in;
	p->n_instances = 1;
	snprintf(id, sizeof id, "%.*s-1", LIMIT_PROVIDER, p->name);
	in->id = str_dup(str_of(id));
	if (in->id == NULL)
		return source_no_memory(b->src);
	return bind_struct(b, SCOPE_conf_instance, in, &nothing_set);
}

/* The provider of another instance with the same id. */
static const struct conf_provider *has_twin(const struct conf *c, const struct conf_instance *in)
{
	for (size_t i = 0; i < c->n_providers; i++) {
		const struct conf_provider *p = &c->providers[i];

		for (size_t j = 0; j < p->n_instances; j++) {
			if (&p->instances[j] != in && strcmp(p->instances[j].id, in->id) == 0)
				return p;
		}
	}
	return NULL;
}

/* Only root may start a process as somebody else. */
static int check_user(struct binder *b, const struct conf_instance *in, const struct node *n)
{
	const struct node *at = tree_at(n, "command_user");
	const struct passwd *pw = getpwnam(in->command_user);

	if (pw == NULL)
		return source_complain(b->src, at, "there is no user %s on this machine",
				       quote(str_of(in->command_user)).text);
	if (geteuid() != 0 && pw->pw_uid != geteuid())
		return source_complain(b->src, at,
				       "relinkd runs as uid %u and cannot start a process as %s "
				       "(start relinkd as root, or leave it out)",
				       (unsigned)geteuid(), quote(str_of(in->command_user)).text);
	return 0;
}

/* What would have no effect is a mistake. */
static int check_command(struct binder *b, const struct conf_instance *in, const struct node *n)
{
	static const char *const lone[] = { "command_environment", "command_directory",
					    "command_user" };
	const bool set[] = { in->command_environment.n > 0, in->command_directory != NULL,
			     in->command_user != NULL };

	for (size_t i = 0; i < ARRAY_LEN(lone); i++) {
		if (set[i] && in->command.n == 0)
			return source_complain(
			    b->src, tree_at(n, lone[i]),
			    "there is no command (write one, or remove the line)");
	}
	if (in->command_directory != NULL && in->command_directory[0] != '/')
		return source_complain(
		    b->src, tree_at(n, "command_directory"),
		    "%s is not an absolute path (write one, for example /srv/webjs)",
		    quote(str_of(in->command_directory)).text);
	return in->command_user != NULL ? check_user(b, in, n) : 0;
}

static int finish_instance(struct binder *b, const struct conf_provider *p,
			   struct conf_instance *in, const struct node *n)
{
	const struct conf_provider *owner = has_twin(b->conf, in);
	int r;

	if (owner != NULL)
		return source_complain(b->src, n,
				       "the id \"%s\" names an instance of provider \"%s\" already "
				       "(give each instance an id of its own)",
				       in->id, owner->name);
	r = check_command(b, in, n);
	if (r < 0)
		return r;
	r = inherit(&in->config, &p->config);
	if (r == ERR_FULL)
		return source_complain(b->src, n,
				       "more than %zu keys of the plugin, together with those of "
				       "the provider",
				       in->config.n);
	return r < 0 ? source_no_memory(b->src) : 0;
}

static int finish_instances(struct binder *b, struct conf_provider *p, const struct node *n)
{
	const struct node *list = tree_at(n, "instances");
	const struct node *item = list != NULL ? list->children : NULL;
	int r = 0;

	for (size_t i = 0; i < p->n_instances && r == 0; i++) {
		r = finish_instance(b, p, &p->instances[i], item != NULL ? item : n);
		item = item != NULL ? item->next : NULL;
	}
	return r;
}

/* Does all that worker `w` must be told fit into one frame? */
static bool fits_frame(const struct conf_provider *p, uint64_t w)
{
	size_t bytes = FRAME_HEAD_BYTES, nodes = FRAME_HEAD_NODES;

	for (uint64_t i = w; i < p->n_instances; i += p->workers) {
		const struct conf_instance *in = &p->instances[i];

		bytes += FRAME_INSTANCE_BYTES + strlen(in->id);
		nodes += FRAME_INSTANCE_NODES;
		for (size_t j = 0; j < in->config.n; j++) {
			bytes += FRAME_PAIR_BYTES + strlen(in->config.v[j].key) +
				 strlen(in->config.v[j].value);
			nodes += FRAME_PAIR_NODES;
		}
	}
	return bytes <= LIMIT_FRAME && nodes <= LIMIT_FRAME_NODES;
}

static int check_workers(struct binder *b, const struct conf_provider *p, const struct node *n)
{
	const struct node *at = tree_at(n, "workers");

	if (p->workers > p->n_instances)
		return source_complain(b->src, at != NULL ? at : n,
				       "%llu workers for %zu instance%s: lower workers, or add "
				       "instances",
				       (unsigned long long)p->workers, p->n_instances,
				       p->n_instances == 1 ? "" : "s");
	for (uint64_t w = 0; w < p->workers; w++) {
		if (!fits_frame(p, w))
			return source_complain(b->src, n,
					       "the plugin's keys of all instances of one worker "
					       "are too large together (use more workers)");
	}
	return 0;
}

static int check_totals(struct binder *b, const struct node *n)
{
	uint64_t workers = 0, instances = 0;

	for (size_t i = 0; i < b->conf->n_providers; i++) {
		workers += b->conf->providers[i].workers;
		instances += b->conf->providers[i].n_instances;
	}
	if (workers > LIMIT_WORKERS)
		return source_complain(b->src, n, "more than %d workers in all", LIMIT_WORKERS);
	if (instances > LIMIT_INSTANCES)
		return source_complain(b->src, n, "more than %d instances in all", LIMIT_INSTANCES);
	return 0;
}

static int bind_provider(struct binder *b, struct conf_provider *p, const struct node *n)
{
	int r;

	p->name = str_dup(n->key);
	p->plugin = str_dup(n->key); /* unless the file names another */
	if (p->name == NULL || p->plugin == NULL)
		return source_no_memory(b->src);
	r = bind_struct(b, SCOPE_conf_provider, p, n);
	if (r == 0 && p->n_instances == 0)
		r = add_only_instance(b, p);
	if (r == 0)
		r = finish_instances(b, p, n);
	if (r == 0)
		r = check_workers(b, p, n);
	return r < 0 ? r : check_totals(b, n);
}

int bind_providers(struct binder *b, const struct key *k, const struct node *map)
{
	struct conf *c = b->conf;
	const struct node *n;
	int r = bind_want(b, k, map, NODE_MAP);

	if (r < 0 || map->n == 0)
		return r;
	c->providers = calloc(map->n, sizeof *c->providers);
	if (c->providers == NULL)
		return source_no_memory(b->src);
	DL_FOREACH(map->children, n)
	{
		if (!str_is_id(n->key, LIMIT_PROVIDER, "-"))
			return source_complain(b->src, n,
					       "a provider's name has 1 to %d of a-z, 0-9 and -",
					       LIMIT_PROVIDER);
		if (n->kind != NODE_MAP && n->kind != NODE_NONE)
			return source_complain(b->src, n,
					       "needs keys under it, for example \"plugin: mock\"");
		r = bind_provider(b, &c->providers[c->n_providers++], n);
		if (r < 0)
			return r;
	}
	return 0;
}
