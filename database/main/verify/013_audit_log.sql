\set objects 'audit_logs audit_logs_archive app.refuse_unless_archived()'
\ir ../lib/verify.sql
