-- Who reads listings for the search engine, in every state, and nothing else.
\set change 028_search_ingest
\ir ../lib/begin.sql
\if :applied \q
\endif
SET LOCAL ROLE NONE;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'search_ingest_role') THEN
        CREATE ROLE search_ingest_role NOLOGIN;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO search_ingest_role', current_database());
END
$$;
SET LOCAL ROLE alphintra_owner;
INSERT INTO ops.workloads VALUES ('search-ingest', 'search_ingest_role');
GRANT SELECT ON marketplace_strategies TO search_ingest_role;
CREATE POLICY search_ingest_role ON marketplace_strategies FOR SELECT TO search_ingest_role USING (true);
\ir ../lib/record.sql
