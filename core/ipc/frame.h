/*
 * frame.h - where a frame begins and ends: four bytes of length (big endian), then the value.
 *
 * LIMIT_FRAME bounds the value; the four bytes come on top.
 */
#ifndef RELINK_IPC_FRAME_H
#define RELINK_IPC_FRAME_H
#include "base/buf.h"

#define FRAME_HEAD 4

/* Look at the front of `bytes`: > 0: a whole frame of so many bytes is there and `ret_value` is its
 * value (lent); 0: more bytes are needed; ERR_FORMAT: a frame without a value; ERR_TOOBIG: over
 * LIMIT_FRAME.  After an error the stream has no next frame. */
int frame_peek(struct str bytes, struct str *ret_value);

/* Begin a frame at the end of `b` and return its place; append the value; frame_end writes its
 * length there.  When anything in between failed (`b->failed`), or the value is over LIMIT_FRAME,
 * frame_end cuts `b` back to what it was, good for the next frame, and returns the error.  A buffer
 * that had failed before frame_begin stays failed. */
size_t frame_begin(struct buf *b);
int frame_end(struct buf *b, size_t place);

#endif
