/*
 * must.h - the check for our own mistakes.
 *
 * `must` stays in release builds: a broken promise inside Relink ends the process with a report,
 * because going on would act on accounts with a state that nobody has thought of.  What the outside
 * world does wrong (network, disk, plugin, user, memory) never goes through here; it gets an error
 * path.  `must(malloc(...))` is for start-up code only.
 */
#ifndef RELINK_BASE_MUST_H
#define RELINK_BASE_MUST_H

#define must(cond)           ((cond) ? (void)0 : must_fail(#cond, __FILE__, __LINE__, __func__))
#define must_not_reach(what) must_fail("not reached: " what, __FILE__, __LINE__, __func__)

/* Write one line of report and a backtrace to stderr and to the report descriptor, then abort. */
_Noreturn void must_fail(const char *cond, const char *file, int line, const char *func);

/* Also write reports to `fd` (a memfd that outlives us; see core/proc).  -1 is none.  Kept. */
void must_report_to(int fd);

/* A line that stands above backtraces, to help to read them; kept.  NULL: none. */
void must_note(const char *line);

/* Report SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT the same way before dying of them; a stack
 * overflow only when it is the calling thread's. */
void must_catch_signals(void);

#endif
