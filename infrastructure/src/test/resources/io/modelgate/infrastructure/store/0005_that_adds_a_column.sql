ALTER TABLE api_keys ADD COLUMN note TEXT;
UPDATE api_keys SET note = 'seen';
