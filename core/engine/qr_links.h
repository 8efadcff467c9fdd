/*
 * qr_links.h - links that show one account's QR code to somebody without a key.
 *
 * Part of state.h, and included by nobody else.
 */
#ifndef RELINK_ENGINE_QR_LINKS_H
#define RELINK_ENGINE_QR_LINKS_H
#include <stdbool.h>
#include <stdint.h>

struct command;
struct engine;
struct member;
struct qr_link_record;
struct qr_link_view;

/* ERR_NOMEM.  One of an account that is gone is left out. */
int qr_link_load(struct engine *, const struct qr_link_record *);
void qr_links_free(struct engine *);
void qr_link_create(struct engine *, struct member *, struct command *given);
void qr_link_revoke(struct engine *, struct member *, struct command *given);
void qr_link_open(struct engine *, struct command *given);
/* The login that its link was for is there. */
void qr_link_connected(struct engine *, struct member *);
/* The account is deleted: its link goes with it. */
void qr_link_forget(struct engine *, struct member *);
bool qr_link_view(const struct engine *, const uint8_t digest[32], struct qr_link_view *ret_view);

#endif
