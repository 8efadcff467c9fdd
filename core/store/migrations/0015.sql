-- 0015: links that show one account's QR code to somebody without a key.

-- One link an account.  The token in its URL is nowhere, nor is the visitor's cookie: both are kept as
-- SHA-256.  Numbers: `ended` is enum link_end of core/api/port.h.
CREATE TABLE qr_link (
	account_row     INTEGER NOT NULL PRIMARY KEY,
	digest          BLOB    NOT NULL,       -- of the token
	visitor         BLOB    NOT NULL,       -- of the cookie; zeroes: nobody has opened it
	created_at      INTEGER NOT NULL,
	expires_at      INTEGER NOT NULL,
	opened_at       INTEGER NOT NULL,       -- 0: nobody has
	ended           INTEGER NOT NULL,       -- 0: it is open
	checksum        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 15;
