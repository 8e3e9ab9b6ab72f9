#!lua
-- Keeps a lock for longer, if it is still the asker's.
-- KEYS: the lock.  ARGV: the holder's word, milliseconds.  Answers 1 or 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
