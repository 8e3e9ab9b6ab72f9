\set objects 'strategy_usage_metrics strategy_reviews marketplace_purchases marketplace_strategies developer_profiles'
\ir ../lib/verify.sql
