-- What a database of schema 5 may hold: that of schema 4, and a change that was noted.
INSERT INTO api_keys (id, name, prefix, hash, quota_tokens, quota_period, rpm, tier, status, expires_at, created_at, updated_at)
VALUES ('key_1', 'first', 'sk-mg-abc', zeroblob(32), 1000, 'total', 60, 'free', 'disabled', 4102444800000, 1700000000001, 1700000000002);
INSERT INTO models (id, name, timeout_ms, stream_usage, max_output_tokens, status, created_at, updated_at)
VALUES ('mdl_1', 'org/model:7b', 2500, 'never', NULL, 'active', 1700000000003, 1700000000004);
INSERT INTO model_targets VALUES ('mdl_1', 0, 'vllm', 'http://gpu:8000', 'other', NULL, 1, 0);
INSERT INTO quota_use (key_id, period, starts_at, used)
VALUES ('key_1', 'total', 0, 5000000000), ('key_1', 'month', 1793491200000, 7);
INSERT INTO usage
  (sequence, time, request_id, key_id, model, upstream_model, backend, endpoint, prompt_tokens,
   completion_tokens, cached_tokens, reasoning_tokens, usage_source, outcome, status, stream,
   time_to_first_byte_us, duration_us, base_url, waited_us, refusal)
VALUES (40, 1794916800000, 'req_0', 'key_1', 'org/model:7b', '', '', '/v1/chat/completions',
    0, 0, 0, 0, '', 'refused', 429, 0, NULL, 80, NULL, 0, 'rpm'),
  (41, 1794916800000, 'req_1', 'key_1', 'org/model:7b', 'other', 'vllm', '/v1/chat/completions',
    3, 4, 1, 2, 'upstream', 'completed', 200, 1, 70000, 80000, 'http://gpu:8000', 7, NULL);
UPDATE usage_mark SET last = 41, summed = 40;
INSERT INTO usage_daily VALUES ('key_1', 'org/model:7b', 1794873600000, 1, 3, 4, 1, 2);
INSERT INTO failed_attempts VALUES (41, 1, 'org/model:7b', 'other', 'vllm', 'http://gpu:8001', 'rejected', 503, 0, 9);
INSERT INTO usage_sums
VALUES (1, 1794916800000, '', 'org/model:7b', '', 0, 0, 1, 0, 0, 0, 0),
  (1, 1794916800000, 'key_1', 'org/model:7b', '', 0, 0, 1, 0, 0, 0, 0);
INSERT INTO first_bytes VALUES (1, 1794916800000, 128, 1);
INSERT INTO call_index VALUES (40, 1794916800000, 1794916800000, zeroblob(26));
INSERT INTO last_uses VALUES ('key_1', 1794916800000);
INSERT INTO audit VALUES (1, 1794916800000, 'admin', '192.0.2.1', 'update', 'key', 'key_1', 'first', '{"rpm":1}', '{"rpm":60}');
