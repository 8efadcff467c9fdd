/*
 * record.h - the recording's file: written by libuv's threads, never by the loop.
 *
 * Only the recording suffers from a disk that is slow, full or gone: its steps are counted, and the
 * file says how many are missing.
 */
#ifndef RELINK_APP_RECORD_H
#define RELINK_APP_RECORD_H
#include <uv.h>

struct conf;
struct engine;
struct record;

/* As the configuration says now: begin, go on, change or end (NULL inside: there is none). */
void record_use(struct record **, uv_loop_t *, struct engine *, const struct conf *);
/* After each turn of the engine; NULL is fine. */
void record_turn(struct record *);
/* The last turn is over; the loop still has to run until it has nothing to do. */
void record_end(struct record **, struct engine *);

#endif
