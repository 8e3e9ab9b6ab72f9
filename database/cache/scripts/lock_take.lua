#!lua
-- Takes a lock that is free, or is the asker's already: a request whose answer was lost may be repeated.
-- KEYS: the lock, its fence.  ARGV: the holder's word, milliseconds, milliseconds that the fence lives.
-- Answers the fence, a number that grows with each holder; 0 where somebody else has it.
local holder = redis.call('GET', KEYS[1])
if holder == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return tonumber(redis.call('GET', KEYS[2]) or 0)
end
if holder then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local fence = redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return fence
