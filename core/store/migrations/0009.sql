-- 0009: incidents; the newest of them (core/store/apply.c).

-- Numbers: `state` is enum incident_state of core/policy/incident.h.  `causes` is JSON: how often each was
-- seen.
CREATE TABLE incident (
	id              INTEGER NOT NULL PRIMARY KEY,
	state           INTEGER NOT NULL,
	real            INTEGER NOT NULL,       -- its log-outs were believed
	provider        ANY     NOT NULL,
	instance        ANY     NOT NULL,       -- empty: all of the provider's
	opened_at       INTEGER NOT NULL,
	changed_at      INTEGER NOT NULL,
	closed_at       INTEGER NOT NULL,       -- 0: it is open
	accounts        INTEGER NOT NULL,
	rounds          INTEGER NOT NULL,       -- of canaries that failed, in a row
	causes          ANY     NOT NULL,
	text            ANY     NOT NULL,
	checksum        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 9;
