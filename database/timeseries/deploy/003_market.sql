-- Section 5.2: ticks, and the candles that exchanges and vendors publish. Those made from ticks are in 006_candles.
\set change 003_market
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE tick_data (
    time timestamptz NOT NULL CHECK (isfinite(time)),
    symbol symbol NOT NULL,
    exchange label NOT NULL,
    price positive_amount NOT NULL,
    size positive_amount NOT NULL,
    side text CHECK (side IN ('BUY', 'SELL')),
    trade_id label NOT NULL,
    source label,
    -- A trade that is delivered twice is one tick: INSERT … ON CONFLICT DO NOTHING. The time is in the key because
    -- every unique index of a hypertable holds it; it is the exchange's time of the trade, and as fixed as its id.
    CONSTRAINT tick_data_once PRIMARY KEY (symbol, exchange, trade_id, time)
);
COMMENT ON COLUMN tick_data.time IS 'When the exchange says that it traded, never when it was received: it tells a repetition from another trade.';
SELECT create_hypertable('tick_data', 'time', chunk_time_interval => interval '1 hour', create_default_indexes => false) \g /dev/null
CREATE INDEX idx_tick_data_symbol_time ON tick_data (symbol, time DESC);

CREATE TABLE market_data (
    time timestamptz NOT NULL,
    symbol symbol NOT NULL,
    exchange label NOT NULL,
    open_price positive_amount NOT NULL,
    high_price positive_amount NOT NULL,
    low_price positive_amount NOT NULL,
    close_price positive_amount NOT NULL,
    volume amount NOT NULL,
    vwap positive_amount,
    trades_count counter,
    timeframe text NOT NULL,
    source label,
    quality_score fraction NOT NULL DEFAULT 1.0,
    PRIMARY KEY (symbol, exchange, timeframe, time),
    CONSTRAINT market_data_timeframe CHECK (app.timeframe_length(timeframe) IS NOT NULL),
    -- A candle's time is its beginning, in UTC.
    CONSTRAINT market_data_begins CHECK (
        isfinite(time) AND mod(extract(epoch FROM time), extract(epoch FROM app.timeframe_length(timeframe))) = 0),
    CONSTRAINT market_data_range CHECK (
        low_price <= least(open_price, close_price) AND high_price >= greatest(open_price, close_price)),
    CONSTRAINT market_data_vwap CHECK (vwap BETWEEN low_price AND high_price)
);
SELECT create_hypertable('market_data', 'time', chunk_time_interval => interval '7 days', create_default_indexes => false) \g /dev/null
CREATE INDEX idx_market_data_symbol_time ON market_data (symbol, time DESC);
CREATE INDEX idx_market_data_exchange_time ON market_data (exchange, time DESC);
CREATE INDEX idx_market_data_timeframe_time ON market_data (timeframe, time DESC);
\ir ../lib/record.sql
