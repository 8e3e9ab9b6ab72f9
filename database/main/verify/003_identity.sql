\set objects 'users data_keys permissions role_permissions user_roles roles'
\ir ../lib/verify.sql
