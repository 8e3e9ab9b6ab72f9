\set objects 'market_data tick_data'
\ir ../lib/verify.sql
