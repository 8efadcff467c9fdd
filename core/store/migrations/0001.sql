-- 0001: accounts, the ledger of their lives, the journal, the answers to Idempotency-Keys.
--
-- Times are milliseconds since 1970; small numbers are those of core/policy/account.h and journal.h.
-- ANY columns hold strings: TEXT, or a BLOB where the bytes are not UTF-8.  `checksum` covers the
-- whole row (core/store/row.h), so a row that was edited by hand is refused.

PRAGMA application_id = 0x524c4e4b;     -- "RLNK"

-- One row: which installation this is, who owns it, and marks that never go back.
CREATE TABLE meta (
	one             INTEGER PRIMARY KEY CHECK (one = 1),
	installation    ANY     NOT NULL,
	token           INTEGER NOT NULL,       -- the owner's; one more with each start
	last_row        INTEGER NOT NULL,       -- highest account row ever used
	last_seq        INTEGER NOT NULL,       -- highest journal number ever used
	latest_ms       INTEGER NOT NULL,       -- latest moment ever stored
	checksum        INTEGER NOT NULL
) STRICT;

-- What the operator owns.
CREATE TABLE account (
	row             INTEGER PRIMARY KEY,
	id              ANY     NOT NULL,
	workspace       ANY     NOT NULL,
	provider        ANY     NOT NULL,
	instance        ANY     NOT NULL,
	label           ANY     NOT NULL,
	metadata        ANY     NOT NULL,
	session         ANY     NOT NULL,
	profile         ANY     NOT NULL,
	phone           ANY     NOT NULL,
	reason          ANY     NOT NULL,
	priority        INTEGER NOT NULL,
	want            INTEGER NOT NULL,
	state           INTEGER NOT NULL,
	after_state     INTEGER NOT NULL,
	status          INTEGER NOT NULL,
	cause           INTEGER NOT NULL,
	user_action     INTEGER NOT NULL,
	profile_state   INTEGER NOT NULL,
	fails           INTEGER NOT NULL,
	waits           INTEGER NOT NULL,
	profile_fails   INTEGER NOT NULL,
	slow_step       INTEGER NOT NULL,
	close_tries     INTEGER NOT NULL,
	forgotten       INTEGER NOT NULL,
	flags           INTEGER NOT NULL,
	generation      INTEGER NOT NULL,
	rng             INTEGER NOT NULL,
	created_at      INTEGER NOT NULL,
	since           INTEGER NOT NULL,
	timer_at        INTEGER NOT NULL,
	minted_at       INTEGER NOT NULL,
	up_since        INTEGER NOT NULL,
	checksum        INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_id ON account (id) WHERE forgotten = 0;

-- The lives of accounts: 0 open, 1 given up, 2 proven gone.  A (session, generation) is created at
-- most once, ever; an account has at most one open life.
CREATE TABLE attempt (
	account_row     INTEGER NOT NULL,
	generation      INTEGER NOT NULL,
	session         ANY     NOT NULL,
	profile         ANY     NOT NULL,
	instance        ANY     NOT NULL,
	minted_at       INTEGER NOT NULL,
	closed_at       INTEGER NOT NULL,
	state           INTEGER NOT NULL CHECK (state IN (0, 1, 2)),
	checksum        INTEGER NOT NULL,
	PRIMARY KEY (account_row, generation),
	UNIQUE (session, generation)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX attempt_open ON attempt (account_row) WHERE state = 0;
CREATE INDEX attempt_gone ON attempt (closed_at) WHERE state = 2;

-- What happened, in order; also what subscribers are told (`tell`).
CREATE TABLE journal (
	seq             INTEGER PRIMARY KEY,
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
	tell            INTEGER NOT NULL,
	account         ANY     NOT NULL,       -- public id: outlives the account
	workspace       ANY     NOT NULL,
	text            ANY     NOT NULL,
	data            ANY     NOT NULL,
	checksum        INTEGER NOT NULL
) STRICT;
CREATE INDEX journal_account ON journal (account_row);     -- then by seq, which is the rowid

-- Answers once given to an Idempotency-Key.
CREATE TABLE idem (
	key             ANY     NOT NULL PRIMARY KEY,
	account         ANY     NOT NULL,
	hash            BLOB    NOT NULL,
	http_status     INTEGER NOT NULL,
	at              INTEGER NOT NULL,
	checksum        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idem_at ON idem (at);

PRAGMA user_version = 1;
