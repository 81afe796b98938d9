-- One node's question about one key, all limits at once: what it used since it last told, what its
-- running calls have taken, and, if it wants, whether one more call fits. The arithmetic is that of
-- io.modelgate.domain.access.LimitState and RateLimits.decide; every figure is a whole number below
-- 2^53. What nodes hold without having used it counts as used, until they say so or their hold ends.
--
-- KEYS[1]  a hash: at (ms), requests and tokens (buckets, in parts), tpm (tokens were counted under),
--          and one field a node: "requests tokens slots until usedRequests usedTokens"
-- ARGV     node, rpm, burst, tpm, concurrent (-1: unlimited), wants (1: one call more), its tokens,
--          running, taken, used requests, told requests, used tokens, told tokens, life of a hold (ms)
-- returns  granted, requests, tokens; requests, tokens, slots held by others; the same leased on top
local PARTS, OWED, SHARE, BLOCK = 60000, 60, 16, 64
local node = 'node:' .. ARGV[1]
local rpm, burst, tpm, concurrent = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local wants, need = ARGV[6] == '1', tonumber(ARGV[7])
local running, taken = tonumber(ARGV[8]), tonumber(ARGV[9])
local usedRequests, toldRequests = tonumber(ARGV[10]), tonumber(ARGV[11])
local usedTokens, toldTokens = tonumber(ARGV[12]), tonumber(ARGV[13])
local life = tonumber(ARGV[14])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function int(number) return string.format('%.0f', number) end

local at, requests, tokens, countedUnder = now, 0, 0, tpm
local heldRequests, heldTokens, heldSlots = 0, 0, 0
local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
  local field, value = stored[i], stored[i + 1]
  if field == 'at' then at = tonumber(value)
  elseif field == 'requests' then requests = tonumber(value)
  elseif field == 'tokens' then tokens = tonumber(value)
  elseif field == 'tpm' then countedUnder = tonumber(value)
  else
    local r, t, s, till, ur, ut = string.match(value, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$')
    till = tonumber(till)
    if field == node then
      -- heard before although the answer was lost
      toldRequests = math.max(toldRequests, tonumber(ur))
      toldTokens = math.max(toldTokens, tonumber(ut))
    elseif till <= now then
      redis.call('HDEL', KEYS[1], field)
    else
      if till > now + life then -- the clock was set back
        local mended = table.concat({r, t, s, int(now + life), ur, ut}, ' ')
        redis.call('HSET', KEYS[1], field, mended)
      end
      heldRequests, heldTokens, heldSlots = heldRequests + r, heldTokens + t, heldSlots + s
    end
  end
end

local function leak(level, perMinute, elapsed)
  local leaked = elapsed * perMinute
  if perMinute <= 0 or leaked >= level then return 0 end
  return level - leaked
end

local elapsed = math.max(0, now - at)
requests = leak(math.min(requests, math.max(burst, 0) * PARTS), rpm, elapsed)
if countedUnder ~= tpm then tokens = math.min(tokens, math.max(tpm, 0) * PARTS) end
tokens = leak(tokens, tpm, elapsed)

if rpm > 0 then
  requests = math.min(requests + math.max(0, usedRequests - toldRequests) * PARTS, burst * PARTS)
end
if tpm > 0 then
  local used = math.min(math.max(0, usedTokens - toldTokens), OWED * tpm)
  if used > 0 then tokens = math.min(tokens + used * PARTS, OWED * tpm * PARTS) end
end

local roomRequests = burst * PARTS - requests - heldRequests * PARTS
local roomTokens = (tpm - heldTokens - taken) * PARTS - tokens
local roomSlots = concurrent - heldSlots - running
local granted = wants
  and (rpm < 0 or (rpm > 0 and roomRequests >= PARTS))
  and (tpm < 0 or (tpm > 0 and roomTokens >= need * PARTS))
  and (concurrent < 0 or roomSlots >= 1)
local leasedRequests, leasedTokens, leasedSlots = 0, 0, 0
if granted then
  running, taken = running + 1, taken + need
  if rpm > 0 then
    requests, roomRequests = requests + PARTS, roomRequests - PARTS
    leasedRequests = math.min(BLOCK - 1, math.floor(roomRequests / PARTS / SHARE))
  end
  if tpm > 0 then
    local room = math.floor((roomTokens - need * PARTS) / PARTS / SHARE)
    if room >= need then leasedTokens = math.min((BLOCK - 1) * need, room) end
  end
  if concurrent > 0 then
    leasedSlots = math.min(BLOCK - 1, math.floor((roomSlots - 1) / SHARE))
  end
end

local hold = table.concat({
  int(leasedRequests), int(taken + leasedTokens), int(running + leasedSlots), int(now + life),
  int(usedRequests), int(usedTokens)}, ' ')
redis.call('HSET', KEYS[1], 'at', int(now), 'requests', int(requests), 'tokens', int(tokens),
  'tpm', int(tpm), node, hold)
local memory = life
if rpm > 0 then memory = math.max(memory, math.ceil(requests / rpm)) end
if tpm > 0 then memory = math.max(memory, math.ceil(tokens / tpm)) end
redis.call('PEXPIRE', KEYS[1], int(memory + 1000))

return {granted and 1 or 0, requests, tokens, heldRequests, heldTokens, heldSlots,
  leasedRequests, leasedTokens, leasedSlots}
