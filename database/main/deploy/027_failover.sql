-- Who watches from the other region and fails over: it asks whether the database answers, and whether a replica follows.
\set change 027_failover
\ir ../lib/begin.sql
\if :applied \q
\endif
INSERT INTO ops.workloads VALUES ('failover-watcher', 'monitoring_role');
\ir ../lib/record.sql
