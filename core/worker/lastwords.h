/*
 * lastwords.h - end this process and leave a sentence for the obituary.
 *
 * For what the world did to us: a core that breaks the protocol, a plugin that cannot be used.  Our
 * own bugs go through must(), which leaves a backtrace.
 */
#ifndef RELINK_WORKER_LASTWORDS_H
#define RELINK_WORKER_LASTWORDS_H

/* Exit codes, as in sysexits.h. */
#define EXIT_USAGE    64 /* not started by a core */
#define EXIT_BROKEN   70 /* cannot go on; a new worker may */
#define EXIT_PROTOCOL 76 /* the core said something that the protocol does not have */
#define EXIT_CONFIG   78 /* the plugin cannot be used: the core waits, and tries again slowly */

#define REPORT_FD 4

/* Before the end, let `dump` write what it knows through last_words_line.  Kept. */
void last_words_ask(void (*dump)(void *ctx), void *ctx);
void last_words_line(const char *text);
/* The sentence goes to stderr and to the report, then the process ends without cleaning up. */
_Noreturn void last_words(int exit_code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
