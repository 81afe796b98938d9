-- Instants are milliseconds since 1970-01-01T00:00Z. "sequence" keeps the order in which rows came.

CREATE TABLE api_keys (
  sequence     INTEGER PRIMARY KEY,
  id           TEXT    NOT NULL UNIQUE,
  name         TEXT    NOT NULL,
  prefix       TEXT    NOT NULL,
  hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
  quota_tokens INTEGER CHECK (quota_tokens >= 0),
  status       TEXT    NOT NULL CHECK (status IN ('active', 'disabled')),
  expires_at   INTEGER,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE models (
  sequence       INTEGER PRIMARY KEY,
  id             TEXT    NOT NULL UNIQUE,
  name           TEXT    NOT NULL UNIQUE,
  backend        TEXT    NOT NULL,
  base_url       TEXT,
  upstream_model TEXT,
  credential     BLOB,
  timeout_ms     INTEGER CHECK (timeout_ms > 0),
  stream_usage   TEXT,
  status         TEXT    NOT NULL CHECK (status IN ('active', 'disabled')),
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL
) STRICT;

-- No foreign key: what a key used stays counted when the key is deleted.
CREATE TABLE token_use (
  key_id TEXT    NOT NULL PRIMARY KEY,
  used   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
