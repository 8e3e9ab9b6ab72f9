\set objects 'training_jobs backtest_results strategy_instances strategies'
\ir ../lib/verify.sql
