-- 0016: where events are sent to.
--
-- The secrets sign what is sent, so they are here as they are.  `old_secret` signs, too, until `old_until`.
-- How far each has got is in `cursor`, under "endpoint:ID".

CREATE TABLE endpoint (
	id              ANY     NOT NULL PRIMARY KEY,
	workspace       ANY     NOT NULL,               -- empty: events of all workspaces
	label           ANY     NOT NULL,
	url             ANY     NOT NULL,
	events          ANY     NOT NULL,               -- patterns, with spaces between
	form            INTEGER NOT NULL,               -- core/api/port.h
	secret          ANY     NOT NULL,
	old_secret      ANY     NOT NULL,
	old_until       INTEGER NOT NULL,
	disabled        INTEGER NOT NULL,
	why             ANY     NOT NULL,               -- it was disabled; empty: somebody wished it
	created_at      INTEGER NOT NULL,
	changed_at      INTEGER NOT NULL,
	disabled_at     INTEGER NOT NULL,
	checksum        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 16;
