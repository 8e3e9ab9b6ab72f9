\set change 023_pooling
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DELETE FROM ops.workloads WHERE workload = 'pgbouncer';
REVOKE SELECT ON ops.workloads FROM password_reader;
REVOKE USAGE ON SCHEMA ops FROM password_reader;
SET LOCAL ROLE password_reader;
DROP FUNCTION pgbouncer.get_auth(text);
SET LOCAL ROLE alphintra_owner;
DROP SCHEMA pgbouncer;
\ir ../lib/forget.sql
