/* fields.h - the tables of bodies, for who describes the API. */
#ifndef RELINK_API_FIELDS_H
#define RELINK_API_FIELDS_H
#include "api/body.h"

const struct field *fields_of_account(size_t *ret_n); /* POST /v1/accounts */
const struct field *fields_of_patch(size_t *ret_n);   /* PATCH of one */
const struct field *fields_of_qr(size_t *ret_n);      /* POST qr */
const struct field *fields_of_key(size_t *ret_n);     /* POST /v1/keys */
const struct field *fields_of_link(size_t *ret_n);    /* POST qr-link */

#endif
