/*
 * field.h - members of the API's JSON, read without trust: what is absent or of another type is
 * empty.  Strings are lent by the JSON.
 */
#ifndef RELINKCTL_FIELD_H
#define RELINKCTL_FIELD_H
#include <jansson.h>

#include "base/buf.h"

struct str field_str(const json_t *object, const char *key);
uint64_t field_u64(const json_t *object, const char *key);
/* A time in ms, 0 when absent or null. */
uint64_t field_time(const json_t *object, const char *key);
/* Any value as one harmless line: strings bare, null as nothing, arrays with commas, objects as
 * JSON. */
void field_show(struct buf *, const json_t *value, bool utf8);

#endif
