\set change 003_identity
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'users data_keys permissions role_permissions user_roles'
\ir ../lib/empty.sql
DROP TABLE users, data_keys, permissions, role_permissions, user_roles, roles;
\ir ../lib/forget.sql
