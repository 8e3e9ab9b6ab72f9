-- Candles from ticks, each timeframe from the one below, so that a tick is read once. What is not yet materialised is
-- computed when it is read.
\set change 006_candles
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE MATERIALIZED VIEW candles_1m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT time_bucket(interval '1 minute', time) AS time, symbol, exchange,
           first(price, time) AS open_price, max(price) AS high_price, min(price) AS low_price, last(price, time) AS close_price,
           sum(size) AS volume, sum(price * size) AS turnover, count(*) AS trades_count
    FROM tick_data
    GROUP BY time_bucket(interval '1 minute', time), symbol, exchange
WITH NO DATA;
CREATE MATERIALIZED VIEW candles_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT time_bucket(interval '5 minutes', time) AS time, symbol, exchange,
           first(open_price, time) AS open_price, max(high_price) AS high_price, min(low_price) AS low_price,
           last(close_price, time) AS close_price, sum(volume) AS volume, sum(turnover) AS turnover, sum(trades_count) AS trades_count
    FROM candles_1m
    GROUP BY time_bucket(interval '5 minutes', time), symbol, exchange
WITH NO DATA;
CREATE MATERIALIZED VIEW candles_15m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT time_bucket(interval '15 minutes', time) AS time, symbol, exchange,
           first(open_price, time) AS open_price, max(high_price) AS high_price, min(low_price) AS low_price,
           last(close_price, time) AS close_price, sum(volume) AS volume, sum(turnover) AS turnover, sum(trades_count) AS trades_count
    FROM candles_5m
    GROUP BY time_bucket(interval '15 minutes', time), symbol, exchange
WITH NO DATA;
CREATE MATERIALIZED VIEW candles_1h WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT time_bucket(interval '1 hour', time) AS time, symbol, exchange,
           first(open_price, time) AS open_price, max(high_price) AS high_price, min(low_price) AS low_price,
           last(close_price, time) AS close_price, sum(volume) AS volume, sum(turnover) AS turnover, sum(trades_count) AS trades_count
    FROM candles_15m
    GROUP BY time_bucket(interval '1 hour', time), symbol, exchange
WITH NO DATA;
CREATE MATERIALIZED VIEW candles_4h WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT time_bucket(interval '4 hours', time) AS time, symbol, exchange,
           first(open_price, time) AS open_price, max(high_price) AS high_price, min(low_price) AS low_price,
           last(close_price, time) AS close_price, sum(volume) AS volume, sum(turnover) AS turnover, sum(trades_count) AS trades_count
    FROM candles_1h
    GROUP BY time_bucket(interval '4 hours', time), symbol, exchange
WITH NO DATA;
CREATE MATERIALIZED VIEW candles_1d WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
    SELECT time_bucket(interval '1 day', time) AS time, symbol, exchange,
           first(open_price, time) AS open_price, max(high_price) AS high_price, min(low_price) AS low_price,
           last(close_price, time) AS close_price, sum(volume) AS volume, sum(turnover) AS turnover, sum(trades_count) AS trades_count
    FROM candles_4h
    GROUP BY time_bucket(interval '1 day', time), symbol, exchange
WITH NO DATA;

CREATE VIEW ohlcv AS
    SELECT time, symbol, exchange, '1m' AS timeframe, open_price, high_price, low_price, close_price, volume,
           turnover / nullif(volume, 0) AS vwap, trades_count FROM candles_1m
    UNION ALL
    SELECT time, symbol, exchange, '5m' AS timeframe, open_price, high_price, low_price, close_price, volume,
           turnover / nullif(volume, 0) AS vwap, trades_count FROM candles_5m
    UNION ALL
    SELECT time, symbol, exchange, '15m' AS timeframe, open_price, high_price, low_price, close_price, volume,
           turnover / nullif(volume, 0) AS vwap, trades_count FROM candles_15m
    UNION ALL
    SELECT time, symbol, exchange, '1h' AS timeframe, open_price, high_price, low_price, close_price, volume,
           turnover / nullif(volume, 0) AS vwap, trades_count FROM candles_1h
    UNION ALL
    SELECT time, symbol, exchange, '4h' AS timeframe, open_price, high_price, low_price, close_price, volume,
           turnover / nullif(volume, 0) AS vwap, trades_count FROM candles_4h
    UNION ALL
    SELECT time, symbol, exchange, '1d' AS timeframe, open_price, high_price, low_price, close_price, volume,
           turnover / nullif(volume, 0) AS vwap, trades_count FROM candles_1d;
COMMENT ON VIEW ohlcv IS 'Candles made from ticks, with the columns of market_data. A condition on timeframe reads that one only.';
\ir ../lib/record.sql
