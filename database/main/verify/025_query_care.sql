\set objects 'ops.report_indexes(float8,interval) ops.missing_indexes(bigint,float8,float8,integer) ops.unused_indexes(interval,bigint,timestamptz)'
\ir ../lib/verify.sql
