\set objects 'ops.hypertables()'
\ir ../lib/verify.sql
