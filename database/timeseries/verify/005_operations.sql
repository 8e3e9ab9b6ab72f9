\set objects 'system_metrics latency_metrics operation_latency'
\ir ../lib/verify.sql
