/*
 * openapi.h - the API as an OpenAPI 3.1 document, from the tables that the router and the handlers use.
 */
#ifndef RELINK_API_OPENAPI_H
#define RELINK_API_OPENAPI_H
#include "base/json.h"

struct route;

/* The whole document; `dropin`: with the drop-in face. */
void openapi_write(struct buf *out, bool dropin);
/* Does openapi.def tell what this route reads and answers?  Drop-in routes are told in general. */
bool openapi_knows(const struct route *);

/* openapi_schema.c: components.schemas. */
void openapi_schemas(struct jw *);

#endif
