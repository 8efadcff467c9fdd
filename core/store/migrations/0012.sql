-- 0012: work on many accounts, and instances on trial.

-- Numbers: `action` and `state` are enum bulk_action and enum bulk_state of core/policy/bulk.h.  Accounts up
-- to `cursor` are done with; the one behind it is next, up to `last_row`.  Where ids were given, `cursor`
-- counts the bytes of `ids` instead.
CREATE TABLE bulk (
	id              ANY     NOT NULL PRIMARY KEY,
	action          INTEGER NOT NULL,
	state           INTEGER NOT NULL,
	rate            INTEGER NOT NULL,       -- accounts a minute
	workspace       ANY     NOT NULL,       -- what follows selects; empty: any
	provider        ANY     NOT NULL,
	instance        ANY     NOT NULL,
	status          ANY     NOT NULL,
	cause           ANY     NOT NULL,
	label_prefix    ANY     NOT NULL,
	ids             ANY     NOT NULL,       -- a line each
	by_key          ANY     NOT NULL,
	created_at      INTEGER NOT NULL,
	ended_at        INTEGER NOT NULL,
	last_row        INTEGER NOT NULL,
	cursor          INTEGER NOT NULL,
	total           INTEGER NOT NULL,       -- that were selected when it began
	done            INTEGER NOT NULL,
	failed          INTEGER NOT NULL,
	last_error      ANY     NOT NULL,
	checksum        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An instance on trial whose starts failed too often takes no new accounts since then.
ALTER TABLE instance ADD COLUMN halted_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE instance ADD COLUMN halted_why ANY NOT NULL DEFAULT '';

PRAGMA user_version = 12;
