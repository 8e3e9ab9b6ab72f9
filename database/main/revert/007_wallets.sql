\set change 007_wallets
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'transactions ledger_journals wallets'
\ir ../lib/empty.sql
DROP TABLE transactions, ledger_journals, wallets;
\ir ../lib/forget.sql
