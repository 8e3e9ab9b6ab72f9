\set change 011_compliance
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'aml_alerts kyc_records'
\ir ../lib/empty.sql
DROP TABLE aml_alerts, kyc_records;
\ir ../lib/forget.sql
