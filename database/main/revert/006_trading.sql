\set change 006_trading
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'trades processed_fills orders positions'
\ir ../lib/empty.sql
DROP TABLE trades, processed_fills, orders, positions;
DROP FUNCTION app.record_fill();
\ir ../lib/forget.sql
