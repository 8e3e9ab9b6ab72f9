\set change 011_sizes
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP FUNCTION ops.hypertables();
\ir ../lib/forget.sql
