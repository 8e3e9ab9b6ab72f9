\set change 015_search_indexes
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP INDEX idx_strategies_search, idx_marketplace_strategies_search;
\ir ../lib/forget.sql
