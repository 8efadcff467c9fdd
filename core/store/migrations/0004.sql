-- 0004: what operators decided about instances.

-- Instances by the id in the configuration; one without a row was never decided about.
CREATE TABLE instance (
	id              ANY     NOT NULL PRIMARY KEY,
	drained_at      INTEGER NOT NULL,       -- takes no accounts since then; 0: it takes them
	checksum        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 4;
