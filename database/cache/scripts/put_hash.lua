#!lua
-- Replaces a hash and its time to live as one: no field of an older value stays, and no value stays without an end.
-- KEYS: the hash.  ARGV: milliseconds to live, then field, value, field, value, …
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
