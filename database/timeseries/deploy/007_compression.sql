-- Section 5.3: how rows are compressed. Those of one segment lie together; a query that names it reads no other.
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
ALTER MATERIALIZED VIEW candles_1m SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
ALTER MATERIALIZED VIEW candles_5m SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
ALTER MATERIALIZED VIEW candles_15m SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
ALTER MATERIALIZED VIEW candles_1h SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
ALTER MATERIALIZED VIEW candles_4h SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
ALTER MATERIALIZED VIEW candles_1d SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol, exchange', timescaledb.compress_orderby = 'time DESC');
\ir ../lib/record.sql
