\set change 018_sign_in
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP VIEW public_strategies, developer_directory;
DROP FUNCTION ops.enrol(name, name), find_login(text), find_login_by_phone(bytea), app.act_as(uuid, text, inet, text, text);
DROP TABLE ops.workloads;
\ir ../lib/forget.sql
