\set change 005_strategies
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'training_jobs backtest_results strategy_instances strategies'
\ir ../lib/empty.sql
DROP TABLE training_jobs, backtest_results, strategy_instances, strategies;
\ir ../lib/forget.sql
