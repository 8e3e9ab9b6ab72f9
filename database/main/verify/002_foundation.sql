\set objects 'app.current_user_id() app.touch() app.refuse() app.sealed(bytea,bytea,integer)'
\ir ../lib/verify.sql
