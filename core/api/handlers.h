/*
 * handlers.h - one function a route.
 *
 * A handler gets an exchange whose access, query and body kind were checked.  It answers
 * (exchange.h), or hands the connection to a piece of work that answers later (work.h).
 */
#ifndef RELINK_API_HANDLERS_H
#define RELINK_API_HANDLERS_H

struct exchange;

#define ROUTE(method, path, handler, access, body, query, doc) void handler(struct exchange *);
#include "api/routes.def"

#endif
