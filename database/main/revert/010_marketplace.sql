\set change 010_marketplace
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'strategy_usage_metrics strategy_reviews marketplace_purchases marketplace_strategies developer_profiles'
\ir ../lib/empty.sql
DROP TABLE strategy_usage_metrics, strategy_reviews, marketplace_purchases, marketplace_strategies, developer_profiles;
\ir ../lib/forget.sql
