\set objects 'erasures erase_user(uuid,timestamptz)'
\ir ../lib/verify.sql
