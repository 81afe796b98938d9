-- Keys that were there were promised the default of 60 requests a minute; the rest is unlimited.
ALTER TABLE api_keys ADD COLUMN rpm            INTEGER CHECK (rpm >= 0);
ALTER TABLE api_keys ADD COLUMN burst          INTEGER CHECK (burst >= 0);
ALTER TABLE api_keys ADD COLUMN tpm            INTEGER CHECK (tpm >= 0);
ALTER TABLE api_keys ADD COLUMN max_concurrent INTEGER CHECK (max_concurrent >= 0);
ALTER TABLE api_keys ADD COLUMN quota_period   TEXT NOT NULL DEFAULT 'total'
  CHECK (quota_period IN ('total', 'day', 'week', 'month'));
UPDATE api_keys SET rpm = 60;

ALTER TABLE models ADD COLUMN max_output_tokens INTEGER CHECK (max_output_tokens > 0);

-- What a key used in each period that it used anything in: all four at each charge, so that another
-- quota_period counts exactly from the moment it is set. The one 'total' of a key starts at 0.
-- No foreign keys, here and below: what a key used stays counted when the key is deleted.
CREATE TABLE quota_use (
  key_id    TEXT    NOT NULL,
  period    TEXT    NOT NULL,
  starts_at INTEGER NOT NULL,
  used      INTEGER NOT NULL,
  PRIMARY KEY (key_id, period, starts_at)
) STRICT, WITHOUT ROWID;

INSERT INTO quota_use (key_id, period, starts_at, used)
SELECT key_id, 'total', 0, used FROM token_use;

DROP TABLE token_use;

-- One row for each call that was sent to a backend. time is that of its admission. Request ids are
-- the clients' own where they send one: not unique, and not for an index.
CREATE TABLE usage (
  sequence              INTEGER PRIMARY KEY,
  time                  INTEGER NOT NULL,
  request_id            TEXT    NOT NULL,
  key_id                TEXT    NOT NULL,
  model                 TEXT    NOT NULL,
  upstream_model        TEXT    NOT NULL,
  backend               TEXT    NOT NULL,
  endpoint              TEXT    NOT NULL,
  prompt_tokens         INTEGER NOT NULL,
  completion_tokens     INTEGER NOT NULL,
  total_tokens          INTEGER NOT NULL AS (prompt_tokens + completion_tokens) VIRTUAL,
  cached_tokens         INTEGER NOT NULL,
  reasoning_tokens      INTEGER NOT NULL,
  usage_source          TEXT    NOT NULL,
  outcome               TEXT    NOT NULL,
  status                INTEGER NOT NULL,
  stream                INTEGER NOT NULL,
  time_to_first_byte_us INTEGER,
  duration_us           INTEGER NOT NULL
) STRICT;

-- The sequence of the last call whose charge and row are kept, written with them. After a commit of
-- which nobody knows whether it happened, this tells.
CREATE TABLE usage_mark (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  last INTEGER NOT NULL
) STRICT;

INSERT INTO usage_mark VALUES (1, 0);

-- Sums over usage, which outlive its rows. Hours are those of UTC, days those of the quotas.
CREATE TABLE usage_hourly (
  key_id            TEXT    NOT NULL,
  model             TEXT    NOT NULL,
  hour              INTEGER NOT NULL,
  calls             INTEGER NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cached_tokens     INTEGER NOT NULL,
  reasoning_tokens  INTEGER NOT NULL,
  PRIMARY KEY (key_id, model, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_daily (
  key_id            TEXT    NOT NULL,
  model             TEXT    NOT NULL,
  day               INTEGER NOT NULL,
  calls             INTEGER NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cached_tokens     INTEGER NOT NULL,
  reasoning_tokens  INTEGER NOT NULL,
  PRIMARY KEY (key_id, model, day)
) STRICT, WITHOUT ROWID;
