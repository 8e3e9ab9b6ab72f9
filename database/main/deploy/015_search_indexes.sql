-- Section 4.3, full-text search. Not in a transaction, because CONCURRENTLY cannot be: the pattern for an index on a
-- table that is in use. A run that is killed leaves an invalid index; the next one removes it and begins again.
-- Readers under row-level security cannot use them (@@ is not leakproof): the listing index feeds Elasticsearch.
\set change 015_search_indexes
\ir ../lib/begin.sql
\if :applied \q
\endif
\if :{?dry_run}
\warn 015_search_indexes cannot be tried in a transaction; left out
\q
\endif
\ir ../lib/outside.sql
\if :applied \q
\endif
SELECT format('DROP INDEX CONCURRENTLY %I', c.relname)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relname IN ('idx_strategies_search', 'idx_marketplace_strategies_search') \gexec
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_strategies_search ON public.strategies
    USING gin (to_tsvector('english', name || ' ' || coalesce(description, '')));
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_marketplace_strategies_search ON public.marketplace_strategies
    USING gin (to_tsvector('english', title || ' ' || coalesce(short_description, '') || ' ' || coalesce(long_description, '')));
BEGIN;
\ir ../lib/record.sql
