/*
 * body.h - the JSON that relinkctl sends.
 *
 * A file of its own: core/base/json.h and jansson.h both claim the name json_object.
 */
#ifndef RELINKCTL_BODY_H
#define RELINKCTL_BODY_H
#include "base/buf.h"
#include "options.h"

/* An object with those options in `which` that were given, each under its own name; flags are true.
 * `id` NULL: without one. */
void body_of_options(struct buf *, const struct options *, uint64_t which, const char *id);
/* POST qr-link; 0: the daemon says how long. */
void body_of_link(struct buf *to, uint64_t expires_s);

/* The body of PUT /v1/pauses/...; `for_s` 0: until somebody resumes. */
void body_of_pause(struct buf *, const char *reason, uint64_t for_s);

/* The body of POST /v1/bulk, which selects by the options that were given; `ids`: those of --ids, with line
 * ends between. */
void body_of_bulk(struct buf *, const struct options *, const char *action, struct str ids,
		  uint64_t rate, bool dry_run);

/* The body of POST /v1/keys; `expires_s` 0: never. */
void body_of_key(struct buf *, const struct options *, uint64_t expires_s);

/* The body of POST /v1/webhooks: `events` is a list with commas. */
void body_of_webhook(struct buf *, const struct options *, const char *url);

#endif
