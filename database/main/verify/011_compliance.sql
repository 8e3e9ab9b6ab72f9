\set objects 'aml_alerts kyc_records'
\ir ../lib/verify.sql
