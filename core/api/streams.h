/*
 * streams.h - the open streams of events, from outside.
 */
#ifndef RELINK_API_STREAMS_H
#define RELINK_API_STREAMS_H

struct face;

/* End those whose key opens nothing any more. */
void streams_review(struct face *);

#endif
