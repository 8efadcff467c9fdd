/*
 * conf.c - reads a configuration file whole, or not at all.
 */
#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/obj.h"
#include "conf/bind.h"

/* A subsystem without a level of its own has log.level. */
static void settle_levels(struct conf *c)
{
	for (unsigned i = 0; i < LOG_SUB_COUNT; i++) {
		if (c->log_levels[i] == LOG_LEVELS)
			c->log_levels[i] = c->log_level;
	}
}

static int fill(struct conf *c, const struct source *src, const struct node *root)
{
	struct binder b = { .src = src, .conf = c };
	int r;

	must(root != NULL);
	if (root->kind != NODE_MAP && root->kind != NODE_NONE)
		return source_complain(src, root,
				       "a configuration is made of keys, for example \"log:\"");
	r = bind_struct(&b, SCOPE_conf, c, root);
	if (r < 0)
		return r;
	settle_levels(c);
	return check_conf(&b, root);
}

int conf_parse(struct conf **ret_conf, const char *name, struct str text, struct why *why)
{
	struct source src = { .name = name, .why = why };
	struct node *root = NULL;
	struct conf *c = calloc(1, sizeof *c);
	int r = c != NULL ? tree_parse(&root, &src, text) : source_no_memory(&src);

	if (r == 0)
		r = fill(c, &src, root);
	if (r == 0 && name != NULL) {
		c->file = str_dup(str_of(name));
		if (c->file == NULL)
			r = source_no_memory(&src);
	}
	if (r == 0)
		*ret_conf = TAKE(c);
	conf_free(&c);
	tree_free(&root);
	return r;
}

static int read_all(struct buf *to, int fd, const char *path, struct why *why)
{
	const size_t step = 16384;

	/* a byte more than is allowed is enough to refuse it */
	while (to->n <= TREE_TEXT_MAX) {
		char *p = buf_room(to, step);
		ssize_t n = p != NULL ? read(fd, p, step) : 0;

		if (p == NULL)
			return why_set(why, ERR_NOMEM, "%s: no memory to read it", path);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return why_errno(why, ERR_IO, "%s: cannot be read", path);
		if (n == 0)
			break;
		to->n += (size_t)n;
	}
	return 0;
}

static int open_file(const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return why_errno(why, ERR_NOTFOUND, "%s: there is no such configuration file",
				 path);
	case EACCES:
	case EPERM:
		return why_errno(why, ERR_DENIED, "%s: uid %u may not read it", path,
				 (unsigned)geteuid());
	default:
		return why_errno(why, ERR_IO, "%s: cannot be opened", path);
	}
}

int conf_load(struct conf **ret_conf, const char *path, struct why *why)
{
	struct buf text;
	int r, fd = open_file(path, why);

	if (fd < 0)
		return fd;
	buf_init(&text, (size_t)TREE_TEXT_MAX * 2);
	r = read_all(&text, fd, path, why);
	if (r == 0)
		r = conf_parse(ret_conf, path, buf_all(&text), why);
	buf_fini(&text);
	close(fd);
	return r;
}

void conf_free(struct conf **c)
{
	if (*c == NULL)
		return;
	bind_free(SCOPE_conf, *c);
	free((*c)->file);
	free(*c);
	*c = NULL;
}
