-- Who else signs in and reads: BigQuery's federated queries, and in an environment with sample data those who develop.
\set change 024_readers
\ir ../lib/begin.sql
\if :applied \q
\endif
INSERT INTO ops.workloads VALUES ('bigquery', 'reporting_role'), ('data-developers', 'reporting_role');
\ir ../lib/record.sql
