/*
 * cut.h - bytes that a process printed, cut into lines.
 */
#ifndef RELINK_PROC_CUT_H
#define RELINK_PROC_CUT_H
#include "proc/speech.h"

struct cut {
	char line[SPEECH_LINE_BYTES]; /* an unfinished one */
	size_t n;
	bool skip; /* the rest of this line is too much */
};

/* Say each line that ends in these bytes; what is behind the last one waits for its end. */
void cut_lines(struct cut *, struct speech *, const char *stream, const char *p, size_t n);
/* No more will come: what waits is said. */
void cut_rest(struct cut *, struct speech *, const char *stream);

#endif
