-- 0006: keys of the API.
--
-- `digest` is the SHA-256 of the key's text, which is nowhere.  An empty workspace means all of them.
-- A key that was revoked stays, so that people can see who could do what, and when.

CREATE TABLE api_key (
	id              ANY     NOT NULL PRIMARY KEY,   -- public: part of the key's text
	digest          BLOB    NOT NULL,
	role            INTEGER NOT NULL,               -- core/api/port.h
	workspace       ANY     NOT NULL,
	label           ANY     NOT NULL,
	created_at      INTEGER NOT NULL,
	expires_at      INTEGER NOT NULL,               -- 0: never
	revoked_at      INTEGER NOT NULL,               -- 0: not
	last_used_at    INTEGER NOT NULL,               -- to the hour; 0: not yet
	checksum        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 6;
