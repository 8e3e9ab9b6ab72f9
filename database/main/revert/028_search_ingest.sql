\set change 028_search_ingest
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP POLICY search_ingest_role ON marketplace_strategies;
REVOKE ALL ON marketplace_strategies FROM search_ingest_role;
DELETE FROM ops.workloads WHERE workload = 'search-ingest';
\ir ../lib/forget.sql
