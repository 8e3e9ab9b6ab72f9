-- Section 5.3: what is compressed after how long, and kept for how long. The document names no time for strategy_metrics and
-- latency_metrics: they do as the table beside them. Candles are market data, whoever made them.
--
-- All policies in one change, and nothing after it: TimescaleDB starts them at once, and what changes a table while its
-- policy runs ends in a deadlock.
\set change 010_policies
\ir ../lib/begin.sql
\if :applied \q
\endif

-- A chunk goes when its youngest row is past its time, so rows stay for up to one chunk's length more.
SELECT add_retention_policy('tick_data', interval '30 days') \g /dev/null
SELECT add_retention_policy('market_data', interval '10 years') \g /dev/null
SELECT add_retention_policy('portfolio_snapshots', interval '5 years') \g /dev/null
SELECT add_retention_policy('strategy_metrics', interval '5 years') \g /dev/null
SELECT add_retention_policy('system_metrics', interval '1 year') \g /dev/null
SELECT add_retention_policy('latency_metrics', interval '1 year') \g /dev/null
SELECT add_retention_policy('candles_1m', interval '10 years') \g /dev/null
SELECT add_retention_policy('candles_5m', interval '10 years') \g /dev/null
SELECT add_retention_policy('candles_15m', interval '10 years') \g /dev/null
SELECT add_retention_policy('candles_1h', interval '10 years') \g /dev/null
SELECT add_retention_policy('candles_4h', interval '10 years') \g /dev/null
SELECT add_retention_policy('candles_1d', interval '10 years') \g /dev/null

SELECT add_compression_policy('market_data', interval '7 days') \g /dev/null
SELECT add_compression_policy('tick_data', interval '1 day') \g /dev/null
SELECT add_compression_policy('portfolio_snapshots', interval '30 days') \g /dev/null
SELECT add_compression_policy('strategy_metrics', interval '30 days') \g /dev/null
SELECT add_compression_policy('system_metrics', interval '3 days') \g /dev/null
SELECT add_compression_policy('latency_metrics', interval '3 days') \g /dev/null
SELECT add_compression_policy('candles_1m', interval '7 days') \g /dev/null
SELECT add_compression_policy('candles_5m', interval '7 days') \g /dev/null
SELECT add_compression_policy('candles_15m', interval '7 days') \g /dev/null
SELECT add_compression_policy('candles_1h', interval '7 days') \g /dev/null
SELECT add_compression_policy('candles_4h', interval '7 days') \g /dev/null
SELECT add_compression_policy('candles_1d', interval '7 days') \g /dev/null

-- A refresh looks six days back: a tick that comes later is in no candle. It is less than the seven days after which candles
-- are compressed, and far less than the thirty for which ticks are kept: a refresh of a time whose ticks are gone takes
-- its candles too.
SELECT add_continuous_aggregate_policy('candles_1m', start_offset => interval '6 days', end_offset => interval '1 minute', schedule_interval => interval '1 minute') \g /dev/null
SELECT add_continuous_aggregate_policy('candles_5m', start_offset => interval '6 days', end_offset => interval '5 minutes', schedule_interval => interval '5 minutes') \g /dev/null
SELECT add_continuous_aggregate_policy('candles_15m', start_offset => interval '6 days', end_offset => interval '15 minutes', schedule_interval => interval '15 minutes') \g /dev/null
SELECT add_continuous_aggregate_policy('candles_1h', start_offset => interval '6 days', end_offset => interval '1 hour', schedule_interval => interval '30 minutes') \g /dev/null
SELECT add_continuous_aggregate_policy('candles_4h', start_offset => interval '6 days', end_offset => interval '4 hours', schedule_interval => interval '1 hour') \g /dev/null
SELECT add_continuous_aggregate_policy('candles_1d', start_offset => interval '6 days', end_offset => interval '1 day', schedule_interval => interval '1 hour') \g /dev/null
\ir ../lib/record.sql
