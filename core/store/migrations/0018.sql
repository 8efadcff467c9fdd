-- 0018: alerts that are open: what somebody should look at.  Those that are over are in the journal.
--
-- `subject` is an account's id, an incident's number, a worker's slot or a webhook's id, by `kind`
-- (core/policy/alert.h).  `seq` is the line of the journal that told of it.

CREATE TABLE alert (
	kind            INTEGER NOT NULL,
	subject         ANY     NOT NULL,
	seq             INTEGER NOT NULL,
	raised_at       INTEGER NOT NULL,
	workspace       ANY     NOT NULL,               -- empty: of no workspace
	provider        ANY     NOT NULL,
	cause           INTEGER NOT NULL,
	user_action     INTEGER NOT NULL,
	text            ANY     NOT NULL,
	checksum        INTEGER NOT NULL,
	PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 18;
