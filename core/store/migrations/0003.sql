-- 0003: how far each receiver of forwarded events has got.

-- Every journal line up to `seq` is done with, but for the accounts in `behind` ("row:seq,..."): of
-- those only the lines up to their own seq.
CREATE TABLE cursor (
	name            ANY     NOT NULL PRIMARY KEY,
	seq             INTEGER NOT NULL,
	behind          ANY     NOT NULL,
	checksum        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;
