/*
 * journal.h - the file of lines: who may write, what is new, what is whole.
 *
 * Two processes may have one journal open, as an old worker and its successor do for a moment.
 * Who decides something takes the lock, reads what is new, decides, appends, and unlocks; that is
 * a few microseconds, and the kernel unlocks for a process that dies.  A write that such a death
 * cut short leaves a line without its end: readers do not see it, the next writer cuts it off.
 */
#ifndef RELINK_MOCK_JOURNAL_H
#define RELINK_MOCK_JOURNAL_H
#include <stddef.h>
#include <stdint.h>

/* A journal is evidence and never shortened; a bigger one is refused. */
#define JOURNAL_BYTES_MAX (4ull << 30)

struct journal {
	int fd;           /* -1: there is no file, lines are applied and forgotten */
	uint64_t read_to; /* what was applied, in bytes; the end of a line */
	char *buffer;
};

/* Gets a line without its newline, to change as it likes; < 0 stops, and the line stays unread. */
typedef int journal_line_fn(void *arg, char *line, size_t n);

/* Open DIR/journal, made when missing, as is DIR itself.  "": no file.  -errno. */
int journal_open(struct journal *, const char *dir);
void journal_close(struct journal *);

/* -errno.  Locks do not nest. */
int journal_lock(struct journal *);
void journal_unlock(struct journal *);

/* Hand over all whole lines that were not read yet.  -errno, or what `fn` said. */
int journal_read(struct journal *, journal_line_fn *fn, void *arg);
/* With the lock, and after journal_read: cut off what a dying writer left. */
int journal_mend(struct journal *);
/* With the lock: add whole lines at the end, all or none.  They count as unread.  -errno. */
int journal_append(struct journal *, const char *lines, size_t n);

#endif
