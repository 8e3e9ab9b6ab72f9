\set ON_ERROR_STOP on
DO $$
BEGIN
    IF NOT has_table_privilege('ingest_role', 'tick_data', 'INSERT')
        OR has_table_privilege('ingest_role', 'tick_data', 'DELETE')
        OR has_table_privilege('application_role', 'portfolio_snapshots', 'SELECT') THEN
        RAISE EXCEPTION 'grants are not what they should be';
    END IF;
END
$$;
