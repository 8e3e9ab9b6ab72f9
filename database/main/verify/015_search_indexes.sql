\set objects 'idx_strategies_search idx_marketplace_strategies_search'
\ir ../lib/verify.sql
