\set ON_ERROR_STOP on
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM ops.workloads WHERE workload = 'search-ingest' AND role = 'search_ingest_role') THEN
        RAISE EXCEPTION 'search-ingest has no role to be enrolled in';
    END IF;
    IF NOT has_table_privilege('search_ingest_role', 'marketplace_strategies', 'SELECT')
        OR NOT EXISTS (SELECT FROM pg_policies WHERE tablename = 'marketplace_strategies' AND policyname = 'search_ingest_role')
    THEN
        RAISE EXCEPTION 'search_ingest_role does not see the listings';
    END IF;
END
$$;
