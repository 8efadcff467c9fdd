/*
 * metadata.h - who may write what into an account's metadata.
 *
 * It is the client's own, but for one member: "dropin" says which sessions of an application the account
 * is (dropin/client.h).  Who writes it gets what is sent to those sessions, of whatever workspace they
 * are.  So a key of one workspace must not; and who does not mention it, does not mean to lose it.
 */
#ifndef RELINK_API_METADATA_H
#define RELINK_API_METADATA_H
#include "api/exchange.h"

/* Of a CREATE or PATCH that was read: check `cmd->metadata`, and add what a PATCH keeps.  < 0 with
 * x->problem. */
int metadata_settle(struct exchange *x, struct command *cmd);

#endif
