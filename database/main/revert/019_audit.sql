\set change 019_audit
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP VIEW user_data_access_report;
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN SELECT tgrelid FROM pg_trigger WHERE tgname = 'audit' AND tgparentid = 0 LOOP
        EXECUTE format('DROP TRIGGER audit ON %s', relation);
    END LOOP;
END
$$;
DROP FUNCTION record_action(text, text, text, uuid, boolean, text), app.audit(), app.redacted(jsonb, text[], text[]),
    app.write_audit(text, text, text, uuid, jsonb, jsonb, boolean, text);
\ir ../lib/forget.sql
