/*
 * plugin.c - see plugin.h.
 *
 * What is loaded is a copy in memory: whoever installs a new file over the old one, while we run, must
 * not change the code under our feet.
 *
 * The descriptor is believed as far as the loader vouches for it: the symbol must be data, and as
 * large as it says.  Plugins are never unloaded: nothing is gained, and timers, threads or
 * destructors of a library that it pulled in could still point into it.
 */
#include "worker/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/str.h"
#include "worker/keys.h"

/* What 1.0 had; members behind it are optional. */
#define SIZE_1_0 (offsetof(struct relink_plugin, close) + sizeof(void (*)(void)))

static int check_versions(const struct relink_plugin *head, size_t room, struct why *why)
{
	if (head->abi_major != RELINK_ABI_MAJOR)
		return why_set(why, ERR_CONFIG,
			       "it was built for plugin ABI %u.%u and this is %u.%u; install the "
			       "plugin of this release",
			       head->abi_major, head->abi_minor, RELINK_ABI_MAJOR,
			       RELINK_ABI_MINOR);
	if (head->abi_minor > RELINK_ABI_MINOR)
		return why_set(
		    why, ERR_CONFIG,
		    "it needs plugin ABI %u.%u and this is %u.%u; install a newer Relink "
		    "or an older plugin",
		    head->abi_major, head->abi_minor, RELINK_ABI_MAJOR, RELINK_ABI_MINOR);
	if (head->size < SIZE_1_0 || head->size > sizeof *head || head->size > room)
		return why_set(
		    why, ERR_CONFIG,
		    "its descriptor says that it has %zu bytes, which cannot be; build it "
		    "against relink/plugin.h and use RELINK_PLUGIN()",
		    head->size);
	return 0;
}

static int check_functions(const struct relink_plugin *p, struct why *why)
{
	const struct {
		const char *name;
		bool there, needed;
	} functions[] = {
		{ "open", p->open != NULL, true },
		{ "create", p->create != NULL, true },
		{ "disconnect", p->disconnect != NULL, true },
		{ "health", p->health != NULL, true },
		{ "close", p->close != NULL, true },
		{ "list", p->list != NULL, (p->caps & RELINK_CAP_LIST) != 0 },
		{ "send", p->send != NULL, (p->caps & RELINK_CAP_SEND) != 0 },
		{ "webhook", p->webhook != NULL, (p->caps & RELINK_CAP_WEBHOOK) != 0 },
		{ "control", p->control != NULL, (p->caps & RELINK_CAP_CONTROL) != 0 },
	};

	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
		if (functions[i].needed && !functions[i].there)
			return why_set(why, ERR_CONFIG,
				       "it has no function \"%s\", which it must have",
				       functions[i].name);
	}
	return 0;
}

static int check_needs(const struct relink_plugin *p, struct why *why)
{
	uint64_t odd = p->needs & ~(RELINK_NEED_PROCESSES | RELINK_NEED_PROGRAMS);

	if (odd == 0)
		return 0;
	return why_set(why, ERR_CONFIG,
		       "it needs something that this Relink does not know (bits 0x%llx); install a "
		       "newer Relink or an older plugin",
		       (unsigned long long)odd);
}

static int check_words(const struct relink_plugin *p, struct why *why)
{
	if (p->name == NULL || !str_is_id(str_of(p->name), LIMIT_PROVIDER, "-"))
		return why_set(why, ERR_CONFIG,
			       "its name must be 1 to %d characters of a-z, 0-9 and \"-\"",
			       LIMIT_PROVIDER);
	if (p->version == NULL || strlen(p->version) > 64 || !str_is_utf8(str_of(p->version)))
		return why_set(why, ERR_CONFIG, "its version must be a text of at most 64 bytes");
	if (p->start_deadline_ms > PLUGIN_START_MAX_MS)
		return why_set(why, ERR_CONFIG, "its start deadline is over an hour");
	if (p->conf_size > PLUGIN_CONF_MAX)
		return why_set(why, ERR_CONFIG, "its configuration has %zu bytes, over %d",
			       p->conf_size, PLUGIN_CONF_MAX);
	return 0;
}

int plugin_read(struct relink_plugin *ret_plugin, const void *descriptor, size_t room,
		struct why *why)
{
	struct relink_plugin p = { 0 };
	int r;

	if (room < SIZE_1_0)
		return why_set(why, ERR_CONFIG,
			       "its symbol relink_plugin has %zu bytes, too few for a descriptor",
			       room);
	memcpy(&p, descriptor, SIZE_1_0);
	r = check_versions(&p, room, why);
	if (r < 0)
		return r;
	memcpy(&p, descriptor, p.size);
	r = check_functions(&p, why);
	if (r == 0)
		r = check_words(&p, why);
	if (r == 0)
		r = check_needs(&p, why);
	if (r == 0)
		r = keys_check(&p, why);
	if (r < 0)
		return r;
	if (p.start_deadline_ms == 0)
		p.start_deadline_ms = PLUGIN_START_MS;
	*ret_plugin = p;
	return 0;
}

/* How many bytes the loader knows at `symbol`; 0 when it is not data. */
static size_t symbol_room(const void *symbol)
{
	const ElfW(Sym) *sym = NULL;
	Dl_info info;

	if (dladdr1(symbol, &info, (void **)&sym, RTLD_DL_SYMENT) == 0 || sym == NULL ||
	    ELF64_ST_TYPE(sym->st_info) != STT_OBJECT)
		return 0;
	return sym->st_size;
}

static bool copy_all(int to, int from)
{
	struct stat st;
	off_t at = 0;

	if (fstat(from, &st) < 0)
		return false;
	while (at < st.st_size) {
		ssize_t n = sendfile(to, from, &at, (size_t)(st.st_size - at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ==
			       0; /* it became shorter meanwhile: the loader will say what it is */
	}
	return true;
}

/* A file in memory with what is in `path` now; < 0: errno.  It stays open: the loader knows libraries by
 * their name, and that has its number in it. */
static int private_copy(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to;

	if (from < 0)
		return -1;
	to = memfd_create("relink-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (to >= 0 && !copy_all(to, from)) {
		close(to);
		to = -1;
	}
	close(from);
	if (to >= 0)
		fcntl(to, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	return to;
}

static void *load_copy(const char *path, struct why *why)
{
	static char note[PATH_MAX + 64];
	char name[32];
	void *library = NULL;
	int fd = private_copy(path);

	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	if (fd >= 0)
		library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		why_set(why, ERR_CONFIG,
			"plugin %s cannot be loaded (%s); install it, or correct the provider's "
			"\"plugin\"",
			path, fd >= 0 ? dlerror() : strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	snprintf(note, sizeof note, "(%s is a copy of %s)\n", name, path);
	must_note(note);
	return library;
}

int plugin_load(struct relink_plugin *ret_plugin, const char *path, struct why *why)
{
	const void *symbol;
	void *library;
	int r;

	if (strchr(path, '/') == NULL)
		return why_set(why, ERR_CONFIG,
			       "plugin %s: not a path; give the file with its folder", path);
	library = load_copy(path, why);
	if (library == NULL)
		return ERR_CONFIG;
	symbol = dlsym(library, "relink_plugin");
	if (symbol == NULL)
		return why_set(
		    why, ERR_CONFIG,
		    "%s is no Relink plugin: it has no symbol relink_plugin; correct the "
		    "provider's \"plugin\"",
		    path);
	r = plugin_read(ret_plugin, symbol, symbol_room(symbol), why);
	if (r < 0)
		why_prefix(why, "plugin %s", path);
	return r;
}
