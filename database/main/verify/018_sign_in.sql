\set objects 'public_strategies developer_directory ops.workloads ops.enrol(name,name) find_login(text) find_login_by_phone(bytea)'
\ir ../lib/verify.sql
