/*
 * killpoint.h - places where the process can be made to die, for the crash matrix.
 *
 * KP("intent.committed") does nothing unless RELINK_KILL=intent.committed:3 is in the environment;
 * then the third visit is the process's last act: SIGKILL to itself, as a power cut or the kernel's
 * out-of-memory killer would do it.  With RELINK_KILL_TRACE=FILE every first visit appends its name
 * to FILE, so a test knows which points a workload reaches.  Release builds hold none of it: the
 * macro is empty, and tests/lint looks for KP_MARK in the binaries (a name alone would not do: log
 * events have such names too).
 */
#ifndef RELINK_BASE_KILLPOINT_H
#define RELINK_BASE_KILLPOINT_H

#ifdef RELINK_KILLPOINTS
#define KP_MARK  "killpoint:"
#define KP(name) killpoint(KP_MARK name)
void killpoint(const char *marked_name);
#else
#define KP(name) ((void)0)
#endif

#endif
