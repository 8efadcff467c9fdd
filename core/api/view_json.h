/*
 * view_json.h - accounts, QR codes, workers and instances, as the API shows them.
 */
#ifndef RELINK_API_VIEW_JSON_H
#define RELINK_API_VIEW_JSON_H
#include "api/port.h"
#include "base/json.h"

void account_json(struct jw *, const char *key, const struct account_view *);
/* {"score","band","confidence","unhealthy","components","since"}; null where there is no score. */
void health_json(struct jw *, const char *key, const struct account_view *);
void pause_json(struct jw *, const char *key, const struct pause_view *);
/* {"code","expires_at","deadline_at"}; null while there is no code. */
void qr_json(struct jw *, const char *key, const struct account_view *);
void death_json(struct jw *, const char *key, const struct death_record *);
void worker_json(struct jw *, const char *key, const struct worker_view *);
void incident_json(struct jw *, const char *key, const struct incident_view *);
void instance_json(struct jw *, const char *key, const struct instance_view *);

#endif
