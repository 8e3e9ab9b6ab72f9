-- The roles stay: another database of the server may use them, and the stack's users are their members.
\set change 001_roles
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP TABLE public.schema_migrations;
COMMIT;
