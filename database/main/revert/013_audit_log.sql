\set change 013_audit_log
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'audit_logs audit_logs_archive'
\ir ../lib/empty.sql
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN SELECT tgrelid FROM pg_trigger WHERE tgname = 'touch' AND tgparentid = 0 LOOP
        EXECUTE format('DROP TRIGGER touch ON %s', relation);
    END LOOP;
END
$$;
DROP TABLE audit_logs, audit_logs_archive;
DROP FUNCTION app.refuse_unless_archived();
\ir ../lib/forget.sql
