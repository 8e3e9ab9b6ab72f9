\set change 024_readers
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DELETE FROM ops.workloads WHERE workload IN ('bigquery', 'data-developers');
\ir ../lib/forget.sql
