-- For a change that cannot be in a transaction, after begin.sql. Leaves the transaction and renews :applied.
--
-- The lock is only tried: CONCURRENTLY waits for every older snapshot, and a session that waits for a lock has one.
COMMIT;
\if :owned
SET ROLE alphintra_owner;
\endif
SET search_path = public;
SET lock_timeout = '30s';
DO $$
BEGIN
    IF NOT pg_try_advisory_lock(20240102) THEN
        RAISE EXCEPTION 'another run is at this change; run again when it has ended';
    END IF;
END
$$;
SELECT count(*) > 0 AS applied FROM schema_migrations WHERE name = :'change' \gset
