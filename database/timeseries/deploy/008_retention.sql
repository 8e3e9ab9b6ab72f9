-- Section 5.3: what is kept for how long. A chunk goes when its youngest row is past its time, so rows stay for up to one
-- chunk's length more. The document names no time for strategy_metrics and latency_metrics: they do as the table beside them.
\set change 008_retention
\ir ../lib/begin.sql
\if :applied \q
\endif

SELECT add_retention_policy('tick_data', interval '30 days') \g /dev/null
SELECT add_retention_policy('market_data', interval '10 years') \g /dev/null
SELECT add_retention_policy('portfolio_snapshots', interval '5 years') \g /dev/null
SELECT add_retention_policy('strategy_metrics', interval '5 years') \g /dev/null
SELECT add_retention_policy('system_metrics', interval '1 year') \g /dev/null
SELECT add_retention_policy('latency_metrics', interval '1 year') \g /dev/null

-- Candles are market data, whoever made them.
SELECT add_retention_policy('candles_1m', interval '10 years') \g /dev/null
SELECT add_retention_policy('candles_5m', interval '10 years') \g /dev/null
SELECT add_retention_policy('candles_15m', interval '10 years') \g /dev/null
SELECT add_retention_policy('candles_1h', interval '10 years') \g /dev/null
SELECT add_retention_policy('candles_4h', interval '10 years') \g /dev/null
SELECT add_retention_policy('candles_1d', interval '10 years') \g /dev/null
\ir ../lib/record.sql
