-- The database that the hypertables are in: extensions, and marks by which a restore shows how far it reaches.
SELECT format('CREATE EXTENSION IF NOT EXISTS %I', name)
  FROM pg_available_extensions WHERE name IN ('timescaledb', 'pg_stat_statements')
\gexec
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS operations;
CREATE TABLE IF NOT EXISTS operations.mark (
  id text PRIMARY KEY,
  made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT USAGE ON SCHEMA operations TO restore_test;
GRANT SELECT, INSERT ON operations.mark TO restore_test;
-- A mark is in the bucket once the segment that it is in is; nobody waits for it to be full.
GRANT EXECUTE ON FUNCTION pg_switch_wal() TO restore_test;
