\set change 006_candles
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'candles_1m candles_5m candles_15m candles_1h candles_4h candles_1d'
\ir ../lib/empty.sql
DROP VIEW ohlcv;
DROP MATERIALIZED VIEW candles_1d;
DROP MATERIALIZED VIEW candles_4h;
DROP MATERIALIZED VIEW candles_1h;
DROP MATERIALIZED VIEW candles_15m;
DROP MATERIALIZED VIEW candles_5m;
DROP MATERIALIZED VIEW candles_1m;
\ir ../lib/forget.sql
