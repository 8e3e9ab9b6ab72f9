\set objects 'ops.retention_policies cleanup_old_data(timestamptz) ops.archive_audit_logs(timestamptz)'
\ir ../lib/verify.sql
