\set change 016_row_security
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DO $$
DECLARE
    made record;
BEGIN
    FOR made IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP POLICY %I ON %I', made.policyname, made.tablename);
    END LOOP;
    FOR made IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', made.relname);
    END LOOP;
END
$$;
\ir ../lib/forget.sql
