\set objects 'transactions ledger_journals wallets'
\ir ../lib/verify.sql
