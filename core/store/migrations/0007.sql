-- 0007: what became of worker processes; the newest of each slot (core/store/apply.c).

-- Numbers: `kind` is enum death_kind of core/store/store.h.  `ops` is JSON, the rest is for people.
CREATE TABLE death (
	slot            INTEGER NOT NULL,
	at              INTEGER NOT NULL,
	kind            INTEGER NOT NULL,
	pid             INTEGER NOT NULL,
	started_at      INTEGER NOT NULL,
	exit_status     INTEGER NOT NULL,
	signal          INTEGER NOT NULL,       -- 0: exited
	was_ready       INTEGER NOT NULL,
	open_calls      INTEGER NOT NULL,
	accounts        INTEGER NOT NULL,       -- that it served
	provider        ANY     NOT NULL,
	plugin          ANY     NOT NULL,
	version         ANY     NOT NULL,
	how             ANY     NOT NULL,       -- one sentence
	blame           ANY     NOT NULL,       -- why we ended it; empty: it ended by itself
	report          ANY     NOT NULL,
	last_lines      ANY     NOT NULL,
	ops             ANY     NOT NULL,
	checksum        INTEGER NOT NULL,
	PRIMARY KEY (slot, at)
) STRICT, WITHOUT ROWID;

-- Marks of an account at whose operations worker processes died (core/policy/blame.h).
ALTER TABLE account ADD COLUMN blame_marks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN blamed_at INTEGER NOT NULL DEFAULT 0;

PRAGMA user_version = 7;
