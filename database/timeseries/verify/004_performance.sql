\set objects 'portfolio_snapshots my_portfolio_snapshots strategy_metrics'
\ir ../lib/verify.sql
