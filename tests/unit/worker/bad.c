/*
 * bad.c - plugins that must be refused: BAD_* says in which way.  Without one it is the smallest
 * plugin that is accepted, with a descriptor as short as the first release's.
 */
#include <relink/plugin.h>
#include <stdlib.h>
#include <unistd.h>

/* What happens before anybody can ask it anything. */
#ifdef BAD_CONSTRUCTOR
__attribute__((constructor)) static void at_load(void)
{
	BAD_CONSTRUCTOR;
}
#endif
#ifdef BAD_SYMBOL
int nobody_has_this_function(void);
int calls_it(void);
RELINK_EXPORT int calls_it(void)
{
	return nobody_has_this_function();
}
#endif

static enum relink_cause open_instance(const struct relink_host *host, const void *conf,
				       void **ret_self, char *why, size_t n)
{
	(void)host, (void)conf, (void)ret_self, (void)why, (void)n;
	return RELINK_NONE;
}

static void op(void *self, const struct relink_request *r)
{
	(void)self, (void)r;
}

static void close_instance(void *self, relink_op o)
{
	(void)self, (void)o;
}

#ifndef BAD_MAJOR
#define BAD_MAJOR RELINK_ABI_MAJOR
#endif
#ifndef BAD_MINOR
#define BAD_MINOR RELINK_ABI_MINOR
#endif
#ifdef BAD_NEEDS
#define BAD_SIZE sizeof(struct relink_plugin)
#else
#define BAD_NEEDS 0xff
#endif
#ifndef BAD_SIZE
#define BAD_SIZE offsetof(struct relink_plugin, dump)
#endif
#ifndef BAD_NAME
#define BAD_NAME "smallest"
#endif
#ifndef BAD_HEALTH
#define BAD_HEALTH op
#endif
#ifndef BAD_CAPS
#define BAD_CAPS 0
#endif
#ifndef BAD_DEFAULT
#define BAD_DEFAULT "10"
#endif
#ifndef BAD_OFFSET
#define BAD_OFFSET 0
#endif
#ifndef BAD_FLAGS
#define BAD_FLAGS 0
#endif
#ifndef BAD_VERSION
#define BAD_VERSION "0.1"
#endif

static const struct relink_key keys[] = {
	{ "key", BAD_DEFAULT, "1", "20", "a key", RELINK_TYPE_INT, BAD_FLAGS, BAD_OFFSET },
	{ NULL },
};

#if defined(BAD_NOTHING)
int not_a_plugin(void);
RELINK_EXPORT int not_a_plugin(void)
{
	op(NULL, NULL);
	close_instance(NULL, 0);
	return (int)open_instance(NULL, keys, NULL, NULL, 0);
}
#elif defined(BAD_FUNCTION)
void relink_plugin(void);
RELINK_EXPORT void relink_plugin(void)
{
	op(NULL, NULL);
	close_instance(NULL, 0);
	open_instance(NULL, keys, NULL, NULL, 0);
}
#elif defined(BAD_SHORT)
extern RELINK_EXPORT const uint32_t relink_plugin[4];
const uint32_t relink_plugin[4] = { RELINK_ABI_MAJOR, RELINK_ABI_MINOR,
				    sizeof(struct relink_plugin) };
extern RELINK_EXPORT const void *const used[];
const void *const used[] = { (void *)op, (void *)close_instance, (void *)open_instance, keys };
#else
extern RELINK_EXPORT const struct relink_plugin relink_plugin;
const struct relink_plugin relink_plugin = {
	.abi_major = BAD_MAJOR,
	.abi_minor = BAD_MINOR,
	.size = BAD_SIZE,
	.name = BAD_NAME,
	.version = BAD_VERSION,
	.caps = BAD_CAPS,
	.keys = keys,
	.conf_size = sizeof(int64_t),
	.open = open_instance,
	.create = op,
	.disconnect = op,
	.health = BAD_HEALTH,
	.close = close_instance,
	/* behind its end, not to be read */
	.dump = (void (*)(void *, void (*)(void *, const char *), void *))8,
	.needs = BAD_NEEDS,
};
#endif
