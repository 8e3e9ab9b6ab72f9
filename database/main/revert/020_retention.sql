\set change 020_retention
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP FUNCTION cleanup_old_data(timestamptz), ops.archive_audit_logs(timestamptz);
DROP TABLE ops.retention_policies;
\ir ../lib/forget.sql
