/* fields.h - the tables of bodies, for who describes the API. */
#ifndef RELINK_API_FIELDS_H
#define RELINK_API_FIELDS_H
#include "api/body.h"

const struct field *fields_of_account(size_t *ret_n); /* POST /v1/accounts */
const struct field *fields_of_patch(size_t *ret_n);   /* PATCH of one */
const struct field *fields_of_qr(size_t *ret_n);      /* POST qr */
const struct field *fields_of_key(size_t *ret_n);     /* POST /v1/keys */
const struct field *fields_of_link(size_t *ret_n);    /* POST qr-link */
const struct field *fields_of_webhook(size_t *ret_n); /* POST /v1/webhooks */
const struct field *fields_of_webhook_patch(size_t *ret_n);
const struct field *fields_of_replay(size_t *ret_n);
const struct field *fields_of_rotate(size_t *ret_n);

#endif
