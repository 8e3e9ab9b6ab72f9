-- The extension stays: it is the server's, and other sessions may have loaded it.
\set change 002_foundation
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP FUNCTION app.timeframe_length(text), app.current_user_id();
DROP DOMAIN signed_amount, amount, positive_amount, ratio, fraction, counter, measurement, symbol, label;
DROP SCHEMA ops;
DROP SCHEMA app;
\ir ../lib/forget.sql
