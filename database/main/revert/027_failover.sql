\set change 027_failover
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DELETE FROM ops.workloads WHERE workload = 'failover-watcher';
\ir ../lib/forget.sql
