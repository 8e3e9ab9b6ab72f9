\set objects 'public.schema_migrations'
\ir ../lib/verify.sql
