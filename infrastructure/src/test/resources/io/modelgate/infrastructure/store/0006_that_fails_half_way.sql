CREATE TABLE half_way (id INTEGER);
DELETE FROM api_keys;
INSERT INTO no_such_table VALUES (1);
