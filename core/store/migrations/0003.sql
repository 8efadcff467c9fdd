-- 0003: no change of its own.

PRAGMA user_version = 3;
