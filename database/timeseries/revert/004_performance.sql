\set change 004_performance
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'portfolio_snapshots strategy_metrics'
\ir ../lib/empty.sql
DROP VIEW my_portfolio_snapshots;
DROP TABLE portfolio_snapshots;
DROP TABLE strategy_metrics;
\ir ../lib/forget.sql
