/*
 * syscalls.c - see syscalls.h.
 *
 * What is refused fails with EPERM and goes on, as an old kernel or a container would have it, so that
 * a library which only tries something finds another way.
 */
#include "worker/syscalls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/obj.h"
#include "worker/capability.h"

bool syscalls_can(void)
{
	const uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static int bar(scmp_filter_ctx filter, const struct barred_call *call)
{
	struct scmp_arg_cmp when[ARRAY_LEN(call->when)];

	memcpy(when, call->when, sizeof when);
	for (unsigned i = 0; i < call->n; i++) {
		if (when[i].op == SCMP_CMP_NE && when[i].datum_a == OWN_PID)
			when[i].datum_a = (uint64_t)getpid();
	}
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((unsigned)call->error), call->number,
				      call->n, when);
}

static int fill(scmp_filter_ctx filter, uint64_t needs, struct why *why)
{
	for (const struct capability *c = capabilities; c->name != NULL; c++) {
		if (c->calls == NULL || capability_held(c, needs))
			continue;
		for (const struct barred_call *call = c->calls; call->name != NULL; call++) {
			int r = bar(filter, call);

			if (r < 0)
				return why_set(why, ERR_UNAVAILABLE,
					       "seccomp does not take %s of \"%s\" (%s)",
					       call->name, c->name, strerror(-r));
		}
	}
	return 0;
}

/* Calls of another machine's kind (32 bits on 64) would pass a filter that knows ours. */
static int set_up(scmp_filter_ctx filter)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return r;
}

int syscalls_enter(uint64_t needs, struct why *why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (filter == NULL)
		return why_set(why, ERR_UNAVAILABLE, "there is no memory for seccomp's filter");
	r = set_up(filter);
	if (r < 0) {
		why_set(why, ERR_UNAVAILABLE, "seccomp cannot hold all threads (%s)", strerror(-r));
	} else {
		r = fill(filter, needs, why);
		if (r == 0 && (r = seccomp_load(filter)) < 0)
			why_set(why, ERR_UNAVAILABLE, "seccomp does not take its filter (%s)",
				strerror(-r));
	}
	seccomp_release(filter);
	return r < 0 ? ERR_UNAVAILABLE : 0;
}
