\set objects 'trades processed_fills orders positions app.record_fill()'
\ir ../lib/verify.sql
