#!lua
-- Sets a field of a hash that is there, and leaves its end as it is. HSET alone would bring a session back that has just been
-- ended, and without an end.
-- KEYS: the hash.  ARGV: field, value.  Answers 1, or 0 where it is not there.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
