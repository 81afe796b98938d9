-- What a key may be used for and from where; lists have an entry a line, NULL is no restriction.
ALTER TABLE api_keys ADD COLUMN note             TEXT;
ALTER TABLE api_keys ADD COLUMN allowed_models   TEXT;
ALTER TABLE api_keys ADD COLUMN default_model    TEXT;
ALTER TABLE api_keys ADD COLUMN allowed_networks TEXT;

-- The secret before the last rotation, and until when it works.
ALTER TABLE api_keys ADD COLUMN former_hash  BLOB CHECK (length(former_hash) = 32);
ALTER TABLE api_keys ADD COLUMN former_until INTEGER;

-- Models that came from a backend's list follow it; those made by hand do not.
ALTER TABLE models ADD COLUMN source TEXT NOT NULL DEFAULT 'manual'
  CHECK (source IN ('manual', 'sync'));

-- Who changed what: written with the change. "before" and "after" are JSON objects of the fields
-- that changed, without secrets.
CREATE TABLE audit (
  sequence    INTEGER PRIMARY KEY,
  time        INTEGER NOT NULL,
  actor       TEXT    NOT NULL,
  address     TEXT,
  action      TEXT    NOT NULL,
  kind        TEXT    NOT NULL,
  object_id   TEXT,
  object_name TEXT,
  before      TEXT,
  after       TEXT
) STRICT;

CREATE INDEX audit_by_object ON audit (object_id, sequence);
