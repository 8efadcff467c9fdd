/*
 * describe.h - the protocol for readers that are not this program: people and a fuzzer.
 *
 * Used by the program `ipc-doc` and by tests; nothing of it ends up in relinkd or relink-worker.
 */
#ifndef RELINK_IPC_DESCRIBE_H
#define RELINK_IPC_DESCRIBE_H
#include "base/buf.h"

/* Append the tables of all messages, states and causes as Markdown: the last part of README.md. */
void describe_protocol(struct buf *out);
/* Append a libFuzzer dictionary: every method and key as MessagePack writes it, and headers. */
void describe_dictionary(struct buf *out);

#endif
