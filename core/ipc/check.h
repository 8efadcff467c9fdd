/*
 * check.h - may msgpack-c see these bytes?
 *
 * msgpack-c allocates what a header claims: five bytes that say "an array of four thousand million"
 * make it ask for 96 GB.  So a frame's headers are walked first, without recursion and without
 * allocating.  What passes costs msgpack-c at most 24 bytes a node, and a node is at least one byte.
 */
#ifndef RELINK_IPC_CHECK_H
#define RELINK_IPC_CHECK_H
#include "base/err.h"
#include "base/str.h"

/* The number of nodes (values and keys) when `value` is exactly one MessagePack value that uses all
 * bytes, is at most LIMIT_FRAME_DEPTH containers deep and has at most LIMIT_FRAME_NODES nodes, whose
 * claimed lengths and counts fit into the bytes that follow, with strings as map keys and without
 * binary and extension types.  Else ERR_FORMAT and a sentence in `why`.  Any thread. */
int check_value(struct str value, struct why *why);

#endif
