-- What a database of schema 1 may hold. A new schema gets a file of its own; these stay as they are.
INSERT INTO api_keys (id, name, prefix, hash, quota_tokens, status, expires_at, created_at, updated_at)
VALUES ('key_1', 'first', 'sk-mg-abc', zeroblob(32), 1000, 'disabled', 4102444800000, 1700000000001, 1700000000002);
INSERT INTO models (id, name, backend, base_url, upstream_model, credential, timeout_ms, stream_usage, status, created_at, updated_at)
VALUES ('mdl_1', 'org/model:7b', 'vllm', 'http://gpu:8000', 'other', NULL, 2500, 'never', 'active', 1700000000003, 1700000000004);
INSERT INTO token_use (key_id, used) VALUES ('key_1', 5000000000);
