/*
 * load.c - reads accounts, lives, keys of the API, links; no row is handed over unchecked.
 *
 * The ledger is read whole, also the lives that are gone, and not through an index: an index that
 * is damaged could hide a life that is still to be ended, and SQLite's quick_check does not compare
 * indexes with their tables.
 */
#include "store/load.h"

#include "base/killpoint.h"
#include "store/row.h"

static int hand_over(struct db *db, sqlite3_stmt *stmt, const struct record_type *type,
		     const struct store_loader *loader, struct why *why)
{
	union {
		struct account_record account;
		struct attempt_record attempt;
		struct api_key_record api_key;
		struct instance_record instance;
		struct incident_record incident;
		struct pause_record pause;
		struct alert_record alert;
		struct bulk_record bulk;
		struct qr_link_record qr_link;
		struct endpoint_record endpoint;
	} record;
	int r = row_read(db, stmt, type, &record, why);

	if (r < 0)
		return r;
	if (type == &record_account)
		r = loader->account(loader->ctx, &record.account);
	else if (type == &record_api_key)
		r = loader->api_key != NULL ? loader->api_key(loader->ctx, &record.api_key) : 0;
	else if (type == &record_incident)
		r = loader->incident != NULL ? loader->incident(loader->ctx, &record.incident) : 0;
	else if (type == &record_qr_link)
		r = loader->qr_link != NULL ? loader->qr_link(loader->ctx, &record.qr_link) : 0;
	else if (type == &record_endpoint)
		r = loader->endpoint != NULL ? loader->endpoint(loader->ctx, &record.endpoint) : 0;
	else if (type == &record_instance)
		r = loader->instance != NULL ? loader->instance(loader->ctx, &record.instance) : 0;
	else if (type == &record_pause)
		r = loader->pause != NULL ? loader->pause(loader->ctx, &record.pause) : 0;
	else if (type == &record_alert)
		r = loader->alert != NULL ? loader->alert(loader->ctx, &record.alert) : 0;
	else if (type == &record_bulk)
		r = loader->bulk != NULL ? loader->bulk(loader->ctx, &record.bulk) : 0;
	else if (record.attempt.state != ATTEMPT_GONE)
		r = loader->attempt(loader->ctx, &record.attempt);
	if (r < 0)
		return why->code < 0 ? r
				     : why_set(why, r, "cannot take over what %s holds: %s",
					       db->path, err_text(r));
	return 0;
}

static int load_table(struct db *db, const struct record_type *type, const char *tail,
		      const struct store_loader *loader, struct why *why)
{
	sqlite3_stmt *stmt = NULL;
	int r = row_prepare(db, type, ROW_SELECT, tail, &stmt, why);

	while (r == 0 && (r = db_step(db, stmt, why)) == 1)
		r = hand_over(db, stmt, type, loader, why);
	sqlite3_finalize(stmt);
	return r;
}

int load_all(struct db *db, const struct store_loader *loader, struct why *why)
{
	int r = load_table(db, &record_instance, "", loader, why);

	if (r == 0)
		r = load_table(db, &record_pause, "", loader, why);
	if (r == 0)
		r = load_table(db, &record_account, "ORDER BY row", loader, why);
	if (r == 0)
		r = load_table(db, &record_attempt, "NOT INDEXED", loader, why);
	if (r == 0)
		r = load_table(db, &record_api_key, "ORDER BY created_at", loader, why);
	if (r == 0)
		r = load_table(db, &record_incident, "ORDER BY id", loader, why);
	if (r == 0)
		r = load_table(db, &record_alert, "ORDER BY seq", loader, why);
	if (r == 0)
		r = load_table(db, &record_bulk, "ORDER BY created_at", loader, why);
	if (r == 0)
		r = load_table(db, &record_qr_link, "ORDER BY created_at", loader, why);
	if (r == 0)
		r = load_table(db, &record_endpoint, "ORDER BY created_at", loader, why);
	KP("store.load");
	return r;
}
