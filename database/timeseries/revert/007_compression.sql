-- Refused by TimescaleDB where a chunk is compressed already.
\set change 007_compression
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
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
