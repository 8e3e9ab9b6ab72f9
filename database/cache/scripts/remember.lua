#!lua
-- Adds a session to its user's, forgets those that have ended, and lives as long as the last of them.
-- KEYS: the sorted set.  ARGV: session, milliseconds that it lives.
local now = redis.call('TIME')
local moment = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', moment)
redis.call('ZADD', KEYS[1], moment + ARGV[2], ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
redis.call('PEXPIREAT', KEYS[1], math.floor(last))
return 1
