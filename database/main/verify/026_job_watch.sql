\set objects 'ops.tell_jobs(timestamptz)'
\ir ../lib/verify.sql
