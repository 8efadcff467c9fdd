-- 0011: where automation is paused.

-- Numbers: `scope` is enum pause_scope of core/policy/pause.h; `name` is empty for everything.
CREATE TABLE pause (
	scope           INTEGER NOT NULL,
	name            ANY     NOT NULL,
	since           INTEGER NOT NULL,
	until           INTEGER NOT NULL,       -- it ends by itself then; 0: it does not
	by_key          ANY     NOT NULL,       -- id of the API key; empty: the admin
	reason          ANY     NOT NULL,
	checksum        INTEGER NOT NULL,
	PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 11;
