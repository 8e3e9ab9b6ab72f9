-- Refused by TimescaleDB where a chunk is compressed already.
\set change 007_compression
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
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
ALTER TABLE tick_data SET (timescaledb.compress = false);
ALTER TABLE market_data SET (timescaledb.compress = false);
ALTER TABLE portfolio_snapshots SET (timescaledb.compress = false);
ALTER TABLE strategy_metrics SET (timescaledb.compress = false);
ALTER TABLE system_metrics SET (timescaledb.compress = false);
ALTER TABLE latency_metrics SET (timescaledb.compress = false);
ALTER MATERIALIZED VIEW candles_1m SET (timescaledb.compress = false);
ALTER MATERIALIZED VIEW candles_5m SET (timescaledb.compress = false);
ALTER MATERIALIZED VIEW candles_15m SET (timescaledb.compress = false);
ALTER MATERIALIZED VIEW candles_1h SET (timescaledb.compress = false);
ALTER MATERIALIZED VIEW candles_4h SET (timescaledb.compress = false);
ALTER MATERIALIZED VIEW candles_1d SET (timescaledb.compress = false);
\ir ../lib/forget.sql
