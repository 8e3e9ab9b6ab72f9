\set change 021_erasure
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables erasures
\ir ../lib/empty.sql
DROP FUNCTION erase_user(uuid, timestamptz);
DROP TABLE erasures;
\ir ../lib/forget.sql
