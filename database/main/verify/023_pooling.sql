\set objects 'pgbouncer.get_auth(text)'
\ir ../lib/verify.sql
