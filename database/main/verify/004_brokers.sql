\set objects 'broker_connections brokers'
\ir ../lib/verify.sql
