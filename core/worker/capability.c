/*
 * capability.c - see capability.h.
 *
 * Numbers instead of names stand where libseccomp or the C library of Debian 12 is older than the call;
 * calls from 424 on have the same number everywhere.
 */
#include "worker/capability.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>

// clang-format off
#define CALL(name)         { #name, SCMP_SYS(name), EPERM, 0, { { 0 } } }
#define NEWER(name, n)     { #name, (n), EPERM, 0, { { 0 } } }
#define WHEN(name, ...)    { #name, SCMP_SYS(name), EPERM, 1, { { __VA_ARGS__ } } }
#define WHEN2(name, a, b)  { #name, SCMP_SYS(name), EPERM, 2, { a, b } }
/* The library takes "no such call" for an old kernel and does without. */
#define UNKNOWN(name)      { #name, SCMP_SYS(name), ENOSYS, 0, { { 0 } } }
#define ARG(n, op, ...)    { (n), SCMP_CMP_##op, __VA_ARGS__ }
#define END                { 0 }

/* --- for all --- */

static const struct free_path libraries[] = {
	{ "/usr", RIGHT_READ },
	{ "/lib", RIGHT_READ },
	{ "/lib64", RIGHT_READ },
	{ 0 }
};

/* Not /etc as a whole: relinkd's own configuration lies there, with the secrets of all providers. */
static const struct free_path settings[] = {
	{ "/etc/resolv.conf",       RIGHT_READ },
	{ "/etc/hosts",             RIGHT_READ },
	{ "/etc/host.conf",         RIGHT_READ },
	{ "/etc/nsswitch.conf",     RIGHT_READ },
	{ "/etc/gai.conf",          RIGHT_READ },
	{ "/etc/services",          RIGHT_READ },
	{ "/etc/protocols",         RIGHT_READ },
	{ "/etc/localtime",         RIGHT_READ },
	{ "/run/systemd/resolve",   RIGHT_READ }, /* where resolv.conf often points to, replaced there */
	{ "/run/resolvconf",        RIGHT_READ },
	{ "/run/NetworkManager/resolv.conf",         RIGHT_READ },
	{ "/run/NetworkManager/no-stub-resolv.conf", RIGHT_READ },
	{ "/etc/ssl/certs",         RIGHT_READ },
	{ "/etc/ssl/openssl.cnf",   RIGHT_READ },
	{ "/etc/ca-certificates",   RIGHT_READ },
	{ "/etc/crypto-policies",   RIGHT_READ },
	{ "/etc/pki/tls/certs",     RIGHT_READ },
	{ "/etc/pki/ca-trust",      RIGHT_READ },
	{ "/etc/pki/tls/openssl.cnf", RIGHT_READ },
	{ 0 }
};

static const struct free_path machine[] = {
	{ "/dev/null",                   RIGHT_DEVICE },
	{ "/dev/zero",                   RIGHT_READ },
	{ "/dev/random",                 RIGHT_READ },
	{ "/dev/urandom",                RIGHT_READ },
	{ "/proc/self",                  RIGHT_READ },
	{ "/proc/sys/crypto",            RIGHT_READ }, /* does OpenSSL have to be strict? */
	{ "/sys/devices/system/cpu",     RIGHT_READ }, /* how many are there? asks the C library */
	{ 0 }
};

/* --- who needs it --- */

static const struct free_path processes[] = {
	{ "/proc", RIGHT_READ },
	{ 0 }
};

static const struct free_path programs[] = {
	{ "/usr", RIGHT_PROGRAM },
	{ "/bin", RIGHT_PROGRAM },
	{ "/sbin", RIGHT_PROGRAM },
	{ "/lib", RIGHT_PROGRAM },
	{ "/lib64", RIGHT_PROGRAM },
	{ "/opt", RIGHT_PROGRAM },
	{ 0 }
};

