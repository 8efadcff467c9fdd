-- 0017: events that an endpoint did not take for days; the newest of each (core/store/apply.c).
--
-- What stands behind `why` is the line of the journal, which may have been forgotten by then.

CREATE TABLE dead_letter (
	endpoint        ANY     NOT NULL,
	seq             INTEGER NOT NULL,
	died_at         INTEGER NOT NULL,
	tries           INTEGER NOT NULL,
	why             ANY     NOT NULL,               -- what the receiver said last
	at              INTEGER NOT NULL,
	account_row     INTEGER NOT NULL,
	generation      INTEGER NOT NULL,
	kind            INTEGER NOT NULL,
	event           INTEGER NOT NULL,
	from_state      INTEGER NOT NULL,
	to_state        INTEGER NOT NULL,
	status          INTEGER NOT NULL,
	cause           INTEGER NOT NULL,
	user_action     INTEGER NOT NULL,
	account         ANY     NOT NULL,
	workspace       ANY     NOT NULL,
	text            ANY     NOT NULL,
	data            ANY     NOT NULL,
	checksum        INTEGER NOT NULL,
	PRIMARY KEY (endpoint, seq)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 17;
