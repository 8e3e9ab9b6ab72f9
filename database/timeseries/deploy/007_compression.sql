-- Section 5.3: what is compressed after how long. Rows of one segment lie together; a query that names it reads no other.
-- The document names no time for strategy_metrics and latency_metrics: they do as the table beside them.
\set change 007_compression
\ir ../lib/begin.sql
\if :applied \q
\endif

ALTER TABLE market_data SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange, timeframe', timescaledb.compress_orderby = 'time DESC');
ALTER TABLE tick_data SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC, trade_id');
ALTER TABLE portfolio_snapshots SET (timescaledb.compress, timescaledb.compress_segmentby = 'user_id, portfolio_type', timescaledb.compress_orderby = 'time DESC');
ALTER TABLE strategy_metrics SET (timescaledb.compress, timescaledb.compress_segmentby = 'strategy_instance_id', timescaledb.compress_orderby = 'time DESC');
ALTER TABLE system_metrics SET (timescaledb.compress, timescaledb.compress_segmentby = 'service_name, metric_name', timescaledb.compress_orderby = 'tags, time DESC');
ALTER TABLE latency_metrics SET (timescaledb.compress, timescaledb.compress_segmentby = 'operation', timescaledb.compress_orderby = 'time DESC');

SELECT add_compression_policy('market_data', interval '7 days') \g /dev/null
SELECT add_compression_policy('tick_data', interval '1 day') \g /dev/null
SELECT add_compression_policy('portfolio_snapshots', interval '30 days') \g /dev/null
SELECT add_compression_policy('strategy_metrics', interval '30 days') \g /dev/null
SELECT add_compression_policy('system_metrics', interval '3 days') \g /dev/null
SELECT add_compression_policy('latency_metrics', interval '3 days') \g /dev/null

ALTER MATERIALIZED VIEW candles_1m SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
ALTER MATERIALIZED VIEW candles_5m SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
ALTER MATERIALIZED VIEW candles_15m SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
ALTER MATERIALIZED VIEW candles_1h SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
ALTER MATERIALIZED VIEW candles_4h SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
ALTER MATERIALIZED VIEW candles_1d SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
SELECT add_compression_policy('candles_1m', interval '7 days') \g /dev/null
SELECT add_compression_policy('candles_5m', interval '7 days') \g /dev/null
SELECT add_compression_policy('candles_15m', interval '7 days') \g /dev/null
SELECT add_compression_policy('candles_1h', interval '7 days') \g /dev/null
SELECT add_compression_policy('candles_4h', interval '7 days') \g /dev/null
SELECT add_compression_policy('candles_1d', interval '7 days') \g /dev/null
\ir ../lib/record.sql
