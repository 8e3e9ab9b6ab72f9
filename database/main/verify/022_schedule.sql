\set objects 'ops.jobs ops.schedule_jobs() ops.job_health(timestamptz)'
\ir ../lib/verify.sql
