\set objects 'schema_migrations'
\ir ../lib/verify.sql
