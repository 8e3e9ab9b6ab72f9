\set objects 'ops.job_health(timestamptz) ops.enrol(name,name) ops.workloads'
\ir ../lib/verify.sql
