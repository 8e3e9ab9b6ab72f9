\set objects 'user_data_access_report app.audit() record_action(text,text,text,uuid,boolean,text)'
\ir ../lib/verify.sql
