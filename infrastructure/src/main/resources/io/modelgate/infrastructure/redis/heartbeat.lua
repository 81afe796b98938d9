-- Tells that a node is alive, or (life 0) that it goes; returns how many are.
-- KEYS[1]  a sorted set of nodes by when they count as dead (ms)
-- ARGV     node, how long it counts as alive (ms)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local life = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[1], now + 60000, '+inf') -- the clock was set back
if life > 0 then
  redis.call('ZADD', KEYS[1], now + life, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], 60000)
else
  redis.call('ZREM', KEYS[1], ARGV[1])
end
return {redis.call('ZCARD', KEYS[1])}
