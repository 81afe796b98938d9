-- A model can stand on several targets. Credentials stay as they were encrypted: for their model.
CREATE TABLE model_targets (
  model_id       TEXT    NOT NULL,
  position       INTEGER NOT NULL,
  backend        TEXT    NOT NULL,
  base_url       TEXT,
  upstream_model TEXT,
  credential     BLOB,
  weight         INTEGER NOT NULL CHECK (weight > 0),
  priority       INTEGER NOT NULL CHECK (priority >= 0),
  PRIMARY KEY (model_id, position)
) STRICT, WITHOUT ROWID;

INSERT INTO model_targets
SELECT id, 0, backend, base_url, upstream_model, credential, 1, 0 FROM models;

ALTER TABLE models DROP COLUMN backend;
ALTER TABLE models DROP COLUMN base_url;
ALTER TABLE models DROP COLUMN upstream_model;
ALTER TABLE models DROP COLUMN credential;

-- By name, as clients would call them: the model need not exist any more.
CREATE TABLE model_fallbacks (
  model_id TEXT    NOT NULL,
  position INTEGER NOT NULL,
  name     TEXT    NOT NULL,
  PRIMARY KEY (model_id, position)
) STRICT, WITHOUT ROWID;

ALTER TABLE api_keys ADD COLUMN tier TEXT NOT NULL DEFAULT 'free'
  CHECK (tier IN ('free', 'paid'));

-- Where a call went last, and how long it waited for a place there.
ALTER TABLE usage ADD COLUMN base_url  TEXT;
ALTER TABLE usage ADD COLUMN waited_us INTEGER NOT NULL DEFAULT 0;

-- Each try of a call that failed; usage has the row of the same sequence.
CREATE TABLE failed_attempts (
  sequence       INTEGER NOT NULL,
  number         INTEGER NOT NULL,
  model          TEXT    NOT NULL,
  upstream_model TEXT    NOT NULL,
  backend        TEXT    NOT NULL,
  base_url       TEXT,
  failure        TEXT    NOT NULL,
  status         INTEGER,
  waited_us      INTEGER NOT NULL,
  duration_us    INTEGER NOT NULL,
  PRIMARY KEY (sequence, number)
) STRICT, WITHOUT ROWID;
