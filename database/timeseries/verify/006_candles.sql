\set objects 'ohlcv candles_1m candles_5m candles_15m candles_1h candles_4h candles_1d'
\ir ../lib/verify.sql