static const struct barred_call starting[] = {
	CALL(execve), CALL(execveat), CALL(fork), CALL(vfork),
	WHEN(clone, 0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0), /* a thread is no process */
	/* Who starts processes must end them; with Landlock, only those. */
	WHEN(kill, 0, SCMP_CMP_NE, OWN_PID), WHEN(tgkill, 0, SCMP_CMP_NE, OWN_PID), CALL(tkill),
	WHEN(rt_sigqueueinfo, 0, SCMP_CMP_NE, OWN_PID), WHEN(rt_tgsigqueueinfo, 0, SCMP_CMP_NE, OWN_PID),
	CALL(pidfd_send_signal),
	END
};

/* --- for nobody --- */

static const struct barred_call others[] = {
	CALL(ptrace), CALL(process_vm_readv), CALL(process_vm_writev), CALL(pidfd_getfd), CALL(kcmp),
	CALL(process_madvise), CALL(process_mrelease), CALL(migrate_pages), CALL(move_pages),
	WHEN(prlimit64, 0, SCMP_CMP_NE, 0),
	CALL(shmget), CALL(msgget), CALL(semget), CALL(mq_open), CALL(mq_unlink),
	END
};

/* The kernel does not tell a path from the pair of these two. */
#define UNIX_PAIR(type) WHEN(socketpair, 1, SCMP_CMP_MASKED_EQ, 0xf, (type))
#define FAMILY(n)       WHEN(socket, 0, SCMP_CMP_EQ, (n))

/* Free are 2, 10 and 16: IPv4, IPv6 and what the machine's addresses are.  So relinkd's own socket, those
 * of databases and of the system cannot be spoken to.  Pairs can be made, and a pair of streams cannot be
 * pointed at somebody else. */
static const struct barred_call local_sockets[] = {
	WHEN(socket, 0, SCMP_CMP_LT, AF_INET),
	FAMILY(3), FAMILY(4), FAMILY(5), FAMILY(6), FAMILY(7), FAMILY(8), FAMILY(9),
	FAMILY(11), FAMILY(12), FAMILY(13), FAMILY(14), FAMILY(15),
	WHEN(socket, 0, SCMP_CMP_GT, AF_NETLINK),
	WHEN2(socket, ARG(0, EQ, AF_NETLINK), ARG(2, NE, 0 /* NETLINK_ROUTE */)),
	UNIX_PAIR(SOCK_DGRAM), UNIX_PAIR(SOCK_RAW),
	END
};

#define NO_TYPE(family, type) WHEN2(socket, ARG(0, EQ, (family)), ARG(1, MASKED_EQ, 0xf, (type)))

/* TCP and UDP are left. */
static const struct barred_call raw_sockets[] = {
	NO_TYPE(AF_INET, SOCK_RAW), NO_TYPE(AF_INET, SOCK_RDM), NO_TYPE(AF_INET, SOCK_SEQPACKET),
	NO_TYPE(AF_INET, SOCK_DCCP), NO_TYPE(AF_INET, SOCK_PACKET),
	NO_TYPE(AF_INET6, SOCK_RAW), NO_TYPE(AF_INET6, SOCK_RDM), NO_TYPE(AF_INET6, SOCK_SEQPACKET),
	NO_TYPE(AF_INET6, SOCK_DCCP), NO_TYPE(AF_INET6, SOCK_PACKET),
	END
};

/* Requests of a backend come through the core. */
static const struct barred_call serving[] = { CALL(listen), CALL(accept), CALL(accept4), END };

/* Landlock looks at none of these. */
static const struct barred_call owners[] = {
	CALL(chmod), CALL(fchmodat), NEWER(fchmodat2, 452), CALL(chown), CALL(lchown), CALL(fchownat),
	CALL(setxattr), CALL(lsetxattr), CALL(removexattr), CALL(lremovexattr),
	NEWER(setxattrat, 463), NEWER(removexattrat, 466), NEWER(file_setattr, 469),
	CALL(open_by_handle_at), CALL(fanotify_init),
	END
};

#define NAMESPACE(flag) WHEN(clone, 0, SCMP_CMP_MASKED_EQ, (flag), (flag))

