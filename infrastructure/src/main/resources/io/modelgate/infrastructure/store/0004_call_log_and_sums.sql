-- The rule that turned a call away, of outcome 'refused'; then nothing was sent, and what would say
-- where to is ''. Null for calls that were sent to a backend.
ALTER TABLE usage ADD COLUMN refusal TEXT;

-- Both end with the rowid, which is the sequence: pages of the log are read along them.
CREATE INDEX usage_by_time ON usage (time);
CREATE INDEX usage_by_key ON usage (key_id, time);

-- What somebody looks for is seldom what went well.
CREATE INDEX usage_exceptions ON usage (time) WHERE outcome <> 'completed';

-- Rows up to this sequence are in usage_sums, first_bytes and request_ids. Those after it, fewer
-- than a thousand but after a rush, are read themselves.
ALTER TABLE usage_mark ADD COLUMN summed INTEGER NOT NULL DEFAULT 0;

-- Sums over spans of 1, 24 and 168 hours that begin at whole multiples of themselves since 1970.
-- key_id '' has those of all keys together; backend is '' where it is not known, and model '' where
-- there was none of the name.
CREATE TABLE usage_sums (
  hours             INTEGER NOT NULL,
  starts_at         INTEGER NOT NULL,
  key_id            TEXT    NOT NULL,
  model             TEXT    NOT NULL,
  backend           TEXT    NOT NULL,
  requests          INTEGER NOT NULL,
  errors            INTEGER NOT NULL,
  refused           INTEGER NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cached_tokens     INTEGER NOT NULL,
  reasoning_tokens  INTEGER NOT NULL,
  PRIMARY KEY (hours, starts_at, key_id, model, backend)
) STRICT, WITHOUT ROWID;

-- How many streams had their first bytes after 2^(bucket/8) to 2^((bucket+1)/8) microseconds.
CREATE TABLE first_bytes (
  hours     INTEGER NOT NULL,
  starts_at INTEGER NOT NULL,
  bucket    INTEGER NOT NULL,
  calls     INTEGER NOT NULL,
  PRIMARY KEY (hours, starts_at, bucket)
) STRICT, WITHOUT ROWID;

-- Where to look for a request id: four bytes of each, for the rows up to that sequence from the one
-- before on. An index would cost a page of its own for every call.
CREATE TABLE request_ids (
  last   INTEGER PRIMARY KEY,
  hashes BLOB    NOT NULL
) STRICT;

-- Rows that are kept are added by and by; this is what only the sums by hour still know.
INSERT INTO usage_sums
SELECT span.hours, hour - hour % (span.hours * 3600000), iif(everyone.yes, '', key_id), model, '',
  sum(calls), 0, 0, sum(prompt), sum(completion), sum(cached), sum(reasoning)
FROM (
    SELECT h.key_id, h.model, h.hour,
      h.calls - coalesce(r.calls, 0) AS calls,
      max(0, h.prompt_tokens - coalesce(r.prompt, 0)) AS prompt,
      max(0, h.completion_tokens - coalesce(r.completion, 0)) AS completion,
      max(0, h.cached_tokens - coalesce(r.cached, 0)) AS cached,
      max(0, h.reasoning_tokens - coalesce(r.reasoning, 0)) AS reasoning
    FROM usage_hourly h LEFT JOIN (
        SELECT key_id, model, time - time % 3600000 AS hour, count(*) AS calls,
          sum(prompt_tokens) AS prompt, sum(completion_tokens) AS completion,
          sum(cached_tokens) AS cached, sum(reasoning_tokens) AS reasoning
        FROM usage GROUP BY 1, 2, 3) r
      ON r.key_id = h.key_id AND r.model = h.model AND r.hour = h.hour)
  CROSS JOIN (SELECT 1 AS hours UNION ALL SELECT 24 UNION ALL SELECT 168) span
  CROSS JOIN (SELECT 0 AS yes UNION ALL SELECT 1) everyone
WHERE calls > 0
GROUP BY 1, 2, 3, 4, 5;

DROP TABLE usage_hourly;
