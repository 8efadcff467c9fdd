/*
 * prove.h - what must hold for any bytes that a peer may send; the mutation test and the fuzz target
 * call it.
 */
#ifndef RELINK_TESTS_IPC_PROVE_H
#define RELINK_TESTS_IPC_PROVE_H
#include "base/str.h"

/* Open `value` and read it as every message there is.  Ends the process when a refusal comes without
 * a sentence, when msgpack-c does not take what the check took, or when a message that was read does
 * not come back equal after packing it again.  True when it was a message that could be read. */
bool prove_frame(struct str value);

#endif
