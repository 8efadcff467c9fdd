-- 0008: why things were done: flapping accounts, the history of attempts, and the reasons of a step.

-- Losses of connected time of an account (core/policy/flap.h).
ALTER TABLE account ADD COLUMN flap_gaps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN flap_at INTEGER NOT NULL DEFAULT 0;          -- in seconds
ALTER TABLE account ADD COLUMN flap_step INTEGER NOT NULL DEFAULT 0;        -- 0: it is not flapping

-- Why a life was begun, how it ended and what was decided then (core/policy/attempt.h).  Lives of before
-- have zeroes here.
ALTER TABLE attempt ADD COLUMN begun_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN begun_cause INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN begun_on INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN up_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN ended_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN end_event INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN end_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN end_cause INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN end_evidence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN decision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN fails INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN max_fails INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN notes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN lacked_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0;

-- What a step's sentence says beyond its states and its cause (core/policy/why.h).
ALTER TABLE journal ADD COLUMN evidence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN after_state INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN fails INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN max_fails INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN notes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN timer_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN lacked_ms INTEGER NOT NULL DEFAULT 0;

PRAGMA user_version = 8;