static const struct barred_call namespaces[] = {
	UNKNOWN(clone3), /* its flags lie in memory, where no filter looks */
	NAMESPACE(CLONE_NEWNS), NAMESPACE(CLONE_NEWUTS), NAMESPACE(CLONE_NEWIPC), NAMESPACE(CLONE_NEWUSER),
	NAMESPACE(CLONE_NEWPID), NAMESPACE(CLONE_NEWNET), NAMESPACE(CLONE_NEWCGROUP),
	CALL(unshare), CALL(setns), CALL(mount), CALL(umount2), CALL(pivot_root), CALL(chroot),
	CALL(open_tree), CALL(move_mount), CALL(fsopen), CALL(fsconfig), CALL(fsmount), CALL(fspick),
	CALL(mount_setattr), NEWER(open_tree_attr, 467), CALL(swapon), CALL(swapoff),
	END
};

static const struct barred_call users[] = {
	CALL(setuid), CALL(setgid), CALL(setreuid), CALL(setregid), CALL(setresuid), CALL(setresgid),
	CALL(setfsuid), CALL(setfsgid), CALL(setgroups), CALL(capset), CALL(personality),
	END
};

static const struct barred_call kernel[] = {
	CALL(bpf), CALL(perf_event_open), CALL(userfaultfd), CALL(io_uring_setup), CALL(io_uring_enter),
	CALL(io_uring_register), CALL(add_key), CALL(request_key), CALL(keyctl), CALL(init_module),
	CALL(finit_module), CALL(delete_module), CALL(kexec_load), CALL(kexec_file_load), CALL(reboot),
	CALL(syslog), CALL(acct), CALL(quotactl), CALL(quotactl_fd), CALL(lookup_dcookie), CALL(nfsservctl),
	CALL(iopl), CALL(ioperm), CALL(modify_ldt), CALL(vhangup), CALL(sethostname), CALL(setdomainname),
	CALL(settimeofday), CALL(clock_settime), CALL(clock_adjtime), CALL(adjtimex), CALL(stime),
	END
};

const struct capability capabilities[] = {
	/* name                   who has it      its bit                paths      refused without it */
	{ "libraries",            HELD_BY_ALL,    0,                     libraries, NULL },
	{ "settings",             HELD_BY_ALL,    0,                     settings,  NULL },
	{ "machine",              HELD_BY_ALL,    0,                     machine,   NULL },
	{ "processes",            HELD_BY_NEED,   RELINK_NEED_PROCESSES, processes, NULL },
	{ "programs",             HELD_BY_NEED,   RELINK_NEED_PROGRAMS,  programs,  starting },
	{ "files to read",        HELD_BY_KEY,    RELINK_KEY_READS,      NULL,      NULL,    RIGHT_READ },
	{ "folders to write",     HELD_BY_KEY,    RELINK_KEY_WRITES,     NULL,      NULL,    RIGHT_WRITE },
	{ "other processes",      HELD_BY_NOBODY, 0,                     NULL,      others },
	{ "local sockets",        HELD_BY_NOBODY, 0,                     NULL,      local_sockets },
	{ "raw sockets",          HELD_BY_NOBODY, 0,                     NULL,      raw_sockets },
	{ "serving",              HELD_BY_NOBODY, 0,                     NULL,      serving },
	{ "owners and modes",     HELD_BY_NOBODY, 0,                     NULL,      owners },
	{ "mounts and namespaces", HELD_BY_NOBODY, 0,                    NULL,      namespaces },
	{ "users",                HELD_BY_NOBODY, 0,                     NULL,      users },
	{ "the kernel",           HELD_BY_NOBODY, 0,                     NULL,      kernel },
	{ 0 }
};
// clang-format on

bool capability_held(const struct capability *c, uint64_t needs)
{
	return c->holder == HELD_BY_ALL || (c->holder == HELD_BY_NEED && (needs & c->bit) != 0);
}
