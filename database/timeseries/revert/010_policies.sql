\set change 010_policies
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
SELECT remove_retention_policy('tick_data') \g /dev/null
SELECT remove_retention_policy('market_data') \g /dev/null
SELECT remove_retention_policy('portfolio_snapshots') \g /dev/null
SELECT remove_retention_policy('strategy_metrics') \g /dev/null
SELECT remove_retention_policy('system_metrics') \g /dev/null
SELECT remove_retention_policy('latency_metrics') \g /dev/null
SELECT remove_retention_policy('candles_1m') \g /dev/null
SELECT remove_retention_policy('candles_5m') \g /dev/null
SELECT remove_retention_policy('candles_15m') \g /dev/null
SELECT remove_retention_policy('candles_1h') \g /dev/null
SELECT remove_retention_policy('candles_4h') \g /dev/null
SELECT remove_retention_policy('candles_1d') \g /dev/null
SELECT remove_compression_policy('tick_data') \g /dev/null
SELECT remove_compression_policy('market_data') \g /dev/null
SELECT remove_compression_policy('portfolio_snapshots') \g /dev/null
SELECT remove_compression_policy('strategy_metrics') \g /dev/null
SELECT remove_compression_policy('system_metrics') \g /dev/null
SELECT remove_compression_policy('latency_metrics') \g /dev/null
SELECT remove_compression_policy('candles_1m') \g /dev/null
SELECT remove_compression_policy('candles_5m') \g /dev/null
SELECT remove_compression_policy('candles_15m') \g /dev/null
SELECT remove_compression_policy('candles_1h') \g /dev/null
SELECT remove_compression_policy('candles_4h') \g /dev/null
SELECT remove_compression_policy('candles_1d') \g /dev/null
SELECT remove_continuous_aggregate_policy('candles_1m') \g /dev/null
SELECT remove_continuous_aggregate_policy('candles_5m') \g /dev/null
SELECT remove_continuous_aggregate_policy('candles_15m') \g /dev/null
SELECT remove_continuous_aggregate_policy('candles_1h') \g /dev/null
SELECT remove_continuous_aggregate_policy('candles_4h') \g /dev/null
SELECT remove_continuous_aggregate_policy('candles_1d') \g /dev/null
\ir ../lib/forget.sql
