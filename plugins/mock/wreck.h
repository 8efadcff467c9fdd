/*
 * wreck.h - what a bad plugin does to the process that hosts it.
 *
 * The rest of the mock plays a bad service; this plays a bad plugin: it ends or blocks the process,
 * breaks its wire, floods it, or breaks the rules of relink/plugin.h.  Whatever happens here must cost
 * one worker and nobody else.
 */
#ifndef RELINK_MOCK_WRECK_H
#define RELINK_MOCK_WRECK_H
#include "instance.h"

/* How much, where a wreck has a size and nothing else is said. */
uint64_t wreck_size(enum wreck);
/* Does the process come to an end, or its loop?  Then the operation is neither applied nor answered. */
bool wreck_is_deadly(enum wreck);
/* Is it about the answer to an operation?  Then wreck_answer does it, else wreck_process. */
bool wreck_is_answer(enum wreck);

/* Do it, `n` large.  `session` and `generation` are who the operation is about. */
void wreck_process(struct instance *, enum wreck, uint64_t n, struct relink_str session,
		   uint64_t generation);
/* Spoil an answer that is going to be sent; returns after how many ms more than `ms` it shall be. */
uint64_t wreck_answer(struct answer *, enum wreck, uint64_t deadline_ms, uint64_t ms);

#endif
