\set change 005_operations
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'system_metrics latency_metrics'
\ir ../lib/empty.sql
DROP VIEW operation_latency;
DROP TABLE system_metrics;
DROP TABLE latency_metrics;
\ir ../lib/forget.sql
