\set change 009_health
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP FUNCTION ops.job_health(timestamptz), ops.enrol(name, name);
DROP TABLE ops.workloads;
REVOKE ALL ON SCHEMA ops FROM monitoring_role, :"login";
\ir ../lib/forget.sql
