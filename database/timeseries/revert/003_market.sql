\set change 003_market
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'market_data tick_data'
\ir ../lib/empty.sql
DROP TABLE market_data, tick_data;
\ir ../lib/forget.sql
