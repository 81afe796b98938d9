ALTER TABLE api_keys ADD COLUMN mood TEXT;
UPDATE api_keys SET mood = 'seen';
