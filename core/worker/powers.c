/* powers.c - see powers.h. */
#include "worker/powers.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The folder of an instance may be another user's. */
#define KEPT ((1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH) | (1u << CAP_FOWNER))

int powers_drop(struct why *why)
{
	struct __user_cap_header_struct us = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct v[2];

	if (syscall(SYS_capget, &us, v) < 0)
		return why_errno(why, ERR_UNAVAILABLE, "its powers cannot be read");
	v[0].permitted &= KEPT;
	v[0].effective &= KEPT;
	v[1].permitted = v[1].effective = 0;
	v[0].inheritable = v[1].inheritable = 0;
	if (syscall(SYS_capset, &us, v) < 0)
		return why_errno(why, ERR_UNAVAILABLE, "its powers cannot be dropped");
	return 0;
}
