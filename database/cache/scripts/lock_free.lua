#!lua flags=allow-oom
-- Frees a lock, if it is still the asker's: it may have run out, and be somebody else's by now.
-- KEYS: the lock.  ARGV: the holder's word.  Answers 1 or 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
