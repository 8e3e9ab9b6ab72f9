\set change 008_ledger
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'ledger_entries ledger_accounts'
\ir ../lib/empty.sql
DROP TRIGGER wallets_open_accounts ON wallets;
DROP TRIGGER wallets_follow_ledger ON wallets;
DROP TRIGGER wallets_begin_empty ON wallets;
DROP TRIGGER ledger_journals_balanced ON ledger_journals;
DROP TRIGGER ledger_journals_are_facts ON ledger_journals;
DROP TABLE ledger_entries, ledger_accounts;
DROP FUNCTION app.journal_balances(),
    app.project_wallets(),
    app.open_accounts();
\ir ../lib/forget.sql
