\set change 002_foundation
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP FUNCTION app.sealed(bytea, bytea, integer), app.refuse(), app.touch(), app.current_user_id();
DROP DOMAIN signed_amount, amount, positive_amount, ratio, percent, fraction, rating, counter, currency, symbol, country;
DROP SCHEMA ops;
DROP SCHEMA app;
\ir ../lib/forget.sql
