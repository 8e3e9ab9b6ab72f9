\set change 004_brokers
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'broker_connections brokers'
\ir ../lib/empty.sql
DROP TABLE broker_connections, brokers;
\ir ../lib/forget.sql
