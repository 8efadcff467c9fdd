/* sandbox.c - see sandbox.h. */
#include "worker/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "worker/landlock.h"
#include "worker/places.h"
#include "worker/powers.h"
#include "worker/syscalls.h"

/* Sanitizers read and start what they like, and a count of lines is written at the end. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(RELINK_COVERAGE)
static const char *const why_never = "this build is for tests";
#else
static const char *const why_never = NULL;
#endif

static struct places places; /* of this process, while Landlock holds it */

/* What the system has; `why_no_*` says why something is missing, NULL: it is there. */
struct means {
	int landlock; /* its version */
	const char *why_no_landlock, *why_no_seccomp;
};

static struct means look(void)
{
	struct means m = { .why_no_landlock = why_never, .why_no_seccomp = why_never };

	if (why_never != NULL)
		return m;
	m.landlock = landlock_version();
	if (m.landlock < 1)
		m.why_no_landlock = strerrordesc_np(errno);
	if (!syscalls_can())
		m.why_no_seccomp = strerrordesc_np(errno);
	return m;
}

static void tell(const struct means *m, uint64_t needs, char text[LIMIT_SANDBOX + 1])
{
	char landlock[64] = "", seccomp[64] = "seccomp";

	snprintf(landlock, sizeof landlock, "landlock %d", m->landlock);
	if (m->why_no_landlock != NULL)
		snprintf(landlock, sizeof landlock, "no landlock (%.40s)", m->why_no_landlock);
	if (m->why_no_seccomp != NULL)
		snprintf(seccomp, sizeof seccomp, "no seccomp (%.40s)", m->why_no_seccomp);
	snprintf(text, LIMIT_SANDBOX + 1, "%s, %s%s%s", landlock, seccomp,
		 (needs & RELINK_NEED_PROCESSES) != 0 ? "; may see processes" : "",
		 (needs & RELINK_NEED_PROGRAMS) != 0 ? "; may start programs" : "");
}

static int refuse_missing(const struct means *m, struct why *why)
{
	bool landlock = m->why_no_landlock != NULL;
	const char *reason = landlock ? m->why_no_landlock : m->why_no_seccomp;

	return why_set(
	    why, ERR_CONFIG,
	    "its sandbox is required and the system has no %s (%s); start relinkd on a kernel "
	    "with it, or let the provider's \"sandbox\" be auto",
	    landlock ? "Landlock" : "seccomp", reason);
}

/* A folder has two links, and one more for each folder in it. */
static bool is_alone(void)
{
	struct stat st;

	return stat("/proc/self/task", &st) == 0 && st.st_nlink == 3;
}

/* Each of these but seccomp binds one thread; seccomp comes last, since it refuses what they do. */
static int enter(const struct means *m, const struct relink_plugin *p,
		 const struct msg_config *config, struct why *why)
{
	int r = 0;

	if (!is_alone())
		return why_set(why, ERR_UNAVAILABLE,
			       "a thread runs already, which it would not hold; start threads in "
			       "open() and not when the plugin is loaded");
	if (m->why_no_landlock == NULL) {
		r = places_gather(&places, p, config);
		if (r < 0)
			return why_set(why, r, "there is no memory for its paths");
		r = landlock_enter(m->landlock, &places, why);
	}
	if (r == 0)
		r = powers_drop(why);
	if (r == 0 && m->why_no_seccomp == NULL)
		r = syscalls_enter(p->needs, why);
	return r;
}

int sandbox_enter(const struct relink_plugin *p, const struct msg_config *config,
		  char ret_text[LIMIT_SANDBOX + 1], struct why *why)
{
	struct why inner = { 0 };
	struct means m;

	if (places_make(p, config, why) < 0)
		return ERR_CONFIG;
	if (config->sandbox == SANDBOX_OFF) {
		snprintf(ret_text, LIMIT_SANDBOX + 1, "off");
		return 0;
	}
	m = look();
	if (config->sandbox == SANDBOX_REQUIRE &&
	    (m.why_no_landlock != NULL || m.why_no_seccomp != NULL))
		return refuse_missing(&m, why);
	tell(&m, p->needs, ret_text);
	if (why_never != NULL || enter(&m, p, config, &inner) == 0)
		return 0;
	return why_set(
	    why, ERR_CONFIG,
	    "its sandbox cannot be set up: %s; correct that, or let the provider's \"sandbox\" "
	    "be off",
	    inner.text);
}

bool sandbox_outdated(void)
{
	return places_outdated(&places);
}
