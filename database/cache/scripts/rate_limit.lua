#!lua
-- A sliding window, counted in tenths of it. The tenth that the window has half left counts as a whole: no window of that
-- length ever sees more than the limit, and a limit that was reached is lifted up to a tenth of a window late.
-- KEYS: the hash.  ARGV: limit, window in milliseconds, cost of this request.
-- Answers: 1 or 0 for taken or refused, what is left, after how many milliseconds to ask again, the server's time in milliseconds.
local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local part = window / 10
local current = math.floor(now / part)
local first = math.floor((now - window) / part)

local counts, used = {}, 0
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  local index = tonumber(entries[i])
  if index < first then
    redis.call('HDEL', KEYS[1], entries[i])
  else
    used = used + entries[i + 1]
    table.insert(counts, {index, tonumber(entries[i + 1])})
  end
end

if used + cost <= limit then
  redis.call('HINCRBY', KEYS[1], string.format('%d', current), cost)
  redis.call('PEXPIRE', KEYS[1], math.ceil(window + part))
  return {1, limit - used - cost, 0, now}
end
local left = math.max(0, limit - used)
-- When so many tenths have left the window that there is room again.
table.sort(counts, function(a, b) return a[1] < b[1] end)
local wait = window
for _, entry in ipairs(counts) do
  used = used - entry[2]
  if used + cost <= limit then
    wait = (entry[1] + 1) * part + window - now
    break
  end
end
return {0, left, math.ceil(wait), now}
